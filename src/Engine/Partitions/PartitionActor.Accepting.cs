using System.Diagnostics.Metrics;
using Akka.Actor;
using Akka.Pattern;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Seen;

namespace DataLoad.Engine.Partitions;

/// <content>Batches of events: what is seen of them is loaded, the new ones are persisted, and then they are answered.</content>
internal sealed partial class PartitionActor
{
    // What the state of a Counter that is not known yet is expected to take, with its part of the blocks and of the seen identities.
    private const int ExpectedStateBytes = 2048;

    // After so many intervals without a block, what comes is the first of what may be more, and waits for nothing.
    private const int RestIntervals = 5;

    private readonly Queue<(EventBatch Events, (BatchId Id, IActorRef Sender) Batch)> _arrived = new();
    private readonly HashSet<BatchId> _held = [];
    private readonly RecentBatches _recent;
    private readonly List<(EventBatch Events, (BatchId Id, IActorRef Sender) Batch)> _taken = [];
    private readonly Action<Block> _onPersisted;
    private int _lastBlockEvents;
    private bool _isBlockDue;
    private bool _hasSucceeded;
    private long _appliedSequenceNr;
    private long _arrivedBytes;

    // What the Counters of events may come to hold that are not accounted for yet: of the block that fills, and of the one in flight.
    private long _expectedBytes;
    private long _expectedInFlight;

    /// <summary>Whether slices and memory leave room; one batch is taken where nothing is under way: too small a budget only slows the Partition.</summary>
    private bool HasRoom => _unappliedBytes < _context.Settings.MaxUnappliedBytes && !IsPressed
        && (_acceptance.IsIdle || _memory.Room > _expectedBytes + _expectedInFlight);

    private bool MayAccept => _phase == PartitionPhase.Serving && _arrived.Count > 0 && !_acceptance.IsConsidering && _requests.Count == 0
        && _acceptance.FillingBytes < _context.Settings.MaxBlockBytes && HasRoom;

    private void OnBatch(EventBatch batch)
    {
        if (_phase is PartitionPhase.Stopping or PartitionPhase.Stopped)
        {
            // Its sender sends it again, to the next owner.
            return;
        }

        if (_recent.Contains(batch.Id))
        {
            // A copy: its sender had not heard yet.
            Sender.Tell(new Accepted(batch.Id, _partition));
            return;
        }

        if (!_held.Add(batch.Id))
        {
            Sender.Tell(new Held(batch.Id, _partition));
            return;
        }

        _arrived.Enqueue((batch, (batch.Id, Sender)));
        _arrivedBytes += batch.PayloadBytes;

        AcceptWhenDue();
    }

    /// <summary>While a block is in flight, or waits for its interval, batches are decided about together, unless they are many.</summary>
    private void AcceptWhenDue()
    {
        if (_phase == PartitionPhase.Serving && (!(_acceptance.IsPersisting || _acceptance.HasBlock) || _arrivedBytes >= _context.Settings.MaxBlockBytes / 4))
        {
            Accept();
        }
    }

    private void Accept()
    {
        if (MayAccept)
        {
            TakeArrived();
            _acceptance.Consider(_taken);
            _taken.Clear();
            LoadKeys(LoadPages);
        }
    }

    /// <summary>Takes what has arrived, as much as a block has room for and the budget for the Counters that would have to be loaded; one batch at least, so
    /// that a budget that is too small slows the Partition and does not stop it.</summary>
    private void TakeArrived()
    {
        long room = Math.Max(0, _memory.Room - _expectedBytes - _expectedInFlight);
        long bytesOfACounter = Math.Max(CounterEntry.BytesOf(ExpectedStateBytes), _memory.Bytes / Math.Max(1, _counters.Count));
        int payload = _acceptance.FillingBytes;
        long events = 0;
        long missing = 0;
        bool isCounted = false;
        do
        {
            (EventBatch Events, (BatchId, IActorRef)) next = _arrived.Dequeue();
            _taken.Add(next);
            _arrivedBytes -= next.Events.PayloadBytes;
            payload += next.Events.PayloadBytes;
            events += next.Events.Count;

            // Looked for only where it could be too much if all were missing: then in all that is taken, and from there on.
            if (events * bytesOfACounter > room)
            {
                missing += isCounted ? CountMissing(next.Events) : _taken.Sum(taken => (long)CountMissing(taken.Events));
                isCounted = true;
            }
        }
        while (_arrived.Count > 0 && payload < _context.Settings.MaxBlockBytes && missing * bytesOfACounter <= room);

        _expectedBytes += (isCounted ? missing : events) * bytesOfACounter;
    }

