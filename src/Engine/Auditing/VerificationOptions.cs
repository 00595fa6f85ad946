using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Auditing;

/// <summary>What a verification looks at.</summary>
public sealed record VerificationOptions
{
    /// <summary>How many shards the store has: the value that was fixed at its first start.</summary>
    public required int Shards { get; init; }

    /// <summary>Which statistics are compared.</summary>
    public StatisticsFilter Filter { get; init; } = StatisticsFilter.All;

    /// <summary>How many differences, and how many damages, are listed at the most; all are counted.</summary>
    public int MaxDifferences { get; init; } = 1000;

    /// <summary>
    /// For how many shards the rows are read at once, 1 and up. Few read the tables more often, many hold more rows in
    /// memory.
    /// </summary>
    public int ShardsPerRead { get; init; } = 8;
}
