namespace DataLoad.Engine.Resolving;

/// <summary>
/// Tells the day of a time in the configured zone. Remembers the hour that was asked for last, since events come
/// mostly in order. Not thread-safe.
/// </summary>
/// <param name="zone">The zone.</param>
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
