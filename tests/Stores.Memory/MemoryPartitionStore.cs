using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Storage.Memory;

/// <summary>The Partitions' rows in memory.</summary>
internal sealed class MemoryPartitionStore(MemoryCalls calls) : IPartitionStore
{
    /// <inheritdoc/>
    public ValueTask<bool> RaiseEpochAsync(int partition, long epoch, CancellationToken cancellationToken) => calls.RunAsync(
        "Partitions.RaiseEpoch",
        state =>
        {
            PartitionPositions found = state.PositionsOf(partition);
            if (state.Partitions.ContainsKey(partition) && (found.Epoch > epoch || found.Baseline >= epoch))
            {
                return false;
            }

            state.Partitions[partition] = found with { Epoch = epoch };
            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<PartitionPositions> LoadAsync(int partition, CancellationToken cancellationToken) =>
        calls.RunAsync("Partitions.Load", state => state.PositionsOf(partition), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> SaveCheckpointAsync(int partition, long epoch, long position, CancellationToken cancellationToken) =>
        calls.RunAsync("Partitions.SaveCheckpoint", state => SaveCheckpoint(state, partition, epoch, position), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> SaveBaselineAsync(
        int partition, long epoch, long position, IReadOnlyList<SnapshotWrite> states, CancellationToken cancellationToken) =>
        calls.RunAsync("Partitions.SaveBaseline", state => SaveBaseline(state, partition, epoch, position, states), cancellationToken);

    internal static bool SaveCheckpoint(MemoryStoreState state, int partition, long epoch, long position)
    {
        if (!state.Admits(partition, epoch, []))
        {
            return false;
        }

        PartitionPositions found = state.PositionsOf(partition);
        state.Partitions[partition] = found with { Checkpoint = Math.Max(found.Checkpoint, position) };
        return true;
    }

    internal static bool SaveBaseline(MemoryStoreState state, int partition, long epoch, long position, IReadOnlyList<SnapshotWrite> states)
    {
        BaselineWrites.Require(partition, epoch, states);
        if (!state.Admits(partition, epoch, []))
        {
            return false;
        }

        PartitionPositions found = state.PositionsOf(partition);
        if (found.Baseline <= position)
        {
            MemorySnapshotStore.Write(state, states);
            state.Partitions[partition] = found with { Baseline = position };
        }

        return true;
    }
}
