namespace DataLoad.Engine.Tracing;

/// <summary>The bounds of questions about the way of a session.</summary>
public sealed record TraceSettings
{
    /// <summary>How many are answered at the same time.</summary>
    public int MaxRunning { get; init; } = 2;

    /// <summary>How many Partitions one asks at the same time, 1 and up: what one waits for the store another uses. With SQLite 1, where each query of the
    /// journal opens the file, and two that open and close it together hold each other up.</summary>
    public int PartitionsAtOnce { get; init; } = 4;

    /// <summary>How many blocks of the journal one may read that the index names.</summary>
    public int MaxBlocks { get; init; } = 20_000;

    /// <summary>How many blocks of a Partition's journal that are not indexed yet one may read through.</summary>
    public int MaxScannedBlocks { get; init; } = 200_000;

    /// <summary>How many events one may list as CSV.</summary>
    public int MaxRows { get; init; } = 10_000;
}
