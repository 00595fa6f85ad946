using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Partitions;

/// <content>Journal retention: what is past it, and is not needed for recovery, goes into the baseline; then its rows are deleted, a slice at a time, but for
/// those that announce owners. The baseline is stored first, so that no reader ever needs what is deleted; what is damaged never enters it.</content>
internal sealed partial class PartitionActor
{
    private bool _isTrimming;
    private bool _hasMoreToTrim;
    private long _lastTrimAt;
    private long _baseline;
    private long _deleted;

    private void StartTrim()
    {
        if (_context.Settings.JournalRetention is not TimeSpan retention || _isTrimming || _backfill is not null || _phase != PartitionPhase.Serving || _requests.Count > 0
            || (!_hasMoreToTrim && _context.Time.GetElapsedTime(_lastTrimAt) < _context.Settings.TrimInterval))
        {
            return;
        }

        _isTrimming = true;
        _lastTrimAt = _context.Time.GetTimestamp();
        long beforeMs = NowMs - (long)retention.TotalMilliseconds;
        long through = _checkpointed;
        var fold = new BaselineFold(_context.Plan, _context.Journal, _context.Positions, _context.Snapshots);
        _calls.Start("folding the journal's oldest part", token => fold.PlanAsync(_partition, _epoch, beforeMs, through, token), SaveBaseline, OnTrimFailed);
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
            isOwned => GoOnIf(isOwned, () =>
            {
                _baseline = plan.SequenceNr;
                PartitionLog.Trimmed(_context.Logger, _partition, _baseline);
                DeleteThrough(_baseline);
            }));
    }

    /// <summary>Deletes a slice after the other. The last entry stays, since it says what the next number is.</summary>
    private void DeleteThrough(long baseline)
    {
        // The first time nobody knows how far an earlier owner came: deleting again changes nothing.
        long after = _deleted;
        long through = Math.Min(Math.Min(baseline, _appliedSequenceNr - 1), after + _context.Settings.TrimSlice);
        if (through <= after)
        {
            EndTrim(hasMore: false);
            return;
        }

        _calls.Start(
            "deleting what was trimmed of the journal",
            async token =>
            {
                await _context.Trimmer.DeleteBlocksAsync(_partition, after, through, token);
                return through;
            },
            OnDeleted,
            OnTrimFailed);
    }

    private void OnDeleted(long through)
    {
        _deleted = through;
        if (through < Math.Min(_baseline, _appliedSequenceNr - 1))
        {
            DeleteThrough(_baseline);
        }
        else
        {
            EndTrim(hasMore: true);
        }
    }

    /// <summary>Nothing depends on it: the next interval tries again.</summary>
    private bool OnTrimFailed(Exception error)
    {
        PartitionLog.TrimFailed(_context.Logger, _partition, error.Message);
        EndTrim(hasMore: false);
        return true;
    }

    private void EndTrim(bool hasMore)
    {
        _isTrimming = false;
        _hasMoreToTrim = hasMore;
        Upkeep();
    }
}
