using Akka.Actor;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Partitions;

/// <content>The Counters: slices go to them, their states are loaded when they are first met, and they are passivated.</content>
internal sealed partial class PartitionActor
{
    // An answer takes no more of a connection at once than a batch of events does.
    private const int MaxTopicRowsBytes = 256 * 1024;

    private readonly Dictionary<CounterId, CounterEntry> _counters = [];
    private readonly List<CounterEntry> _toLoad = [];
    private readonly List<CounterEntry> _pendingList = [];
    private bool _isLoadingCounters;
    private long _unappliedBytes;
    private long _pendingBytes;
    private long _clock;
    private int _damaged;

    // Whether something was written, or time has passed, since it was last looked for what may go.
    private bool _mayPassivate = true;

    /// <summary>Sets a persisted block's slices aside for their Counters. They are given many at once: what a Counter and its parts hold has left the processor's
    /// caches each time that it is turned to, and reading it anew would cost more than adding an event to it.</summary>
    private void Distribute(long sequenceNr, List<(CounterId Id, CounterSlice Slice)> slices)
    {
        _clock++;
        _appliedSequenceNr = sequenceNr;
        foreach ((CounterId id, CounterSlice slice) in slices)
        {
            CounterEntry entry = Touch(id);

            // While the journal is replayed, a stored state may be ahead of the slice; its row may not be.
            entry.SlicedSequenceNr = Math.Max(entry.SlicedSequenceNr, slice.SequenceNr);
            MarkChanged(entry);
            if (entry.Damage is null)
            {
                entry.UnappliedBytes += slice.Bytes;
                _unappliedBytes += slice.Bytes;
                _pendingBytes += slice.Bytes;
                _memory.Add(slice.Bytes);
                entry.Pending.Add(slice);
                if (!entry.IsInPendingList)
                {
                    entry.IsInPendingList = true;
                    _pendingList.Add(entry);
                }
            }
        }

        if (_pendingBytes > _context.Settings.MaxUnappliedBytes / 2 || !HasRoom)
        {
            GivePending();
        }

        LoadCounters();
    }

    /// <summary>Gives all Counters the slices that were set aside for them: when those are many, memory is short, or their rows are to be read.</summary>
    private void GivePending()
    {
        foreach (CounterEntry entry in _pendingList)
        {
            entry.IsInPendingList = false;
            GivePending(entry);
        }

        _pendingList.Clear();
    }

    private void GivePending(CounterEntry entry)
    {
        if (entry.Pending.Count > 0)
        {
            var slices = new CounterSlices([.. entry.Pending], entry.Pending.Sum(slice => slice.Bytes));
            DropPending(entry);
            Deliver(entry, slices);
        }
    }

    private void DropPending(CounterEntry entry)
    {
        _pendingBytes -= entry.Pending.Sum(slice => slice.Bytes);
        entry.Pending.Clear();
    }

    private CounterEntry Touch(in CounterId id)
    {
        if (!_counters.TryGetValue(id, out CounterEntry? entry))
        {
            entry = new CounterEntry(id, PageOf(id)) { FlushedBefore = _phase == PartitionPhase.Recovering ? _checkpointed : long.MaxValue };
            _counters.Add(id, entry);
            _toLoad.Add(entry);
            Account(entry, ExpectedStateBytes);
        }

        entry.LastUsed = _clock;
        return entry;
    }

    /// <summary>Tells a Counter something, behind its slices.</summary>
    private void Tell(CounterEntry entry, ICounterMessage message)
    {
        GivePending(entry);
        Deliver(entry, message);
    }

    private void Deliver(CounterEntry entry, ICounterMessage message)
    {
        if (entry.Actor is { } actor && !entry.IsStopping)
        {
            actor.Tell(message, Self);
        }
        else if (!Fault.Is(FaultPoint.SlicesLostAtPassivation) || !entry.IsStopping)
        {
            entry.Waiting.Add(message);
        }
    }

