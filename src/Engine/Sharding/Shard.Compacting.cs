using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Sharding.Seen;

namespace DataLoad.Engine.Sharding;

/// <summary>Merging the segments of seen hashes, between checkpoints: load, merge, save.</summary>
internal sealed partial class Shard
{
    private CompactionPlan? _mergePlan;
    private Task<IReadOnlyList<Snapshot>>? _mergeLoad;
    private bool _mergingFailed;

    private bool StartCompaction(CancellationToken cancellationToken)
    {
        if (_stopping || _keepNow || _mergingFailed || _mergeLoad is not null)
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

        SeenWrites? merged = null;
        try
        {
            merged = _state.Hashes.CompleteCompaction(_mergePlan!, load.Result, _lease.Epoch, _state.AppliedSequenceNr);
        }
        catch (StoredFormatException e)
        {
            // Merging only saves work: what is damaged is told, and left as it is until it is asked for.
            _mergingFailed = true;
            ShardingLog.MergeFailed(_context.Logger, _lease.Shard, e.Message);
        }

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
