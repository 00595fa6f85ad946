namespace DataLoad.Streams.Amqp;

/// <summary>Finds out whether a broker takes what is published. It tells that it does not only those who publish, so messages are published that no
/// queue takes, and that are given back.</summary>
public sealed class AmqpProbe : IPublishConfirms
{
    // No queue is called so: the default exchange routes by the queue's name.
    private const string Nowhere = "dataload.probe.nowhere";

    private const int AccessRefused = 403;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    // A broker takes the first one of a connection that it is to block, and blocks with it.
    private readonly TaskCompletionSource[] _confirmed =
        [new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously)];

    private AmqpProbe() { }

    /// <summary>Finds out whether the user may publish to an exchange. What is published is what a broker refuses as soon as it has looked at the user's rights, so that
    /// no queue gets it: an expiration that is no number.</summary>
    /// <param name="connection">The connection that publishes.</param>
    /// <param name="exchange">The exchange's name; it need not be there.</param>
    /// <param name="patience">How long the broker may take to answer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="AmqpException">The connection was lost, or the broker does not answer.</exception>
    public static async Task<bool> MayPublishAsync(
        IAmqpConnection connection, string exchange, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        IAmqpChannel channel = await connection.OpenChannelAsync(cancellationToken);
        try
        {
            await channel.PublishAsync(new AmqpMessage(exchange, "", default(AmqpProperties).With(AmqpProperty.Expiration, "never"u8), default), mandatory: true);
            AmqpEnd end = await channel.Ended.WaitAsync(patience, time, cancellationToken);
            return end.OfConnection ? throw new AmqpException(end.Reason, end.Code) : end.Code != AccessRefused;
        }
        catch (TimeoutException)
        {
            throw new AmqpException($"it did not say within {patience.TotalSeconds:0.#} s whether exchange {exchange} may be published to");
        }
        finally
        {
            // Not waited for: a blocked broker does not answer before it goes on.
            _ = channel.DisposeAsync().AsTask();
        }
    }

    /// <summary>Publishes to nobody.</summary>
    /// <param name="connection">The connection that publishes, which is what a broker blocks.</param>
    /// <param name="patience">How long the broker may take to answer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Why it takes nothing, for people, or null where it does.</returns>
    /// <exception cref="AmqpException">The connection was lost, or the broker refuses.</exception>
    public static async Task<string?> FindRefusalAsync(
        IAmqpConnection connection, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        // Nothing more is read of a connection that is blocked.
        if (connection.Blocked is { } known)
        {
            return known;
        }

        var probe = new AmqpProbe();
        long start = time.GetTimestamp();
        IAmqpChannel channel = await connection.OpenChannelAsync(cancellationToken);
        try
        {
            await channel.ConfirmAsync(probe, cancellationToken);
            foreach (TaskCompletionSource confirmed in probe._confirmed)
            {
                await channel.PublishAsync(new AmqpMessage("", Nowhere, default, default), mandatory: true);
                Task<Task> first = Task.WhenAny(confirmed.Task, channel.Ended);
                while (!first.IsCompleted)
                {
                    if (connection.Blocked is { } reason)
                    {
                        return reason;
                    }

                    if (time.GetElapsedTime(start) >= patience)
                    {
                        return $"it confirmed nothing within {patience.TotalSeconds:0.#} s";
                    }

                    await Task.WhenAny(first, Task.Delay(Step, time, cancellationToken));
                    cancellationToken.ThrowIfCancellationRequested();
                }

                if (await first != confirmed.Task)
                {
                    AmqpEnd end = await channel.Ended;
                    throw new AmqpException(end.Reason, end.Code);
                }
            }

            return connection.Blocked;
        }
        finally
        {
            // Not waited for: a blocked broker does not answer before it goes on.
            _ = channel.DisposeAsync().AsTask();
        }
    }

    void IPublishConfirms.Confirmed(ulong number, bool multiple) => Hear(number);

    void IPublishConfirms.Nacked(ulong number, bool multiple) => Hear(number);

    void IPublishConfirms.Returned(int code, string text, Delivery message)
    {
        // Its confirm follows.
    }

    private void Hear(ulong number)
    {
        if (number > 0 && number <= (ulong)_confirmed.Length)
        {
            _confirmed[number - 1].TrySetResult();
        }
    }
}
