using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Sharding.Seen;

namespace DataLoad.Engine.Sharding;

/// <summary>Coming back: snapshots, and the journal since the checkpoint.</summary>
internal sealed partial class Shard
{
    private async Task RecoverAsync(CancellationToken cancellationToken)
    {
        for (int failures = 1; ; failures++)
        {
            try
            {
                await RecoverOnceAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (e is not (StoredFormatException or StaleEpochException) && !cancellationToken.IsCancellationRequested)
            {
                TimeSpan wait = _context.Backoff.After(failures);
                ShardingLog.RecoveryFailed(_context.Logger, _lease.Shard, failures, wait, e.Message);
                _state?.Release();
                await Task.Delay(wait, _context.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task RecoverOnceAsync(CancellationToken cancellationToken)
    {
        var damaged = new List<SegmentDamageException>();
        SeenHashes hashes = await SeenHashes.OpenAsync(
            _lease.Shard,
            _context.Snapshots,
            new SeenHashesOptions { WindowMs = (long)_context.Settings.IdentityWindow.TotalMilliseconds },
            damaged,
            cancellationToken).ConfigureAwait(false);
        _state = new ShardState(_context.Plan, hashes, _context.Budget);
        Checkpoint checkpoint = await _context.Snapshots.LoadCheckpointAsync(_lease.Shard, cancellationToken).ConfigureAwait(false);
        _checkpointed = checkpoint.SequenceNr;
        _state.AppliedSequenceNr = checkpoint.SequenceNr;
        _hasStoredCounters = await HasStoredAsync(SnapshotKind.Counter, checkpoint, cancellationToken).ConfigureAwait(false);
        _hasStoredKeys = await HasStoredAsync(SnapshotKind.SeenKeys, checkpoint, cancellationToken).ConfigureAwait(false);
        foreach (SegmentDamageException damage in damaged)
        {
            await MendHashesAsync(damage, cancellationToken).ConfigureAwait(false);
        }

        await foreach (JournalBlock block in _context.Journal.ReadAsync(_lease.Shard, checkpoint.SequenceNr, cancellationToken).ConfigureAwait(false))
        {
            if (Fault.Is(FaultPoint.RecoverySkipsLastBlock)
                && block.LastSequenceNr == await _context.Journal.LastSequenceNrAsync(_lease.Shard, cancellationToken).ConfigureAwait(false))
            {
                break;
            }

            if (block.FirstSequenceNr > _state.AppliedSequenceNr + 1)
            {
                throw new StoredFormatException($"The journal of shard {_lease.Shard} has a gap: after SequenceNr {_state.AppliedSequenceNr} comes {block.FirstSequenceNr}. Restore the store from a backup.");
            }

            await ReplayAsync(block, checkpoint.SequenceNr, cancellationToken).ConfigureAwait(false);
            await RelieveWhileRecoveringAsync(cancellationToken).ConfigureAwait(false);
        }

        _nextSequenceNr = _state.AppliedSequenceNr + 1;
        _lastCheckpointAt = _context.Time.GetTimestamp();
        _state.AccountHashes();
        ShardingLog.Recovered(_context.Logger, _lease.Shard, _state.AppliedSequenceNr, _state.AppliedSequenceNr - checkpoint.SequenceNr, checkpoint.SequenceNr);
        Report();
    }

    /// <summary>Whether the store may hold snapshots of a kind: it does where a checkpoint was made, and is asked where none was.</summary>
    private async ValueTask<bool> HasStoredAsync(SnapshotKind kind, Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        if (checkpoint.SequenceNr > 0)
        {
            return true;
        }

        await foreach (Snapshot _ in _context.Snapshots.ListAsync(_lease.Shard, kind, [], cancellationToken).ConfigureAwait(false))
        {
            return true;
        }

        return false;
    }

    /// <summary>
    /// Applies a block again. Events that a Counter's snapshot holds already are passed over by the Counter itself;
    /// the Counter is flushed all the same, since a crash may have come between its snapshot and its flush.
    /// </summary>
    private async ValueTask ReplayAsync(JournalBlock block, long afterSequenceNr, CancellationToken cancellationToken)
    {
        _reader.WithIdentities = false;
        _reader.Open(block);
        while (_reader.Next())
        {
            BusinessEvent @event = _reader.Event;
            Touch(@event.Stream.Id, new CounterId(_context.Plan.PageByStream[@event.Stream.Id].Id, @event.Topic, @event.Day), @event.Identity);
        }

        await LoadMissingAsync(cancellationToken).ConfigureAwait(false);
        _state.Clock++;
        _reader.WithIdentities = true;
        _reader.Open(block);
        while (_reader.Next())
        {
            if (_reader.SequenceNr > afterSequenceNr)
            {
                CounterSlot slot = _state.Apply(_reader.Event, _reader.SequenceNr, block.JournaledAtMs);
                if (!Fault.Is(FaultPoint.ReplayedNotFlushed))
                {
                    _state.MarkForFlush(slot);
                }
            }
        }
    }

    /// <summary>Keeps the budget while a long journal is replayed: writes what was applied and lets it go.</summary>
    private async ValueTask RelieveWhileRecoveringAsync(CancellationToken cancellationToken)
    {
        if (++_replayedBlocks % AccountEveryBlocks == 0)
        {
            AccountAll();
        }

        if (_context.Budget.OverBytes <= 0)
        {
            return;
        }

        await KeepAllAsync(cancellationToken).ConfigureAwait(false);
        _state.Passivate(ShareOfExcess());
    }
}
