using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Sharding;

/// <summary>
/// Checkpoint: what changed is encoded by the loop and written beside it, a bounded slice at a time, so that events
/// are not held up. The checkpoint moves only when all of it, up to where the checkpoint began, is snapshotted and flushed.
/// </summary>
internal sealed partial class Shard
{
    private readonly Queue<CounterSlot> _counterQueue = new();
    private readonly Queue<KeyChunk> _keyQueue = new();
    private readonly List<(CounterSlot Slot, long SequenceNr)> _savingCounters = [];
    private readonly List<KeyChunk> _savingKeys = [];
    private Task<IReadOnlyList<int>>? _save;
    private SaveStep _saveStep;
    private long _checkpointed;
    private long _checkpointTarget = -1;
    private long _lastCheckpointAt;
    private bool _sealHashes;

    private enum SaveStep
    {
        Snapshots = 0,
        Hashes = 1,
        Checkpoint = 2,
        Compaction = 3,
    }

    private bool StartSave(CancellationToken cancellationToken)
    {
        if (_save is not null)
        {
            return false;
        }

        if (ContinueCompaction(cancellationToken))
        {
            return true;
        }

        if (_checkpointTarget < 0 && !BeginCheckpoint())
        {
            return StartCompaction(cancellationToken);
        }

        List<SnapshotWrite> slice = NextSlice();
        if (slice.Count > 0)
        {
            _saveStep = SaveStep.Snapshots;
            _save = WakeAfter(_context.SnapshotWriter.WriteAsync(slice, cancellationToken));
            return true;
        }

        if (_sealHashes)
        {
            _sealHashes = false;
            IReadOnlyList<SnapshotWrite> sealing = _state.Hashes.Seal(_lease.Epoch, _state.AppliedSequenceNr, NowMs).Writes;
            if (sealing.Count > 0)
            {
                _saveStep = SaveStep.Hashes;
                _save = WakeAfter(_context.SnapshotWriter.WriteAsync(sealing, cancellationToken));
                return true;
            }

            _state.Hashes.Sealed();
        }

        if (_flushedThrough < _checkpointTarget && !Fault.Is(FaultPoint.CheckpointBeforeFlush))
        {
            return false;
        }

        if (Fault.Is(FaultPoint.CheckpointPastTarget))
        {
            _checkpointTarget = _state.AppliedSequenceNr;
        }

        _saveStep = SaveStep.Checkpoint;
        _save = WakeAfter(SaveCheckpointAsync(_checkpointTarget, cancellationToken));
        return true;
    }

    private void FinishSave()
    {
        switch (_saveStep)
        {
            case SaveStep.Snapshots:
                foreach ((CounterSlot slot, long sequenceNr) in _savingCounters)
                {
                    slot.SnapshotSequenceNr = sequenceNr;
                }

                foreach (KeyChunk chunk in _savingKeys)
                {
                    chunk.IsSaving = false;
                }

                _savingCounters.Clear();
                _savingKeys.Clear();
                break;
            case SaveStep.Hashes:
                _state.Hashes.Sealed();
                break;
            case SaveStep.Compaction:
                _state.Hashes.Committed();
                break;
            default:
                _checkpointed = _checkpointTarget;
                _checkpointTarget = -1;
                break;
        }

        _state.Passivate(ShareOfExcess());
    }

    private bool BeginCheckpoint()
    {
        long events = _state.AppliedSequenceNr - _checkpointed;
        bool due = (events > 0 || _state.SnapshotList.Count > 0 || _state.KeyList.Count > 0 || _state.Hashes.HasGivenUp) && (_stopping
            || _keepNow
            || events >= _context.Settings.CheckpointEvents
            || IsOverShare
            || _state.Hashes.WantsSeal
            || _context.Time.GetElapsedTime(_lastCheckpointAt) >= _context.Settings.CheckpointInterval);
        if (!due)
        {
            return false;
        }

        _lastCheckpointAt = _context.Time.GetTimestamp();
        _checkpointTarget = _state.AppliedSequenceNr;
        _sealHashes = !Fault.Is(FaultPoint.SeenHashesNotKept);
        foreach (CounterSlot slot in _state.SnapshotList)
        {
            _counterQueue.Enqueue(slot);
        }

        foreach (KeyChunk chunk in _state.KeyList)
        {
            if (!Fault.Is(FaultPoint.SeenKeysNotKept))
            {
                _keyQueue.Enqueue(chunk);
            }
        }

        _state.SnapshotList.Clear();
        _state.KeyList.Clear();
        return true;
    }

    /// <summary>The next snapshots to write, encoded as they are now.</summary>
    private List<SnapshotWrite> NextSlice()
    {
        var slice = new List<SnapshotWrite>();
        long bytes = 0;
        _hasStoredCounters |= _counterQueue.Count > 0;
        _hasStoredKeys |= _keyQueue.Count > 0;
        while (bytes < _context.Settings.MaxSnapshotBytes && _counterQueue.TryDequeue(out CounterSlot? slot))
        {
            slot.IsInSnapshotList = false;
            byte[] state = slot.Damage is null ? CounterCodec.Encode(slot.Counter) : CounterCodec.EncodeSetAside(slot.Damage);
            bytes += Add(slice, SnapshotKind.Counter, SnapshotKeys.Of(slot.Counter.Id), slot.Counter.SequenceNr, state);
            _savingCounters.Add((slot, slot.Counter.SequenceNr));
        }

        while (bytes < _context.Settings.MaxSnapshotBytes && _keyQueue.TryDequeue(out KeyChunk? chunk))
        {
            chunk.IsDirty = false;
            chunk.IsSaving = true;
            bytes += Add(slice, SnapshotKind.SeenKeys, chunk.Id.SnapshotKey(), _state.AppliedSequenceNr, chunk.Encode());
            _state.Account(chunk);
            _savingKeys.Add(chunk);
        }

        return slice;
    }

    private long Add(List<SnapshotWrite> slice, SnapshotKind kind, byte[] key, long sequenceNr, byte[] bytes)
    {
        slice.Add(new SnapshotWrite { Shard = _lease.Shard, Epoch = _lease.Epoch, Kind = kind, Key = key, SequenceNr = sequenceNr, Bytes = bytes });
        return bytes.Length;
    }

    private async Task<IReadOnlyList<int>> SaveCheckpointAsync(long sequenceNr, CancellationToken cancellationToken)
    {
        for (int failures = 1; ; failures++)
        {
            try
            {
                bool saved = await _context.Snapshots.SaveCheckpointAsync(_lease.Shard, _lease.Epoch, sequenceNr, cancellationToken).ConfigureAwait(false);
                return saved ? [] : [_lease.Shard];
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                TimeSpan wait = _context.Backoff.After(failures);
                ShardingLog.CheckpointFailed(_context.Logger, _lease.Shard, failures, wait, e.Message);
                await Task.Delay(wait, _context.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
