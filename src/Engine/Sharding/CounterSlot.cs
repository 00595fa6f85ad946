using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Sharding;

/// <summary>A Counter in memory, and what of it is written where.</summary>
internal sealed class CounterSlot(Counter counter)
{
    public Counter Counter { get; set; } = counter;

    /// <summary>The SequenceNr that the statistics row holds at, as far as this owner knows.</summary>
    public long FlushedSequenceNr { get; set; }

    /// <summary>The SequenceNr that the stored snapshot holds at.</summary>
    public long SnapshotSequenceNr { get; set; }

    public bool IsInFlushList { get; set; }

    public bool IsInSnapshotList { get; set; }

    public long LastUsed { get; set; }

    public long AccountedBytes { get; set; }

    /// <summary>Why the Counter cannot be counted on; it is neither flushed nor snapshotted until it is rebuilt.</summary>
    public string? Damage { get; set; }

    public bool IsDamageReported { get; set; }

    /// <summary>Whether all of it is flushed and snapshotted, so that it may go.</summary>
    public bool IsClean => Damage is null && !IsInFlushList && !IsInSnapshotList
        && Counter.SequenceNr == FlushedSequenceNr && Counter.SequenceNr == SnapshotSequenceNr;
}
