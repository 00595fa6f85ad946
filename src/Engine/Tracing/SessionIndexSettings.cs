namespace DataLoad.Engine.Tracing;

/// <summary>In what portions sessions are indexed.</summary>
public sealed record SessionIndexSettings
{
    /// <summary>How many events stay unsealed in memory before they become a segment, 1 and up; 8 bytes each. More: larger writes, and more that a question
    /// reads through.</summary>
    public int SealEvents { get; init; } = 65_536;

    /// <summary>How many blocks stay unsealed at the most, 1 and up: where events come slowly a question reads through so many small blocks.</summary>
    public int SealBlocks { get; init; } = 512;

    /// <summary>How many segments next to each other are merged, 2 to 64. More: each pair is written less often, and a question reads more rows.</summary>
    public int MergeAtSegments { get; init; } = 8;

    /// <summary>How many pairs of a session and a block a merged segment holds at the most, 1 to 2^22. A merge takes 24 bytes each in memory.</summary>
    public int MaxSegmentPairs { get; init; } = 1 << 20;

    /// <summary>How often a Partition indexes a portion of what no segment stands for: what was journaled before there was an index, or while a Partition
    /// ended before it sealed.</summary>
    public TimeSpan IndexInterval { get; init; } = TimeSpan.FromSeconds(5);
}
