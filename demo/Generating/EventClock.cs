namespace DataLoad.Demo;

/// <summary>Chooses times of events: mostly today, some days late, some within a millisecond of midnight.</summary>
public sealed class EventClock(Dice dice, GeneratorOptions options)
{
    private const long Hour = 3_600_000;
    private const long Day = 24 * Hour;

    /// <summary>A time for an event.</summary>
    /// <param name="hasRow">The message's key names a row whose <c>ctime</c> is the event's.</param>
    public EventTime Next(bool hasRow)
    {
        var instant = Instant();
        var timestamp = dice.Chance(0.3) ? (long?)(Instant() / 1000) : null;
        var source = dice.Unit();
        if (hasRow)
        {
            return source switch
            {
                < 0.80 => new EventTime(StatDay.Of(instant)) { RowMilliseconds = instant, TimestampSeconds = timestamp },
                < 0.90 => new EventTime(StatDay.Of(instant)) { MessageMilliseconds = instant, RowMilliseconds = Instant(), TimestampSeconds = timestamp },
                < 0.96 => AtTimestamp(instant) with { RowMilliseconds = dice.Chance(0.5) ? 0 : null },
                _ => AtReceipt() with { RowMilliseconds = dice.Chance(0.5) ? 0 : null },
            };
        }

        return source switch
        {
            < 0.75 => new EventTime(StatDay.Of(instant)) { MessageMilliseconds = instant, TimestampSeconds = timestamp },
            < 0.90 => AtTimestamp(instant),
            _ => AtReceipt(),
        };
    }

    /// <summary>A time that any source may hold.</summary>
    public long Instant()
    {
        var now = options.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (!dice.Chance(options.LateDays))
        {
            return now - dice.Between(0, Hour);
        }

        var midnight = StatDay.Begins(StatDay.Of(now - (dice.Between(0, 30) * Day)));
        return dice.Below(12) switch
        {
            0 => midnight,
            1 => midnight - 1,
            2 => StatDay.FirstMilliseconds,
            3 => now + dice.Between(1, 23 * Hour),
            _ => now - dice.Between(1, 30 * Day),
        };
    }

    private EventTime AtTimestamp(long instant) => new(StatDay.Of(instant / 1000 * 1000)) { TimestampSeconds = instant / 1000 };

    // The time of receipt is not the sender's to know: near midnight such an event gets a timestamp after all.
    private EventTime AtReceipt()
    {
        var now = options.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        var today = StatDay.Of(now);
        return options.ReceiptTimes && StatDay.Of(now - Hour) == today && StatDay.Of(now + Hour) == today
            ? new EventTime(today)
            : AtTimestamp(now);
    }
}
