using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Partitions;

/// <summary>
/// Each Partition's row: the Epoch in force, and how far checkpoint and baseline have come. Every write beside the journal
/// locks this row in its own transaction and compares its Epoch, so that a stale owner writes nothing.
/// </summary>
public interface IPartitionStore
{
    /// <summary>Puts an Epoch in force. Repeating it changes nothing.</summary>
    /// <returns>False where a higher Epoch is in force.</returns>
    ValueTask<bool> RaiseEpochAsync(int partition, long epoch, CancellationToken cancellationToken);

    /// <summary>A Partition's row; all zeros at first.</summary>
    ValueTask<PartitionPositions> LoadAsync(int partition, CancellationToken cancellationToken);

    /// <summary>Moves the checkpoint forward; one that stands further already stays.</summary>
    /// <returns>False where the Epoch is stale and nothing was changed.</returns>
    ValueTask<bool> SaveCheckpointAsync(int partition, long epoch, long sequenceNr, CancellationToken cancellationToken);

    /// <summary>Writes the kept states and, in the same transaction, the SequenceNr that the journal may be deleted through.</summary>
    /// <returns>False where the Epoch is stale and nothing was changed.</returns>
    ValueTask<bool> SaveBaselineAsync(int partition, long epoch, long sequenceNr, IReadOnlyList<SnapshotWrite> states, CancellationToken cancellationToken);
}

/// <summary>Where a Partition stands; SequenceNrs are those of its blocks.</summary>
/// <param name="Epoch">The Epoch in force; 0 before the first owner.</param>
/// <param name="Checkpoint">The SequenceNr up to which recovery needs no journal.</param>
/// <param name="Baseline">The SequenceNr up to which the journal was trimmed; 0 where it is whole.</param>
public readonly record struct PartitionPositions(long Epoch, long Checkpoint, long Baseline);