    private int CountMissing(EventBatch batch)
    {
        int missing = 0;
        foreach (ref readonly EventHead @event in batch.Events)
        {
            missing += _counters.ContainsKey(@event.CounterId) ? 0 : 1;
        }

        return missing;
    }

    /// <summary>Loads the chunks of keys that are missing, in one round trip.</summary>
    private void LoadKeys(Action then)
    {
        if (_seen.MissingKeys.Count > 0 && _hasStoredKeys)
        {
            byte[][] keys = [.. _seen.MissingKeys.Select(id => id.SnapshotKey())];
            Load("seen keys", SnapshotKind.SeenKeys, keys, loaded => SupplyKeys(new Queue<Snapshot>(loaded), then));
            return;
        }

        _seen.SupplyEmpty();
        then();
    }

    private void SupplyKeys(Queue<Snapshot> loaded, Action then)
    {
        while (loaded.TryDequeue(out Snapshot? stored))
        {
            KeyChunkId id = KeyChunkId.Parse(stored.Key);
            try
            {
                _seen.Supply(KeyChunk.Decode(id, stored.Bytes));
            }
            catch (StoredFormatException e)
            {
                StoredFormatException damage = SnapshotFault.At(_partition, SnapshotKind.SeenKeys, stored.SequenceNr, e);
                RepairKeys(id, damage, () => SupplyKeys(loaded, then));
                return;
            }
        }

        _seen.SupplyEmpty();
        then();
    }

    /// <summary>Loads what is missing of the hashes; which page is missing may show only once its directory is there, so this may take two rounds.</summary>
    private void LoadPages()
    {
        if (!_seen.FindMissingPages(NowMs))
        {
            OnConsidered();
            return;
        }

        Load("seen hashes", SnapshotKind.SeenHashes, [.. _seen.MissingPages.Keys], SupplyPages);
    }

    private void Load(string what, SnapshotKind kind, IReadOnlyList<byte[]> keys, Action<IReadOnlyList<Snapshot>> then) =>
        _calls.Start($"loading {what}", token => _context.Snapshots.LoadAsync(_partition, kind, keys, token).AsTask(), then);

    private void SupplyPages(IReadOnlyList<Snapshot> loaded)
    {
        try
        {
            _seen.SupplyPages(loaded);
        }
        catch (SegmentDamageException damage)
        {
            RepairHashes(new Queue<SegmentDamageException>([damage]), LoadPages);
            return;
        }

        LoadPages();
    }

    private void OnConsidered()
    {
        foreach ((BatchId Id, IActorRef Sender) batch in _acceptance.Accept(NowMs))
        {
            Answer(batch);
        }

        if (!_acceptance.HasBlock)
        {
            _expectedBytes = 0;
        }

        CountByStream(_acceptance.Duplicates, _context.Metrics.Duplicates);
        Array.Clear(_acceptance.Duplicates);
        Persist();
        Accept();
    }

    private void Persist()
    {
        if (!_acceptance.IsPersisting && _acceptance.HasBlock && !WaitsForInterval())
        {
            OpenBlock<(BatchId Id, IActorRef Sender)> block = _acceptance.BeginPersist();
            _lastBlockEvents = block.Count;
            (_expectedInFlight, _expectedBytes) = (_expectedBytes, 0);
            _persistStartedAt = _context.Time.GetTimestamp();
            PersistAsync(block.Finish(), _onPersisted);
        }
    }

    /// <summary>Whether the filled block, soon after one that was persisted, waits for what else comes; then a timer ends the wait. All Partitions of a node
    /// wait for the same moments, the multiples of the interval on its clock: the journal writes the blocks that come together in one transaction.</summary>
    private bool WaitsForInterval()
    {
        TimeSpan interval = _context.Pace.Interval;
        if (_isBlockDue || _lastBlockEvents < _context.Settings.BusyBlockEvents || _context.Time.GetElapsedTime(_lastPersistedAt) >= RestIntervals * interval
            || _phase != PartitionPhase.Serving || _acceptance.FillingBytes >= _context.Settings.MaxBlockBytes)
        {
            return false;
        }

        if (!Timers.IsTimerActive(BlockDue.Instance))
        {
            TimeSpan now = _context.Time.GetElapsedTime(0);
            Timers.StartSingleTimer(BlockDue.Instance, BlockDue.Instance, interval - TimeSpan.FromTicks(now.Ticks % interval.Ticks));
        }

        return true;
    }

    private void OnBlockDue()
    {
        // A timer may be later than the next multiple.
        _isBlockDue = true;
        AcceptAndPersist();
        _isBlockDue = false;
    }

