using Akka.Actor;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Seen;

namespace DataLoad.Engine.Partitions;

/// <content>Checkpoint: what changed is encoded and written, a bounded slice at a time, so that events are not held up. The checkpoint moves only when all of
/// it, up to where the checkpoint began, is saved and flushed. Between checkpoints, segments of seen hashes are merged.</content>
internal sealed partial class PartitionActor
{
    private readonly List<CounterEntry> _saveList = [];
    private readonly Queue<CounterEntry> _counterQueue = new();
    private readonly Queue<KeyChunk> _keyQueue = new();
    private readonly Dictionary<CounterId, CounterEntry> _statesAwaited = [];
    private readonly List<SnapshotWrite> _states = [];
    private readonly List<(CounterEntry Entry, long SequenceNr)> _savingCounters = [];
    private readonly List<KeyChunk> _savingKeys = [];
    private SaveStep _saveStep;
    private bool _isMerging;
    private bool _mergingFailed;
    private bool _sealHashes;
    private long _stateRound;
    private long _checkpointTarget = -1;
    private long _lastCheckpointAt;
    private long _eventsSinceCheckpoint;
    private long _eventsAtTarget;

    private enum SaveStep { None, States, Hashes, Checkpoint, Merge }

    private void MarkForSave(CounterEntry entry)
    {
        if (!entry.IsInSaveList)
        {
            entry.IsInSaveList = true;
            entry.SavedSequenceNr = CounterEntry.NotWritten;
            _saveList.Add(entry);
        }
    }

    private void StartSave()
    {
        if (_saveStep != SaveStep.None)
        {
            return;
        }

        if (_aheadQueue.Count > 0)
        {
            SaveNextStates();
            return;
        }

        if (_checkpointTarget < 0 && !BeginCheckpoint())
        {
            StartMerge();
            return;
        }

        if (_counterQueue.Count > 0 || _keyQueue.Count > 0)
        {
            SaveNextStates();
        }
        else if (_sealHashes)
        {
            SealHashes();
        }
        else if (_flushedThrough >= _checkpointTarget || Fault.Is(FaultPoint.CheckpointBeforeFlush))
        {
            SaveCheckpoint();
        }
    }

    private bool BeginCheckpoint()
    {
        bool hasChanged = _appliedSequenceNr > _checkpointed && (_eventsSinceCheckpoint > 0 || _saveList.Count > 0);
        bool isDue = (hasChanged || _saveList.Count > 0 || _seen.HasChangedKeys || _seen.Hashes.HasGivenUp) && (MustCheckpoint
            || _eventsSinceCheckpoint >= _context.Settings.CheckpointEvents
            || _memory.IsOverShare
            || _seen.Hashes.WantsSeal || _context.Time.GetElapsedTime(_lastCheckpointAt) >= _context.Settings.CheckpointInterval);
        if (!isDue)
        {
            return false;
        }

        _lastCheckpointAt = _context.Time.GetTimestamp();
        _checkpointTarget = _appliedSequenceNr;
        _eventsAtTarget = _eventsSinceCheckpoint;
        _sealHashes = true;
        _saveList.ForEach(_counterQueue.Enqueue);
        foreach (KeyChunk chunk in _seen.TakeChanged())
        {
            _keyQueue.Enqueue(chunk);
        }

        _saveList.Clear();
        return true;
    }

