using DataLoad.Engine.Decoding;

namespace DataLoad.Engine.Resolving;

/// <summary>The range that an event's time must be in.</summary>
public static class EventTime
{
    /// <summary>The earliest time, 2000-01-01T00:00Z, in epoch milliseconds.</summary>
    public const long EarliestMs = 946_684_800_000;

    /// <summary>How far after its receipt an event may be, in milliseconds: a day.</summary>
    public const long MaxAheadMs = 86_400_000;

    /// <summary>Whether a time is in range of a message that was received first at another, both in epoch milliseconds.</summary>
    public static bool IsInRange(long timeMs, long receivedMs) => timeMs >= EarliestMs && timeMs - receivedMs <= MaxAheadMs;

    /// <summary>Judges a time likewise; null where it is in range, else a rejection that says where the time came from.</summary>
    public static Rejection? Check(long timeMs, string source, long receivedMs) =>
        timeMs < EarliestMs
            ? new Rejection(RejectReason.BadTime, $"{source} = {timeMs} is before 2000-01-01T00:00Z ({EarliestMs})")
            : timeMs - receivedMs > MaxAheadMs
                ? new Rejection(RejectReason.BadTime, $"{source} = {timeMs} is more than a day after the receipt at {receivedMs}") : null;
}

/// <summary>Tells the day of a time in the configured zone; remembers the last hour, since events come mostly in order. Not thread-safe.</summary>
public sealed class DayZone(TimeZoneInfo zone)
{
    private const long HourMs = 3_600_000;
    private const long DayMs = 86_400_000;
    private static readonly int EpochDay = new DateOnly(1970, 1, 1).DayNumber;

    private long _hour = long.MinValue;
    private long _offsetMs;

    /// <summary>The day, as <see cref="DateOnly.DayNumber"/>.</summary>
    /// <param name="timeMs">A time in epoch milliseconds, 2000 to 9998.</param>
    public int DayOf(long timeMs) => EpochDay + (int)Math.DivRem(timeMs + OffsetMs(timeMs), DayMs).Quotient;

    private long OffsetMs(long timeMs)
    {
        long hour = timeMs / HourMs;
        if (hour == _hour)
        {
            return _offsetMs;
        }

        long first = Offset(hour * HourMs);
        if (first != Offset((hour * HourMs) + HourMs - 1))
        {
            // The clocks change within this hour: ask for each time by itself.
            return Offset(timeMs);
        }

        _hour = hour;
        _offsetMs = first;
        return first;
    }

    private long Offset(long timeMs) => (long)zone.GetUtcOffset(DateTimeOffset.FromUnixTimeMilliseconds(timeMs).UtcDateTime).TotalMilliseconds;
}
