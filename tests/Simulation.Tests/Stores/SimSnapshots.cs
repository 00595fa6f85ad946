using DataLoad.Engine.Journaling;

namespace DataLoad.Simulation.Stores;

/// <summary>Snapshots and checkpoints over the wire.</summary>
internal sealed class SimSnapshots(ISnapshotStore snapshots, StoreWire wire, IStoreWatch watch) : ISnapshotStore
{
    public ValueTask<IReadOnlyList<int>> SaveAsync(IReadOnlyList<SnapshotWrite> writes, CancellationToken cancellationToken)
    {
        SnapshotWrite[] sent = [.. writes];

        // A seal or a merge of seen hashes is one step: the engine relies on its transaction.
        bool isWhole = sent.Any(write => write.Kind == SnapshotKind.SeenHashes);
        return wire.WriteAsync(
            "Snapshots.Save",
            isWhole ? 1 : sent.Length,
            async parts =>
            {
                SnapshotWrite[] applied = isWhole ? sent : sent[..parts];
                IReadOnlyList<int> stale = await snapshots.SaveAsync(applied, CancellationToken.None);
                watch.OnSaved(applied, stale);
                return stale;
            },
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<Snapshot>> LoadAsync(int shard, SnapshotKind kind, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken) => snapshots.LoadAsync(shard, kind, keys, cancellationToken);

    public IAsyncEnumerable<Snapshot> ListAsync(int shard, SnapshotKind kind, byte[] keyPrefix, CancellationToken cancellationToken) => snapshots.ListAsync(shard, kind, keyPrefix, cancellationToken);

    public ValueTask<Checkpoint> LoadCheckpointAsync(int shard, CancellationToken cancellationToken) => snapshots.LoadCheckpointAsync(shard, cancellationToken);

    public ValueTask<bool> SaveCheckpointAsync(int shard, long epoch, long sequenceNr, CancellationToken cancellationToken) => wire.WriteAsync(
        "Snapshots.SaveCheckpoint",
        async () =>
        {
            bool admitted = await snapshots.SaveCheckpointAsync(shard, epoch, sequenceNr, CancellationToken.None);
            watch.OnCheckpoint(shard, epoch, sequenceNr, admitted);
            return admitted;
        },
        cancellationToken);
}
