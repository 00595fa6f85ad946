using System.Globalization;

namespace DataLoad.Streams.Amqp;

/// <summary>What a queue's type and arguments say of whether it keeps each message until it is acknowledged. What a policy sets is not among them: AMQP shows
/// no policies.</summary>
public static class QueuePromise
{
    /// <summary>The smallest <c>x-delivery-limit</c> with which a queue is fit: with less, a consumer that is killed and its successor that is killed, too,
    /// are enough for the broker to drop what both had in hand.</summary>
    public const long LeastDeliveryLimit = 3;

    /// <summary>Why the queue may lose messages that nobody has acknowledged, or gives some again that were, with what to do about it; null where it does
    /// not.</summary>
    public static string? Unfit(AmqpQueue queue)
    {
        string? overflow = Text(queue, "x-overflow");
        bool rejects = overflow?.StartsWith("reject-publish", StringComparison.Ordinal) ?? false;
        string? limit = new[] { "x-max-length", "x-max-length-bytes" }.FirstOrDefault(queue.Arguments.ContainsKey);
        return Text(queue, "x-queue-type") is "stream"
                ? "a stream keeps what is acknowledged and gives it again; declare it anew as a classic or quorum queue"
            : queue.IsAutoDelete ? "it is auto-deleted: it vanishes with its last consumer, and what it holds; declare it anew without auto-delete"
            : queue.IsExclusive ? "it is exclusive: it vanishes with the connection that declared it; declare it anew without exclusive"
            : queue.Arguments.ContainsKey("x-expires")
                ? Without(queue, "x-expires", "it deletes itself when nobody has consumed it for a while, and what it holds")
            : limit is not null && !rejects
                ? Without(queue, limit, "it drops messages when it is full") + ", or with x-overflow = reject-publish, which tells publishers that confirm"
            : DeliveryLimit(queue) is long deliveries and >= 0 and < LeastDeliveryLimit
                ? $"it drops a message that was given back {Times(deliveries + 1)}, as by a consumer that is killed (x-delivery-limit = {deliveries}); "
                    + $"declare it anew with {LeastDeliveryLimit} or more, better without"
            : null;
    }

    /// <summary>When the queue loses messages though consumers do nothing to it, as it may be meant to, with what to do about it; null where it does not.</summary>
    public static string? Risk(AmqpQueue queue) =>
        queue.Arguments.ContainsKey("x-message-ttl") ? Without(queue, "x-message-ttl", "it drops messages that have waited for so long")
        : !queue.IsDurable ? "it is not durable: it vanishes when the broker restarts, and what it holds; declare it anew as durable"
        : null;

    /// <summary>Whether the queue counts how often it delivered each message: quorum queues drop, beyond a limit, what was given back too often.</summary>
    public static bool CountsDeliveries(AmqpQueue queue) => Text(queue, "x-queue-type") is "quorum";

    /// <summary>Its <c>x-delivery-limit</c>; null where it has none that can be read.</summary>
    public static long? DeliveryLimit(AmqpQueue queue) =>
        long.TryParse(Text(queue, "x-delivery-limit"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long limit) ? limit : null;

    private static string Without(AmqpQueue queue, string argument, string what)
    {
        string? value = Text(queue, argument);
        return $"{what} ({argument}{(string.IsNullOrEmpty(value) ? "" : $" = {value}")}); declare it anew without";
    }

    private static string Times(long count) => count switch { 1 => "once", 2 => "twice", _ => $"{count} times" };

    private static string? Text(AmqpQueue queue, string argument) =>
        queue.Arguments.TryGetValue(argument, out object? value) ? Convert.ToString(value, CultureInfo.InvariantCulture) : null;
}