    /// <summary>Asks the next Counters for their states, and encodes the next chunks of keys.</summary>
    private void SaveNextStates()
    {
        _saveStep = SaveStep.States;
        _stateRound = ++_round;
        _hasStoredCounters |= _aheadQueue.Count > 0 || _counterQueue.Count > 0;
        _hasStoredKeys |= _keyQueue.Count > 0;
        long bytes = 0;
        while (bytes < _context.Settings.MaxSnapshotBytes && _aheadQueue.TryDequeue(out CounterEntry? entry))
        {
            bytes += SaveNext(entry);
        }

        while (bytes < _context.Settings.MaxSnapshotBytes && _counterQueue.TryDequeue(out CounterEntry? entry))
        {
            entry.IsInSaveList = false;
            bytes += SaveNext(entry);
        }

        while (bytes < _context.Settings.MaxSnapshotBytes && _keyQueue.TryDequeue(out KeyChunk? chunk))
        {
            chunk.IsDirty = false;
            chunk.IsSaving = true;
            byte[] encoded = chunk.Encode();
            bytes += encoded.Length;
            if (!Fault.Is(FaultPoint.SeenKeysNotKept))
            {
                AddState(SnapshotKind.SeenKeys, chunk.Id.SnapshotKey(), _appliedSequenceNr, encoded);
            }

            _seen.Account(chunk);
            _savingKeys.Add(chunk);
        }

        WriteStates();
    }

    /// <summary>Asks a Counter for its state, or stores that it is set aside. One that was saved ahead of the checkpoint is passed over.</summary>
    /// <returns>About how many bytes that is.</returns>
    private long SaveNext(CounterEntry entry)
    {
        if (entry.IsSaved || _statesAwaited.ContainsKey(entry.Id))
        {
            return 0;
        }

        if (entry.Damage is null)
        {
            _statesAwaited.Add(entry.Id, entry);
            Tell(entry, new ReadState(_stateRound, _context.Settings.MaxSnapshotBytes, entry.SavingSequenceNr != CounterEntry.NotWritten));
        }
        else
        {
            AddMark(entry);
        }

        return Math.Max(entry.AccountedBytes, CounterEntry.BytesOf(0));
    }

    private void OnState(CounterState state)
    {
        if (state.Round == _stateRound && _statesAwaited.Remove(state.Id, out CounterEntry? entry))
        {
            foreach (PageState page in state.Parts)
            {
                AddState(SnapshotKind.CounterParts, SnapshotKeys.Of(state.Id, page.Breakdown, page.Page), state.SequenceNr, page.Bytes);
            }

            // What comes while a state is given in several answers is in the next checkpoint.
            long first = entry.SavingSequenceNr == CounterEntry.NotWritten ? state.SequenceNr : entry.SavingSequenceNr;
            if (state.Whole is { } whole)
            {
                AddState(SnapshotKind.Counter, SnapshotKeys.Of(state.Id), state.SequenceNr, whole);
                foreach (PartPages pages in state.Obsolete)
                {
                    foreach (int number in pages.Numbers)
                    {
                        AddState(SnapshotKind.CounterParts, SnapshotKeys.Of(state.Id, pages.Breakdown, number), state.SequenceNr, bytes: null);
                    }
                }

                entry.SavingSequenceNr = CounterEntry.NotWritten;
                _savingCounters.Add((entry, first));
            }
            else
            {
                entry.SavingSequenceNr = first;
                _aheadQueue.Enqueue(entry);
            }

            WriteStates();
        }
    }

    /// <summary>Stores, in the place of its state, that a Counter is set aside: loading honours it until a rebuild replaces it.</summary>
    private void AddMark(CounterEntry entry)
    {
        AddState(SnapshotKind.Counter, SnapshotKeys.Of(entry.Id), entry.SlicedSequenceNr, CounterCodec.EncodeSetAside(entry.Damage ?? "it was stopped"));
        _savingCounters.Add((entry, entry.SlicedSequenceNr));
    }

    private void AddState(SnapshotKind kind, byte[] key, long sequenceNr, byte[]? bytes) =>
        _states.Add(new SnapshotWrite(_partition, _epoch, kind, key, sequenceNr, bytes));

    private void WriteStates()
    {
        if (_saveStep != SaveStep.States || _statesAwaited.Count > 0)
        {
            return;
        }

        if (_states.Count == 0)
        {
            OnSaved();
            return;
        }

        _context.SnapshotWriter.Tell(new WriteGroup<SnapshotWrite>(_partition, [.. _states]));
        _states.Clear();
    }

