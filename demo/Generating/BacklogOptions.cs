namespace DataLoad.Demo;

/// <summary>What a <see cref="Backlog"/> holds.</summary>
public sealed record BacklogOptions
{
    /// <summary>How many messages.</summary>
    public int Messages { get; init; } = 500_000;

    /// <summary>How many topics, the first the busiest.</summary>
    public int Topics { get; init; } = 1_000;

    /// <summary>How many users, the first the busiest.</summary>
    public int Users { get; init; } = 1_000_000;

    /// <summary>Part of <c>act.share</c>, from 0 to 1.</summary>
    public double Shares { get; init; } = 0.50;

    /// <summary>Part of <c>act.visit</c>, from 0 to 1; the rest is <c>act.buy</c>.</summary>
    public double Visits { get; init; } = 0.35;

    /// <summary>The same seed and clock make the same backlog.</summary>
    public ulong Seed { get; init; } = 7;

    /// <summary>The first key in each business table.</summary>
    public int FirstKey { get; init; } = 1;

    /// <summary>How many messages are made, inserted and published together.</summary>
    public int ChunkMessages { get; init; } = 20_000;

    /// <summary>Shares carry a message-id; otherwise their content is their identity.</summary>
    public bool MessageIds { get; init; } = true;

    /// <summary>Where the time comes from.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
