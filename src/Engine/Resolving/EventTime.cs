using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;

namespace DataLoad.Engine.Resolving;

/// <summary>The range that an event's time must be in.</summary>
public static class EventTime
{
    /// <summary>The earliest time, 2000-01-01T00:00Z, in epoch milliseconds.</summary>
    public const long EarliestMs = 946_684_800_000;

    /// <summary>How far after its receipt an event may be, in milliseconds: a day.</summary>
    public const long MaxAheadMs = 86_400_000;

    /// <summary>Whether a time is in range.</summary>
    /// <param name="timeMs">The time, in epoch milliseconds.</param>
    /// <param name="receivedMs">When the message was received first.</param>
    public static bool IsInRange(long timeMs, long receivedMs) => timeMs >= EarliestMs && timeMs - receivedMs <= MaxAheadMs;

    /// <summary>Judges a time.</summary>
    /// <param name="timeMs">The time, in epoch milliseconds.</param>
    /// <param name="source">Where it came from, for the message.</param>
    /// <param name="receivedMs">When the message was received first.</param>
    /// <returns>Null where it is in range.</returns>
    public static Rejection? Check(long timeMs, string source, long receivedMs) =>
        timeMs < EarliestMs
            ? new Rejection(RejectReason.BadTime, $"{source} = {timeMs} is before 2000-01-01T00:00Z ({EarliestMs})")
            : timeMs - receivedMs > MaxAheadMs
                ? new Rejection(RejectReason.BadTime, $"{source} = {timeMs} is more than a day after the receipt at {receivedMs}")
                : null;
}

/// <summary>Where an event's time comes from.</summary>
internal enum TimeSource
{
    /// <summary>The message's <c>ctime</c>.</summary>
    Message,

    /// <summary>The <c>ctime</c> of the row that the message's own key names.</summary>
    Row,

    /// <summary>The AMQP timestamp, or the receipt, which is always in range.</summary>
    Timestamp,
}
