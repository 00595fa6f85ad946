namespace DataLoad.Streams.Amqp;

/// <summary>Finds out how a queue is, as far as a broker tells it over AMQP.</summary>
public static class AmqpInspection
{
    private const int NotFound = 404;

    /// <summary>The queue of a name as it is there: with the arguments that it was declared with, as far as they differ from none.</summary>
    /// <returns>Null where there is none of that name.</returns>
    /// <exception cref="IOException">The connection was lost, or the broker refuses to say.</exception>
    public static async Task<AmqpQueue?> FindQueueAsync(IAmqpConnection connection, string name, CancellationToken cancellationToken)
    {
        // Asked for first, since declaring would make it.
        if (await TryAsync(connection, new AmqpQueue(name), passive: true, cancellationToken) is { } missing)
        {
            return missing.Code == NotFound ? null : throw missing;
        }

        var found = new QueueDifferences(new AmqpQueue(name));
        AmqpException? refusal;
        do
        {
            refusal = await TryAsync(connection, found.Queue, passive: false, cancellationToken);
        }
        while (refusal is not null && found.Learn(refusal.Message));

        return found.Queue;
    }

    /// <summary>Declares on a channel of its own, since a refusal closes it.</summary>
    private static async Task<AmqpException?> TryAsync(IAmqpConnection connection, AmqpQueue queue, bool passive, CancellationToken cancellationToken)
    {
        await using IAmqpChannel channel = await connection.OpenChannelAsync(cancellationToken);
        try
        {
            await channel.DeclareAsync(queue, passive, cancellationToken);
            return null;
        }
        catch (AmqpException e) when (e.Code != 0 && !connection.Ended.IsCompleted)
        {
            return e;
        }
    }
}