    /// <summary>What has arrived joins the filled block, and that is persisted.</summary>
    private void AcceptAndPersist()
    {
        Accept();
        Persist();
    }

    private void OnPersisted(Block persisted)
    {
        OpenBlock<(BatchId Id, IActorRef Sender)> block = _acceptance.Persisted();
        if (LastSequenceNr != block.SequenceNr)
        {
            // Blocks say where they stand: a number that another entry took in between would make this one unreadable.
            throw new InvalidOperationException(
                $"Partition {_partition} persisted a block at SequenceNr {LastSequenceNr} that was made for {block.SequenceNr}.");
        }

        TimeSpan took = _context.Time.GetElapsedTime(_persistStartedAt);
        _context.Metrics.JournalSeconds.Record(took.TotalSeconds);
        _context.Pace.Wrote(took);
        _eventsSinceCheckpoint += block.Count;
        _lastPersistedAt = _context.Time.GetTimestamp();
        _expectedInFlight = 0;
        Distribute(block.SequenceNr, block.Slices(persisted));
        AddSessions(block);
        block.Batches.ForEach(Answer);
        CountByStream(block.EventsByStream, _context.Metrics.Events);
        Succeeded();
        _context.Persisted.Show(new PersistedBlock(_partition, block.SequenceNr, persisted), block.Count);
        block.Clear();
        AcceptAndPersist();
        FlushWhenIdle();
        Upkeep();
    }

    /// <summary>A block was persisted: whatever failed before is over, and the next failure waits shortly again.</summary>
    private void Succeeded()
    {
        if (!_hasSucceeded)
        {
            _hasSucceeded = true;
            _context.Registry.Persisted(_partition);
            Context.Parent.Tell(BackoffSupervisor.Reset.Instance);
        }
    }

    private void Answer((BatchId Id, IActorRef Sender) batch)
    {
        _held.Remove(batch.Id);
        _recent.Add(batch.Id);
        batch.Sender.Tell(new Accepted(batch.Id, _partition));
    }

    private void CountByStream(int[] counts, Counter<long> counter)
    {
        foreach (StreamDefinition stream in _context.Plan.Catalog.Streams.AsSpan())
        {
            if (counts[stream.Id] > 0)
            {
                counter.Add(counts[stream.Id], new KeyValuePair<string, object?>(EngineMetrics.StreamTag, stream.Name));
            }
        }
    }

    /// <summary>Makes a damaged chunk of keys anew from the journal, once it is certain that the Partition is still owned here.</summary>
    private void RepairKeys(KeyChunkId id, StoredFormatException damage, Action then) => WhenOwned(() => _calls.Start(
        "making seen keys anew",
        token => _repair.KeysAsync(id, damage, token),
        chunk =>
        {
            PartitionLog.IdentitiesRepaired(_context.Logger, _partition, chunk.Keys.Count, damage.Message);
            _seen.SupplyRepaired(chunk);
            then();
        },
        OnLoadFailed));

    /// <summary>Makes damaged segments of hashes anew from the journal: what was journaled in their time is remembered again, which changes nothing for what
    /// other segments hold too, and their rows are removed by the seal that stores it.</summary>
    private void RepairHashes(Queue<SegmentDamageException> damaged, Action then)
    {
        if (!damaged.TryDequeue(out SegmentDamageException? damage))
        {
            then();
            return;
        }

        (long FromMs, long ToMs) span = _seen.Hashes.SpanOf(damage.Segment, NowMs);
        long bucketMs = _seen.Hashes.BucketMs;
        WhenOwned(() => _calls.Start(
            "making seen hashes anew",
            token => _repair.HashesAsync(damage, span, bucketMs, token),
            repaired =>
            {
                foreach ((UInt128 hash, long atMs) in repaired.Hashes)
                {
                    _seen.Hashes.Add(hash, atMs);
                }

                _seen.Hashes.GiveUp(damage.Segment, repaired.Rows);
                _seen.Account();
                PartitionLog.IdentitiesRepaired(_context.Logger, _partition, repaired.Hashes.Count, damage.Message);
                RepairHashes(damaged, then);
            },
            OnLoadFailed));
    }

    /// <summary>Goes on once it is certain that the Partition is still owned here. Reads are not fenced: what is missing or damaged may have been merged or
    /// trimmed by another owner, and then nothing is damaged. A write that changes nothing tells.</summary>
    private void WhenOwned(Action then) => SaveCheckpoint("finding out whether it is still owned", _checkpointed, isOwned => GoOnIf(isOwned, then));
}
