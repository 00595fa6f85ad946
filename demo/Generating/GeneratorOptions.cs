namespace DataLoad.Demo;

/// <summary>What a <see cref="Generator"/> makes. Fractions are of the events, from 0 to 1.</summary>
public sealed record GeneratorOptions
{
    /// <summary>The same seed and clock make the same events.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How many topics there are; the first is the busiest.</summary>
    public int Topics { get; init; } = 60;

    /// <summary>How many users there are; the first is the busiest.</summary>
    public int Users { get; init; } = 200_000;

    /// <summary>The streams to make events of, all alike often but for visits and shares, which are more.</summary>
    public IReadOnlyList<StreamInfo> Streams { get; init; } = DataLoad.Demo.ContractStreams.All;

    /// <summary>The first key of each business table, so that several generators can share a database.</summary>
    public int FirstKey { get; init; } = 1;

    /// <summary>Events that are sent again, in another writing and perhaps later.</summary>
    public double Duplicates { get; init; } = 0.08;

    /// <summary>Messages that cannot be counted and become dead letters.</summary>
    public double Broken { get; init; } = 0.01;

    /// <summary>Of the broken ones, those whose row never comes: they are rejected only after all tries.</summary>
    public double MissingRows { get; init; }

    /// <summary>Events without any identity, which count at each delivery.</summary>
    public double Unidentified { get; init; } = 0.005;

    /// <summary>Events whose rows are committed after their message was sent.</summary>
    public double LateRows { get; init; } = 0.01;

    /// <summary>Events sent with an <c>x-delay</c> that nobody has waited for.</summary>
    public double Delayed { get; init; } = 0.01;

    /// <summary>The longest <c>x-delay</c>, in milliseconds.</summary>
    public int MaxDelayMilliseconds { get; init; } = 2_000;

    /// <summary>Events of past days.</summary>
    public double LateDays { get; init; } = 0.1;

    /// <summary>Events without a user.</summary>
    public double Anonymous { get; init; } = 0.1;

    /// <summary>Events on keyed streams whose message says something else than their row.</summary>
    public double MessageOverRow { get; init; } = 0.1;

    /// <summary>
    /// Whether events may have no time but that of their receipt. Off where the engine may receive them on a
    /// later day than they were sent.
    /// </summary>
    public bool ReceiptTimes { get; init; } = true;

    /// <summary>Where the time comes from.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
