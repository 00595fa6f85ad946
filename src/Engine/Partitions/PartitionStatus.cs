namespace DataLoad.Engine.Partitions;

/// <summary>What a Partition says of itself.</summary>
public sealed record PartitionStatus : IPartitionAnswer
{
    /// <inheritdoc/>
    public required int Partition { get; init; }

    /// <summary>What it is doing.</summary>
    public PartitionPhase Phase { get; init; }

    /// <summary>The Epoch that it is owned under; 0 until it is owned.</summary>
    public long Epoch { get; init; }

    /// <summary>The SequenceNr of the last block that was persisted.</summary>
    public long SequenceNr { get; init; }

    /// <summary>The SequenceNr up to which recovery needs no journal.</summary>
    public long Checkpoint { get; init; }

    /// <summary>How many events were persisted since the checkpoint, as far as this owner knows.</summary>
    public long EventsSinceCheckpoint { get; init; }

    /// <summary>How many Counters are in memory.</summary>
    public int Counters { get; init; }

    /// <summary>How much memory Counters, slices and seen identities hold, in bytes.</summary>
    public long ResidentBytes { get; init; }

    /// <summary>The size in bytes of the persisted slices that Counters have not applied yet.</summary>
    public long UnappliedBytes { get; init; }

    /// <summary>How many Counters wait for their flush.</summary>
    public int Unflushed { get; init; }

    /// <summary>How many Counters are set aside as damaged.</summary>
    public int Damaged { get; init; }

    /// <summary>What fails and is tried again, or null.</summary>
    public string? Failing { get; init; }
}

/// <summary>What a Partition is doing.</summary>
public enum PartitionPhase
{
    /// <summary>It is taking ownership: the journal's highest number, and its Epoch.</summary>
    Owning = 0,

    /// <summary>It reads its checkpoint and the blocks behind it.</summary>
    Recovering = 1,

    /// <summary>It takes events.</summary>
    Serving = 2,

    /// <summary>It finishes, flushes and checkpoints, and will stop.</summary>
    Stopping = 3,

    /// <summary>It stopped, and waits to be started again.</summary>
    Stopped = 4,
}
