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
