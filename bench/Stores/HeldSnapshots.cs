using DataLoad.Engine.Journaling;

namespace DataLoad.Bench.Stores;

/// <summary>A snapshot store whose writes never end, so that a recovery can be measured again over the same store.</summary>
/// <param name="store">What is read from.</param>
internal sealed class HeldSnapshots(ISnapshotStore store) : ISnapshotStore
{
    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<int>> SaveAsync(IReadOnlyList<SnapshotWrite> writes, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(false);
        return [];
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Snapshot>> LoadAsync(int shard, SnapshotKind kind, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken) =>
        store.LoadAsync(shard, kind, keys, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<Snapshot> ListAsync(int shard, SnapshotKind kind, byte[] keyPrefix, CancellationToken cancellationToken) =>
        store.ListAsync(shard, kind, keyPrefix, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Checkpoint> LoadCheckpointAsync(int shard, CancellationToken cancellationToken) => store.LoadCheckpointAsync(shard, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<bool> SaveCheckpointAsync(int shard, long epoch, long sequenceNr, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(false);
        return true;
    }
}
