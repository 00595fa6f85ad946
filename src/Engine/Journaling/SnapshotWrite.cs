namespace DataLoad.Engine.Journaling;

/// <summary>One snapshot to write or remove.</summary>
public sealed record SnapshotWrite
{
    /// <summary>The Partition's number.</summary>
    public required int Shard { get; init; }

    /// <summary>The epoch under which it is written; the write fails where it is stale.</summary>
    public required long Epoch { get; init; }

    /// <summary>What it is of.</summary>
    public required SnapshotKind Kind { get; init; }

    /// <summary>Its key within Partition and kind, at most 512 bytes; ordered as bytes.</summary>
    public required byte[] Key { get; init; }

    /// <summary>The SequenceNr that the state holds at.</summary>
    public required long SequenceNr { get; init; }

    /// <summary>The encoded state, or null to remove the snapshot.</summary>
    public required byte[]? Bytes { get; init; }
}
