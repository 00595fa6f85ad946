using Akka.Persistence;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Partitions;

/// <content>
/// Journal retention: what is past it, and is not needed for recovery, goes into the baseline; then its rows are deleted, a
/// slice at a time. The baseline is stored first, so that no reader ever needs what is deleted.
/// </content>
internal sealed partial class PartitionActor
{
    private bool _isTrimming;
    private bool _hasMoreToTrim;
    private long _lastTrimAt;
    private long _baseline;
    private long _deleted = -1;

    private void StartTrim()
    {
        if (_context.Settings.JournalRetention is not TimeSpan retention || _isTrimming || _phase != PartitionPhase.Serving || _requests.Count > 0
            || (!_hasMoreToTrim && _context.Time.GetElapsedTime(_lastTrimAt) < _context.Settings.TrimInterval))
        {
            return;
        }

        _isTrimming = true;
        _lastTrimAt = _context.Time.GetTimestamp();
        long beforeMs = NowMs - (long)retention.TotalMilliseconds;
        long through = _checkpointed;
        var fold = new BaselineFold(_context.Plan, _context.Journal, _context.Positions, _context.Snapshots);
        _calls.Start(
            "folding the journal's oldest part",
            token => fold.PlanAsync(_partition, _epoch, beforeMs, through, token),
            SaveBaseline,
            error =>
            {
                // Nothing depends on it: the next interval tries again. What is damaged never enters the baseline.
                PartitionLog.TrimFailed(_context.Logger, _partition, error.Message);
                EndTrim(hasMore: false);
                return true;
            });
    }

    private void SaveBaseline(BaselinePlan? plan)
    {
        if (plan is null)
        {
            // What an earlier trim left undeleted goes now.
            DeleteThrough(_baseline);
            return;
        }

        _calls.Start(
            "saving the journal's baseline",
            token => _context.Positions.SaveBaselineAsync(_partition, _epoch, plan.SequenceNr, plan.States, token).AsTask(),
            isOwned =>
            {
                if (!isOwned)
                {
                    LoseOwnership();
                    return;
                }

                _baseline = plan.SequenceNr;
                PartitionLog.Trimmed(_context.Logger, _partition, _baseline);
                DeleteThrough(_baseline);
            });
    }

    private void DeleteThrough(long sequenceNr)
    {
        if (_deleted >= sequenceNr)
        {
            EndTrim(hasMore: false);
            return;
        }

        // The first time nobody knows how far an earlier owner came: one deletion more than is needed changes nothing.
        DeleteMessages(_deleted < 0 ? Math.Min(sequenceNr, _context.Settings.TrimSlice) : Math.Min(sequenceNr, _deleted + _context.Settings.TrimSlice));
    }

    private void OnDeleted(object outcome)
    {
        if (outcome is DeleteMessagesFailure failure)
        {
            PartitionLog.TrimFailed(_context.Logger, _partition, failure.Cause.Message);
            EndTrim(hasMore: false);
            return;
        }

        _deleted = ((DeleteMessagesSuccess)outcome).ToSequenceNr;
        if (_deleted < _baseline)
        {
            DeleteThrough(_baseline);
        }
        else
        {
            EndTrim(hasMore: true);
        }
    }

    private void EndTrim(bool hasMore)
    {
        _isTrimming = false;
        _hasMoreToTrim = hasMore;
        Upkeep();
    }
}
