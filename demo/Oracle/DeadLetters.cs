using System.Diagnostics;
using System.Globalization;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DataLoad.Demo;

/// <summary>Reads the queue of dead letters and leaves them there.</summary>
public static class DeadLetters
{
    /// <summary>How many dead letters lie in the queue; 0 where there is no such queue.</summary>
    public static async Task<long> CountAsync(string amqp, CancellationToken cancel = default)
    {
        await using var connection = await ConnectAsync(amqp, cancel);
        return await CountAsync(connection, cancel);
    }

    /// <summary>How many dead letters lie in the queue; 0 where there is no such queue.</summary>
    public static async Task<long> CountAsync(IConnection connection, CancellationToken cancel = default)
    {
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancel);
        try
        {
            return (await channel.QueueDeclarePassiveAsync(ContractStreams.DeadLetters, cancel)).MessageCount;
        }
        catch (OperationInterruptedException missing) when (missing.ShutdownReason?.ReplyCode == 404)
        {
            return 0;
        }
    }

    /// <summary>Waits until at least so many dead letters lie in the queue, or the time is up.</summary>
    public static async Task<long> WaitForAsync(string amqp, long expected, TimeSpan timeout, CancellationToken cancel = default)
    {
        await using var connection = await ConnectAsync(amqp, cancel);
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var count = await CountAsync(connection, cancel);
            if (count >= expected || waited.Elapsed >= timeout)
            {
                return count;
            }

            await Task.Delay(100, cancel);
        }
    }

    /// <summary>Reads all dead letters by <c>basic.get</c> and puts them back.</summary>
    public static async Task<IReadOnlyList<DeadLetter>> ReadAsync(string amqp, CancellationToken cancel = default)
    {
        await using var connection = await ConnectAsync(amqp, cancel);
        if (await CountAsync(connection, cancel) == 0)
        {
            return [];
        }

        // Never acknowledged: they go back, in their order, when the channel is closed.
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancel);
        var letters = new List<DeadLetter>();
        while (await channel.BasicGetAsync(ContractStreams.DeadLetters, autoAck: false, cancel) is { } got)
        {
            var headers = new Dictionary<string, object?>(got.BasicProperties.Headers ?? new Dictionary<string, object?>(StringComparer.Ordinal),
                StringComparer.Ordinal);
            letters.Add(new DeadLetter(Text(headers, "x-dataload-stream"), Text(headers, "x-dataload-reason"), Text(headers, "x-dataload-error"),
                Text(headers, "x-dataload-received"), got.Body.ToArray(), headers)
            {
                ContentType = got.BasicProperties.ContentType,
                MessageId = got.BasicProperties.MessageId,
                Persistent = got.BasicProperties.Persistent,
            });
        }

        return letters;
    }

    /// <summary>What the dead letters have too many or too few, by stream, and which lack a header.</summary>
    /// <param name="tally">What there should be.</param>
    /// <param name="letters">What there is.</param>
    /// <param name="killed">Something was killed or cut off, so that a dead letter may be there again, as the same message.</param>
    /// <param name="purged">How many an operator removed: these are missing from whichever streams.</param>
    public static IReadOnlyList<string> Differences(Tally tally, IReadOnlyList<DeadLetter> letters, bool killed = false, long purged = 0)
    {
        var differences = new List<string>();
        var actual = letters.GroupBy(letter => letter.Stream ?? "(no stream)", StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => (All: (long)group.Count(), Distinct: (long)group.DistinctBy(Identity).Count()), StringComparer.Ordinal);
        foreach (var stream in tally.DeadLetters.Keys.Union(actual.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var (expected, found) = (tally.DeadLetters.GetValueOrDefault(stream), actual.GetValueOrDefault(stream));
            var tooFew = purged == 0 && found.All < expected;
            if (tooFew || (killed ? found.Distinct : found.All) > expected)
            {
                differences.Add(FormattableString.Invariant(
                    $"dead letters of {stream}: expected {expected}, but there are {found.All}{(killed ? $", {found.Distinct} of them different" : "")}"));
            }
        }

        var there = letters.Count + purged;
        if (purged > 0 && (killed ? there < tally.DeadLetterCount : there != tally.DeadLetterCount))
        {
            differences.Add(FormattableString.Invariant(
                $"dead letters: expected {tally.DeadLetterCount}, but there are {letters.Count} and {purged} were purged"));
        }

        var bare = letters.Count(letter => string.IsNullOrEmpty(letter.Reason) || string.IsNullOrEmpty(letter.Error) || string.IsNullOrEmpty(letter.Received));
        if (bare > 0)
        {
            differences.Add(FormattableString.Invariant($"{bare} dead letters lack x-dataload-reason, x-dataload-error or x-dataload-received"));
        }

        return differences;
    }

    private static Task<IConnection> ConnectAsync(string amqp, CancellationToken cancel) =>
        new ConnectionFactory { Uri = new Uri(amqp), AutomaticRecoveryEnabled = false, ClientProvidedName = "dataload-demo dead letters" }
            .CreateConnectionAsync(cancel);

    private static (string? MessageId, string Body) Identity(DeadLetter letter) => (letter.MessageId, Convert.ToHexString(letter.Body));

    private static string? Text(Dictionary<string, object?> headers, string name) => headers.GetValueOrDefault(name) switch
    {
        null => null,
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        var other => Convert.ToString(other, CultureInfo.InvariantCulture),
    };
}
