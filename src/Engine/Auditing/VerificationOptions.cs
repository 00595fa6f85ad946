using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Auditing;

/// <summary>What a verification looks at.</summary>
public sealed record VerificationOptions
{
    /// <summary>How many Partitions the store has: the value that was fixed at its first start.</summary>
    public required int Partitions { get; init; }

    /// <summary>Which statistics are compared.</summary>
    public StatisticsFilter Filter { get; init; } = StatisticsFilter.All;

    /// <summary>How many differences, and how many damages, are listed at the most; all are counted.</summary>
    public int MaxDifferences { get; init; } = 1000;

    /// <summary>
    /// For how many Partitions the rows are read at once, 1 and up. Few read the tables more often, many hold more rows in
    /// memory.
    /// </summary>
    public int PartitionsPerRead { get; init; } = 8;

    /// <summary>
    /// How long events may wait for their flush while their Partition has an owner, above 0; a row that they do not come into
    /// by then is a difference. Short takes a slow flush for one, long finds it late.
    /// </summary>
    public TimeSpan MaxFlushLag { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Until when, in epoch milliseconds, the store's nodes are known to go on: now, where one runs; null where none may, so that
    /// only what was journaled afterwards says that it did.
    /// </summary>
    public long? OwnedUntilMs { get; init; }
}