    /// <summary>Loads the states of the Counters that were met, many in one statement; those that come meanwhile are loaded next.</summary>
    private void LoadCounters()
    {
        if (_isLoadingCounters || _toLoad.Count == 0)
        {
            return;
        }

        if (!_hasStoredCounters || Fault.Is(FaultPoint.StoredCounterNotLoaded))
        {
            foreach (CounterEntry entry in _toLoad)
            {
                StartCounter(entry, stored: null);
            }

            _toLoad.Clear();
            return;
        }

        CounterEntry[] loading = [.. _toLoad.Take(_context.Settings.MaxLoadedCounters)];
        _toLoad.RemoveRange(0, loading.Length);
        CounterId[] ids = [.. loading.Select(entry => entry.Id)];
        var stored = new StoredCounters(_context.Snapshots, SnapshotKind.Counter);
        _isLoadingCounters = true;
        _calls.Start("loading Counters", token => stored.LoadAsync(_partition, ids, id => PageOf(id), token), found => OnCountersLoaded(loading, found));
    }

    private void OnCountersLoaded(CounterEntry[] loading, Dictionary<CounterId, StoredCounter> stored)
    {
        _isLoadingCounters = false;
        foreach (CounterEntry entry in loading)
        {
            StartCounter(entry, stored.GetValueOrDefault(entry.Id));
        }

        LoadCounters();
        Upkeep();
    }

    private void StartCounter(CounterEntry entry, StoredCounter? stored)
    {
        entry.Actor = Context.ActorOf(CounterActor.Props(entry.Id, entry.Page, _context.Plan, stored, entry.FlushedBefore), NameOf(entry));
        Context.WatchWith(entry.Actor, new CounterEnded(entry.Id));
        long position = stored?.Whole.SequenceNr ?? 0;
        entry.SlicedSequenceNr = Math.Max(entry.SlicedSequenceNr, position);
        entry.AppliedSequenceNr = position;
        Account(entry, stored?.Bytes ?? ExpectedStateBytes);
        foreach (ICounterMessage message in entry.Waiting)
        {
            entry.Actor.Tell(message, Self);
        }

        entry.Waiting.Clear();
    }

    private void OnSlicesApplied(SlicesApplied applied)
    {
        if (!_counters.TryGetValue(applied.Id, out CounterEntry? entry))
        {
            return;
        }

        entry.UnappliedBytes -= applied.SliceBytes;
        _unappliedBytes -= applied.SliceBytes;
        _memory.Add(-applied.SliceBytes);
        entry.AppliedSequenceNr = Math.Max(entry.AppliedSequenceNr, applied.SequenceNr);
        Account(entry, applied.ResidentBytes);
        if (applied.Damage is { } damage)
        {
            SetAside(entry, damage);
        }

        AskForReplay();
        AcceptWhenDue();
        if (_unappliedBytes == 0)
        {
            Upkeep();
        }
    }

    /// <summary>A Counter that cannot be counted on: its events go on being journaled, a rebuild corrects it, and the others count.</summary>
    private void SetAside(CounterEntry entry, string damage)
    {
        if (entry.Damage is null)
        {
            entry.Damage = damage;
            _damaged++;
            PartitionLog.CounterDamaged(_context.Logger, _partition, damage);
            MarkForSave(entry);
            entry.SavedSequenceNr = CounterEntry.NotWritten;
            OnNoAnswer(entry);
            Report();
        }
    }

    private void OnCounterEnded(CounterId id)
    {
        CounterEntry entry = _counters[id];
        bool wasPassivated = entry.IsStopping;
        if (wasPassivated)
        {
            GivePending(entry);
        }

        entry.Actor = null;
        entry.IsStopping = false;
        if (!wasPassivated)
        {
            entry.Waiting.Clear();
            DropPending(entry);
        }

        AnswerQuestionsWithout(entry);
        if (!wasPassivated)
        {
            // Without an actor from now on: what it held is in the journal alone.
            _unappliedBytes -= entry.UnappliedBytes;
            _memory.Add(-entry.UnappliedBytes - entry.AccountedBytes);
            entry.UnappliedBytes = entry.AccountedBytes = 0;
            SetAside(entry, $"Counter {id} of Partition {_partition} failed and was stopped; the log says why. Run 'dataload rebuild' for its topic.");
        }
        else if (entry.Waiting.Count > 0)
        {
            _toLoad.Add(entry);
            LoadCounters();
        }
        else
        {
            _counters.Remove(id);
        }

        Upkeep();
    }

