using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Sharding;

/// <summary>
/// Journal retention: what is past it, and is not needed for recovery, goes into the baseline. It touches the store
/// alone, so it runs beside the loop.
/// </summary>
internal sealed partial class Shard
{
    private Task<IReadOnlyList<int>>? _trim;
    private long _lastTrimAt;

    private void StartTrim(CancellationToken cancellationToken)
    {
        if (_context.Settings.JournalRetention is not TimeSpan retention || _trim is not null || _stopping
            || _context.Time.GetElapsedTime(_lastTrimAt) < _context.Settings.TrimInterval)
        {
            return;
        }

        _lastTrimAt = _context.Time.GetTimestamp();
        long before = NowMs - (long)retention.TotalMilliseconds;
        long through = _checkpointed;
        _trim = WakeAfter(Task.Run(() => TrimAsync(before, through, cancellationToken), cancellationToken));
    }

    private async Task<IReadOnlyList<int>> TrimAsync(long beforeMs, long throughSequenceNr, CancellationToken cancellationToken)
    {
        var trimmer = new JournalTrimmer(_context.Plan, _context.Journal, _context.Snapshots);
        try
        {
            while (await trimmer.TrimAsync(_lease.Shard, _lease.Epoch, beforeMs, throughSequenceNr, cancellationToken).ConfigureAwait(false) is long trimmed and not 0)
            {
                if (trimmed < 0)
                {
                    return [_lease.Shard];
                }

                ShardingLog.Trimmed(_context.Logger, _lease.Shard, trimmed);
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing depends on it: the next interval tries again. What is damaged never enters the baseline.
            ShardingLog.TrimFailed(_context.Logger, _lease.Shard, e.Message);
        }

        return [];
    }
}