    private void SealHashes()
    {
        _sealHashes = false;
        IReadOnlyList<SnapshotWrite> sealing = _seen.Hashes.Seal(_epoch, _appliedSequenceNr, NowMs).Writes;
        _saveStep = SaveStep.Hashes;
        if (sealing.Count > 0 && !Fault.Is(FaultPoint.SeenHashesNotKept))
        {
            _context.SnapshotWriter.Tell(new WriteGroup<SnapshotWrite>(_partition, sealing));
        }
        else
        {
            OnSaved();
        }
    }

    private void SaveCheckpoint()
    {
        _saveStep = SaveStep.Checkpoint;

        // What is saved is saved, and may go from memory, though the checkpoint may stay where it is.
        _checkpointTarget = Math.Max(_checkpointed, Math.Min(_checkpointTarget, WrittenBeforeRefused));
        long target = Fault.Is(FaultPoint.CheckpointPastTarget) ? _appliedSequenceNr : _checkpointTarget;
        SaveCheckpoint("saving its checkpoint", target, isOwned => GoOnIf(isOwned || Fault.Is(FaultPoint.StaleWriteIgnored), OnSaved));
    }

    private void SaveCheckpoint(string what, long checkpoint, Action<bool> then) =>
        _calls.Start(what, token => _context.Positions.SaveCheckpointAsync(_partition, _epoch, checkpoint, token).AsTask(), then);

    private void StartMerge()
    {
        if (MustCheckpoint || _mergingFailed || _isMerging || _phase != PartitionPhase.Serving || _seen.Hashes.PlanCompaction() is not { } plan)
        {
            return;
        }

        _isMerging = true;
        Load("seen hashes to merge", SnapshotKind.SeenHashes, plan.Keys, loaded =>
        {
            _isMerging = false;
            _merge = (plan, loaded);
            Upkeep();
        });
    }

    /// <summary>Merges what was loaded, once nothing else is being saved.</summary>
    private void Merge((CompactionPlan Plan, IReadOnlyList<Snapshot> Loaded) merge)
    {
        try
        {
            if (_seen.Hashes.CompleteCompaction(merge.Plan, merge.Loaded, _epoch, _appliedSequenceNr) is { } merged)
            {
                _saveStep = SaveStep.Merge;
                _context.SnapshotWriter.Tell(new WriteGroup<SnapshotWrite>(_partition, merged.Writes));
            }
        }
        catch (StoredFormatException e)
        {
            // Merging only saves work: what is damaged is logged, and left as it is until it is asked for.
            _mergingFailed = true;
            PartitionLog.MergeFailed(_context.Logger, _partition, e.Message);
        }
    }

    private void OnSaved()
    {
        SaveStep step = _saveStep;
        _saveStep = SaveStep.None;
        switch (step)
        {
            case SaveStep.States:
                foreach ((CounterEntry entry, long sequenceNr) in _savingCounters)
                {
                    entry.SavedSequenceNr = sequenceNr;
                }

                foreach (KeyChunk chunk in _savingKeys)
                {
                    chunk.IsSaving = false;
                }

                _savingCounters.Clear();
                _savingKeys.Clear();
                AnswerSaveQuestions();
                break;
            case SaveStep.Hashes:
                _seen.Hashes.Sealed();
                break;
            case SaveStep.Merge:
                _seen.Hashes.Committed();
                break;
            case SaveStep.Checkpoint:
                _checkpointed = _checkpointTarget;
                _checkpointTarget = -1;
                _eventsSinceCheckpoint -= _eventsAtTarget;
                break;
            default:
                throw new InvalidOperationException($"Partition {_partition} was told that it saved while it saved nothing.");
        }

        _mayPassivate = true;
        Upkeep();
    }

    private void OnWritten(GroupWritten written)
    {
        if (written.Stale.Contains(_partition) && !Fault.Is(FaultPoint.StaleWriteIgnored))
        {
            LoseOwnership();
        }
        else if (_phase != PartitionPhase.Stopped && string.Equals(written.Writer, StatisticsWriterName, StringComparison.Ordinal))
        {
            OnRowsWritten(written);
        }
        else if (_phase != PartitionPhase.Stopped)
        {
            OnSaved();
        }
    }
}