    /// <summary>Drops what was not used for longest and is written, until so many bytes are free or nothing more can go.</summary>
    private void Passivate(long bytesToFree)
    {
        if (bytesToFree <= 0 || !_mayPassivate)
        {
            return;
        }

        _mayPassivate = false;
        long goal = _memory.Bytes - bytesToFree;
        _seen.PassivateHashes(bytesToFree);
        foreach (CounterEntry entry in _counters.Values.Where(MayGo).OrderBy(entry => entry.LastUsed).ToList())
        {
            if (_memory.Bytes <= goal)
            {
                return;
            }

            entry.IsStopping = true;
            Context.Stop(entry.Actor);
            _memory.Add(-entry.AccountedBytes);
            entry.AccountedBytes = 0;
        }

        _seen.PassivateKeys(goal);
    }

    /// <summary>Whether all that a Counter holds is written, and no answer of it is awaited: one that was asked and then stopped would never give it.</summary>
    private bool MayGo(CounterEntry entry) =>
        (entry.IsClean && !_refused.ContainsKey((entry.Id, null)) && !_rowsAwaited.ContainsKey(entry.Id) && !_statesAwaited.ContainsKey(entry.Id))
        || (Fault.Is(FaultPoint.PassivatesUnwritten) && entry is { Actor: not null, IsStopping: false, Damage: null });

    private void OnGetTopic(GetTopic question)
    {
        HashSet<int> days = [.. question.Days];
        CounterEntry[] entries = [.. _counters.Values.Where(entry => entry.Damage is null && entry.Id.PageId == question.Page
            && entry.Id.Topic.Equals(question.Topic) && entry.Id.Day >= question.From && entry.Id.Day <= question.Through
            && (entry.IsInFlushList || _refused.ContainsKey((entry.Id, null)) || days.Contains(entry.Id.Day))).OrderBy(entry => entry.Id.Day)];
        int through = question.Through;
        int most = MaxTopicRowsBytes / PartitionMessageCodec.MaxRowBytes(entries.Length == 0 ? 0 : entries[0].Page.Metrics.Length);
        if (entries.Length > most)
        {
            through = entries[most].Id.Day - 1;
            entries = entries[..most];
        }

        long round = ++_round;
        _questions.Add(round, new TopicQuestion(Sender, [.. entries.Select(entry => entry.Id)], through));
        foreach (CounterEntry entry in entries)
        {
            Tell(entry, new ReadRow(round));
        }

        AnswerTopic(round);
    }

    private void AnswerTopic(long round)
    {
        if (_questions[round] is { Awaited.Count: 0 } question)
        {
            question.Asker.Tell(new TopicRows(_partition, question.Rows, question.Through));
            _questions.Remove(round);
        }
    }

    private StatisticsRow RowOf(CounterId id, long sequenceNr, long[] values, BreakdownValue? part = null) =>
        new(id.Topic.Type, id.Topic.Id, id.Day, sequenceNr, values, _partition, _epoch, part);

    private void Account(CounterEntry entry, long stateBytes)
    {
        long bytes = CounterEntry.BytesOf(stateBytes);
        _memory.Add(bytes - entry.AccountedBytes);
        entry.AccountedBytes = bytes;
    }

    private Page PageOf(in CounterId id) => _context.Plan.Catalog.PageById(id.PageId)
        ?? throw new StoredFormatException($"Partition {_partition} holds a Counter of page number {id.PageId}, which is not in this program's catalog.");

    private static string NameOf(CounterEntry entry) =>
        $"{entry.Page.Name}:{Uri.EscapeDataString(entry.Id.Topic.Type)}:{entry.Id.Topic.Id}:{DateOnly.FromDayNumber(entry.Id.Day):yyyy-MM-dd}";

    /// <summary>Who asked for a topic, which Counters have not answered yet, and the last day that is answered for.</summary>
    private sealed record TopicQuestion(IActorRef Asker, HashSet<CounterId> Awaited, int Through)
    {
        public List<StatisticsRow> Rows { get; } = [];
    }

    private sealed record CounterEnded(CounterId Id) : INoSerializationVerificationNeeded;
}
