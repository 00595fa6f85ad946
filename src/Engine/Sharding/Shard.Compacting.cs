using DataLoad.Engine.Journaling;
using DataLoad.Engine.Sharding.Seen;

namespace DataLoad.Engine.Sharding;

/// <summary>Merging the segments of seen hashes, between checkpoints: load, merge, save.</summary>
internal sealed partial class Shard
{
    private CompactionPlan? _mergePlan;
    private Task<IReadOnlyList<Snapshot>>? _mergeLoad;

    private bool StartCompaction(CancellationToken cancellationToken)
    {
        if (_stopping || _keepNow || _mergeLoad is not null)
        {
            return false;
        }

        _mergePlan = _state.Hashes.PlanCompaction();
        if (_mergePlan is null)
        {
            return false;
        }

        _mergeLoad = WakeAfter(LoadAsync(SnapshotKind.SeenHashes, _mergePlan.Keys, cancellationToken).AsTask());
        return true;
    }

    /// <summary>Merges what was loaded and starts to save it.</summary>
    private bool ContinueCompaction(CancellationToken cancellationToken)
    {
        if (_mergeLoad is not { IsCompletedSuccessfully: true } load)
        {
            return false;
        }

        SeenWrites? merged = _state.Hashes.CompleteCompaction(_mergePlan!, load.Result, _lease.Epoch, _state.AppliedSequenceNr);
        _mergeLoad = null;
        _mergePlan = null;
        if (merged is null)
        {
            return false;
        }

        _saveStep = SaveStep.Compaction;
        _save = WakeAfter(_context.SnapshotWriter.WriteAsync(merged.Writes, cancellationToken));
        return true;
    }
}
