using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Tracing;

namespace DataLoad.Engine.Partitions;

/// <content>The index of sessions: what is persisted is added, and sealed when it is enough; segments are merged, those of what was trimmed removed, and what
/// none stands for is read from the journal, a portion at a time. One of these at a time, beside everything else: nothing waits for it, neither checkpoint
/// nor stop, since what is not sealed is a gap that questions read through and the next owner fills.</content>
internal sealed partial class PartitionActor
{
    private SessionIndex? _sessions;
    private SessionIndexing? _indexing;
    private bool _isKeepingSessions;
    private bool _mayMergeSessions;
    private bool _indexingFailed;
    private long _lastIndexedAt;
    private long _sessionBytes;

    /// <summary>Adds a block that was persisted.</summary>
    private void AddSessions(OpenBlock<(BatchId Id, Akka.Actor.IActorRef Sender)> block)
    {
        _sessions ??= new SessionIndex(_partition, _context.Settings.Sessions);
        _sessions.Add(block.SequenceNr, Fault.Is(FaultPoint.SessionsNotIndexed) ? [] : block.Sessions);
        AccountSessions(_sessions.ResidentBytes);
    }

    /// <summary>Does what is due of the index, unless something is under way.</summary>
    private void KeepSessions()
    {
        if (_isKeepingSessions || _phase != PartitionPhase.Serving)
        {
            return;
        }

        if (_indexing is not { } indexing)
        {
            OpenSessions();
        }
        else if (_sessions!.WantsSeal)
        {
            StoreSessions("saving its index of sessions", _sessions.Seal(_epoch));
        }
        else if (_sessions.Segments is [var oldest, ..] && oldest.Range.Through <= _baseline)
        {
            RemoveSessions(oldest.Range, [.. SessionMerge.Removals(_partition, _epoch, oldest)]);
        }
        else if (_mayMergeSessions)
        {
            MergeSessions();
        }
        else if (!_indexingFailed && _context.Time.GetElapsedTime(_lastIndexedAt) >= _context.Settings.Sessions.IndexInterval)
        {
            FillSessions(indexing);
        }
    }

    private void OpenSessions()
    {
        _isKeepingSessions = true;
        _calls.Start("reading its index of sessions", token => SessionIndexing.ListAsync(_partition, _context.Snapshots, token), stored =>
        {
            _isKeepingSessions = false;
            _indexing = new SessionIndexing(_partition, _context.Plan.Catalog, _context.Settings.Sessions, _context.Journal, _context.Snapshots);
            _sessions ??= new SessionIndex(_partition, _context.Settings.Sessions);
            IEnumerable<SnapshotWrite> needless = _sessions.Open(stored.Segments).SelectMany(segment => SessionMerge.Removals(_partition, _epoch, segment));
            _mayMergeSessions = true;
            RemoveDamaged(new Queue<SessionDamageException>(stored.Damaged), [.. needless]);
        });
    }

    /// <summary>Removes what is of no use; what it stood for is a gap then, which is filled like any other.</summary>
    private void RemoveDamaged(Queue<SessionDamageException> damaged, List<SnapshotWrite> removals)
    {
        if (!damaged.TryDequeue(out SessionDamageException? damage))
        {
            RemoveSessions(default, removals);
            return;
        }

        PartitionLog.SessionsDamaged(_context.Logger, _partition, damage.Message);
        _isKeepingSessions = true;
        _calls.Start("finding its damaged index of sessions", token => _indexing!.RemovalsAsync(_epoch, damage.Range, token), found =>
        {
            removals.AddRange(found);
            RemoveDamaged(damaged, removals);
        });
    }

    private void RemoveSessions(BlockRange range, IReadOnlyList<SnapshotWrite> removals) =>
        SaveSessions("removing what its index of sessions needs no more", removals, () => _sessions!.Removed(range));

    private void StoreSessions(string what, SessionWrites writes) => SaveSessions(what, writes.Writes, () =>
    {
        _sessions!.Stored(writes.Segment);
        _mayMergeSessions = true;
    });

    private void SaveSessions(string what, IReadOnlyList<SnapshotWrite> writes, Action then)
    {
        _isKeepingSessions = true;
        AccountSessions(_sessions!.ResidentBytes);
        _calls.Start(
            what,
            async token => writes.Count == 0 || (await _context.Snapshots.SaveAsync(writes, token)).Count == 0,
            isOwned => GoOnIf(isOwned || Fault.Is(FaultPoint.StaleWriteIgnored), () =>
            {
                _isKeepingSessions = false;
                then();
                Upkeep();
            }));
    }

    private void MergeSessions()
    {
        IReadOnlyList<SessionSegment> inputs = _sessions!.PlanMerge();
        _mayMergeSessions = inputs.Count > 0;
        if (inputs.Count == 0)
        {
            return;
        }

        _isKeepingSessions = true;
        _calls.Start(
            "merging its index of sessions",
            token => SessionMerge.RunAsync(_partition, _epoch, inputs, _context.Snapshots, token),
            merged => StoreSessions("saving its merged index of sessions", merged),
            error =>
            {
                if (error is not SessionDamageException damage)
                {
                    return false;
                }

                _sessions.Removed(damage.Range);
                RemoveDamaged(new Queue<SessionDamageException>([damage]), []);
                return true;
            });
    }

    private void FillSessions(SessionIndexing indexing)
    {
        _lastIndexedAt = _context.Time.GetTimestamp();
        if (_sessions!.FindGap(_baseline, _appliedSequenceNr) is not { } gap)
        {
            return;
        }

        _isKeepingSessions = true;
        _calls.Start(
            "indexing the sessions of its journal",
            token => indexing.FillAsync(_epoch, gap, token),
            filled => StoreSessions("saving its index of the journal's sessions", filled),
            error =>
            {
                if (error is not StoredFormatException)
                {
                    return false;
                }

                // What was trimmed meanwhile is no gap any more; what is damaged stays one.
                _isKeepingSessions = false;
                _indexingFailed = gap.After >= _baseline;
                if (_indexingFailed)
                {
                    PartitionLog.IndexingFailed(_context.Logger, _partition, error.Message);
                }

                return true;
            });
    }

    private void AccountSessions(long bytes)
    {
        _memory.Add(bytes - _sessionBytes);
        _sessionBytes = bytes;
    }
}
