namespace DataLoad.Engine.Journaling;

/// <summary>Kept states: Counters, seen identities, baselines; and each shard's checkpoint.</summary>
public interface ISnapshotStore
{
    /// <summary>Writes and removes snapshots of any number of shards in one transaction. Those of a stale shard are left out.</summary>
    /// <returns>The shards whose epoch is stale; empty where all was written.</returns>
    ValueTask<IReadOnlyList<int>> SaveAsync(IReadOnlyList<SnapshotWrite> writes, CancellationToken cancellationToken);

    /// <summary>The snapshots of these keys in one round trip, in no order; those that do not exist are left out.</summary>
    ValueTask<IReadOnlyList<Snapshot>> LoadAsync(int shard, SnapshotKind kind, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken);

    /// <summary>All snapshots of a kind whose key starts with a prefix, in key order; read a bounded page at a time.</summary>
    IAsyncEnumerable<Snapshot> ListAsync(int shard, SnapshotKind kind, byte[] keyPrefix, CancellationToken cancellationToken);

    /// <summary>A shard's checkpoint; all zeros at first.</summary>
    ValueTask<Checkpoint> LoadCheckpointAsync(int shard, CancellationToken cancellationToken);

    /// <summary>Moves a shard's checkpoint forward; one that stands further already stays.</summary>
    /// <returns>False where the epoch is stale and nothing was changed.</returns>
    ValueTask<bool> SaveCheckpointAsync(int shard, long epoch, long sequenceNr, CancellationToken cancellationToken);
}
