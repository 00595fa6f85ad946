using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Partitions;

/// <summary>One row a Partition: its Epoch in force, which fences every write beside the journal, its checkpoint and its baseline. Each of these calls locks
/// that row in its own transaction and compares the Epoch.</summary>
public interface IPartitionStore
{
    /// <summary>Puts an Epoch in force, the SequenceNr at which the owner announced itself, which no two owners share: of the writes of lower ones none lands
    /// once this has returned. Repeating the call, as after an unknown outcome, changes nothing and answers the same.</summary>
    /// <returns>False where a higher Epoch is in force, or where the baseline has reached this one: the caller announced itself at a number that was taken, and is
    /// free only since it was trimmed. It is not the owner.</returns>
    ValueTask<bool> RaiseEpochAsync(int partition, long epoch, CancellationToken cancellationToken);

    /// <summary>What is stored of a Partition; all zeros at first.</summary>
    ValueTask<PartitionPositions> LoadAsync(int partition, CancellationToken cancellationToken);

    /// <summary>Moves a Partition's checkpoint forward; one that stands further already stays.</summary>
    /// <returns>False where the Epoch is stale and nothing was changed.</returns>
    ValueTask<bool> SaveCheckpointAsync(int partition, long epoch, long position, CancellationToken cancellationToken);

    /// <summary>Writes the states that stand in the place of the journal up to a position, and that position, in one transaction; blocks up to it may be
    /// deleted after. Where a baseline stands further already, nothing is changed.</summary>
    /// <returns>False where the Epoch is stale and nothing was changed.</returns>
    /// <exception cref="ArgumentException">A state is of another Partition or Epoch: it would escape the fence.</exception>
    ValueTask<bool> SaveBaselineAsync(int partition, long epoch, long position, IReadOnlyList<SnapshotWrite> states, CancellationToken cancellationToken);
}

/// <summary>Where a Partition stands.</summary>
/// <param name="Epoch">The Epoch in force; 0 where none ever was.</param>
/// <param name="Checkpoint">The position up to which no journal is needed for recovery; 0 at first.</param>
/// <param name="Baseline">The position up to which the journal may be gone; 0 where it is whole.</param>
public readonly record struct PartitionPositions(long Epoch, long Checkpoint, long Baseline);
