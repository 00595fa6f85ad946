namespace DataLoad.Engine.Journaling;

/// <summary>Kept states: Counters, seen identities, baselines.</summary>
public interface ISnapshotStore
{
    /// <summary>Writes and removes snapshots of any number of Partitions in one transaction. Those of a Partition whose Epoch is stale are left out.</summary>
    /// <returns>The Partitions whose Epoch is stale; empty where all was written.</returns>
    ValueTask<IReadOnlyList<int>> SaveAsync(IReadOnlyList<SnapshotWrite> writes, CancellationToken cancellationToken);

    /// <summary>The snapshots of these keys in one round trip, in no order; those that do not exist are left out.</summary>
    ValueTask<IReadOnlyList<Snapshot>> LoadAsync(int partition, SnapshotKind kind, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken);

    /// <summary>All snapshots of a kind whose key starts with a prefix, in key order; read a bounded page at a time.</summary>
    IAsyncEnumerable<Snapshot> ListAsync(int partition, SnapshotKind kind, byte[] keyPrefix, CancellationToken cancellationToken);
}

/// <summary>One stored snapshot.</summary>
/// <param name="Key">Its key within Partition and kind.</param>
/// <param name="SequenceNr">The SequenceNr that the state holds at.</param>
/// <param name="Bytes">The encoded state.</param>
public sealed record Snapshot(byte[] Key, long SequenceNr, byte[] Bytes);

/// <summary>What a snapshot is of.</summary>
public enum SnapshotKind : byte
{
    /// <summary>A Counter's state.</summary>
    Counter = 1,

    /// <summary>Business keys that were seen: a chunk of one stream and topic.</summary>
    SeenKeys = 2,

    /// <summary>Hashed identities that were seen: a part of a segment.</summary>
    SeenHashes = 3,

    /// <summary>A Counter's state at the journal's baseline, from which verify and rebuild start.</summary>
    Baseline = 4,
}

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
