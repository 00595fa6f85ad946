using System.Runtime.InteropServices;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Seen;
using DataLoad.Engine.Tracing;

namespace DataLoad.Engine.Partitions;

/// <summary>Decides which events are new, and packs those into blocks: the plain part of a Partition. Knows no Akka and does no I/O. Not thread-safe.</summary>
/// <remarks>The order is: <see cref="Consider"/> batches; load what <paramref name="seen"/> misses; <see cref="Accept(long)"/>; and, with no block in flight,
/// <see cref="BeginPersist"/>, then <see cref="Persisted"/>.</remarks>
/// <typeparam name="TBatch">What is to be answered when a batch is durable.</typeparam>
/// <param name="partition">The Partition's number.</param>
/// <param name="seen">The identities that were persisted.</param>
internal sealed class EventAcceptance<TBatch>(int partition, SeenIdentities seen)
{
    private readonly List<(EventBatch Events, TBatch Batch)> _considered = [];
    private readonly List<TBatch> _durable = [];
    private OpenBlock<TBatch> _filling = new();
    private OpenBlock<TBatch> _inFlight = new();
    private bool _asksInFlight = true;

    /// <summary>The SequenceNr of the next block.</summary>
    public long NextSequenceNr { get; set; }

    /// <summary>Whether a block is in flight to the journal.</summary>
    public bool IsPersisting { get; private set; }

    /// <summary>Whether there is a block to persist.</summary>
    public bool HasBlock => !_filling.IsEmpty;

    /// <summary>The size of the block that is being filled, in bytes.</summary>
    public int FillingBytes => _filling.IsEmpty ? 0 : _filling.Length;

    /// <summary>Whether nothing is considered, filled or in flight.</summary>
    public bool IsIdle => !IsPersisting && _filling.IsEmpty && _filling.Batches.Count == 0 && _considered.Count == 0;

    /// <summary>Duplicates by stream since they were last taken, for the metrics.</summary>
    public int[] Duplicates { get; } = new int[256];

    /// <summary>Whether batches are considered, and wait for what they miss.</summary>
    public bool IsConsidering => _considered.Count > 0;

    /// <summary>Takes batches into consideration: asks for the identities of their events.</summary>
    public void Consider(IEnumerable<(EventBatch Events, TBatch Batch)> batches)
    {
        seen.Begin();
        _considered.AddRange(batches);
        foreach ((EventBatch events, _) in _considered)
        {
            foreach (ref readonly EventHead @event in events.Events)
            {
                seen.Ask(@event.StreamId, @event.Topic, @event.Identity);
            }
        }
    }

    /// <summary>Decides about the batches that are considered; all that was missing has been supplied.</summary>
    /// <param name="nowMs">The time, in epoch milliseconds.</param>
    /// <returns>The batches that are durable already; valid until the next call.</returns>
    public IReadOnlyList<TBatch> Accept(long nowMs)
    {
        _durable.Clear();
        _asksInFlight = !Fault.Is(FaultPoint.NoDedupeInFlight);
        foreach ((EventBatch events, TBatch batch) in _considered)
        {
            Accept(events, batch, nowMs);
        }

        _considered.Clear();
        return _durable;
    }

    /// <summary>Takes the filled block to be persisted; the next one begins to fill.</summary>
    public OpenBlock<TBatch> BeginPersist()
    {
        (_filling, _inFlight) = (_inFlight, _filling);
        IsPersisting = true;
        NextSequenceNr = _inFlight.SequenceNr + 1;
        return _inFlight;
    }

    /// <summary>The block in flight is persisted: its identities are seen from now on.</summary>
    /// <returns>It, to be answered and sent on; clear it then.</returns>
    public OpenBlock<TBatch> Persisted()
    {
        IsPersisting = false;
        if (Fault.Is(FaultPoint.PersistedNotSeen))
        {
            return _inFlight;
        }

        foreach ((byte stream, TopicKey topic, EventId identity) in _inFlight.Identities)
        {
            seen.Add(stream, topic, identity, _inFlight.JournaledAtMs);
        }

        seen.BlockAdded();
        return _inFlight;
    }

    private void Accept(EventBatch events, TBatch batch, long nowMs)
    {
        int duplicates = 0;
        foreach (ref readonly EventHead @event in events.Events)
        {
            if (@event.Identity.Exists && IsDuplicate(@event, nowMs))
            {
                duplicates++;
                Duplicates[@event.StreamId]++;
                continue;
            }

            if (_filling.IsEmpty)
            {
                _filling.Start(partition, IsPersisting ? _inFlight.SequenceNr + 1 : NextSequenceNr, nowMs);
            }

            _filling.Add(@event, events.Payload(@event));
        }

        if (Fault.Is(FaultPoint.AcceptedBeforePersisted) || (Fault.Is(FaultPoint.DuplicateAcceptedBeforePersisted) && duplicates == events.Count))
        {
            _durable.Add(batch);
        }
        else if (duplicates < events.Count || !_filling.IsEmpty)
        {
            _filling.Batches.Add(batch);
        }
        else if (IsPersisting)
        {
            // All duplicates, perhaps of events in flight: what they duplicate must be durable before they are answered.
            _inFlight.Batches.Add(batch);
        }
        else
        {
            _durable.Add(batch);
        }
    }

    private bool IsDuplicate(in EventHead @event, long nowMs)
    {
        // Asked for in any case: the answers come in the order of the questions.
        bool isSeen = seen.Contains(@event.StreamId, @event.Topic, @event.Identity, nowMs);
        return isSeen || (_asksInFlight && (_filling.Contains(@event) || (IsPersisting && _inFlight.Contains(@event))));
    }
}

/// <summary>The batches that were accepted last: a copy of one is answered at once, without a look at its events. One that is older than all of them is
/// looked at like any other, and holds nothing new.</summary>
/// <param name="capacity">How many are remembered, 0 and up.</param>
internal sealed class RecentBatches(int capacity)
{
    private readonly HashSet<BatchId> _ids = [];
    private readonly Queue<BatchId> _inOrder = new();

    /// <summary>Whether a batch is among them.</summary>
    public bool Contains(BatchId id) => _ids.Contains(id);

    /// <summary>Remembers a batch that was accepted, and forgets the oldest where there is no room.</summary>
    public void Add(BatchId id)
    {
        if (capacity > 0 && _ids.Add(id))
        {
            _inOrder.Enqueue(id);
            if (_inOrder.Count > capacity)
            {
                _ids.Remove(_inOrder.Dequeue());
            }
        }
    }
}

/// <summary>A block that is filled or persisted, and what depends on it. A Partition swaps two: one is in flight while the other takes what arrives.</summary>
/// <typeparam name="TBatch">What is to be answered when the block is persisted.</typeparam>
internal sealed class OpenBlock<TBatch>
{
    private readonly BlockEncoder _encoder = new();
    private readonly SliceBuilder _slices = new();
    private readonly HashSet<(byte Stream, TopicKey Topic, UInt128 Key)> _keys = [];
    private readonly HashSet<UInt128> _hashes = [];
    private readonly List<(byte Stream, TopicKey Topic, EventId Identity)> _identities = [];
    private readonly List<uint> _sessions = [];

    /// <summary>The batches whose events, or whose duplicates' originals, are durable with this block.</summary>
    public List<TBatch> Batches { get; } = [];

    /// <summary>Events by stream, for the metrics.</summary>
    public int[] EventsByStream { get; } = new int[256];

    /// <summary>The SequenceNr that it will have.</summary>
    public long SequenceNr { get; private set; }

    /// <summary>When it was begun, in epoch milliseconds.</summary>
    public long JournaledAtMs { get; private set; }

    /// <summary>How many events it holds.</summary>
    public int Count => _identities.Count;

    /// <summary>Its size if it were finished now, in bytes.</summary>
    public int Length => _encoder.Length;

    public bool IsEmpty => _identities.Count == 0;

    /// <summary>The fingerprints of its events' sessions, in their order.</summary>
    public ReadOnlySpan<uint> Sessions => CollectionsMarshal.AsSpan(_sessions);

    /// <summary>The identities of its events, in their order.</summary>
    public ReadOnlySpan<(byte Stream, TopicKey Topic, EventId Identity)> Identities => CollectionsMarshal.AsSpan(_identities);

    /// <summary>Begins it; it must be empty.</summary>
    public void Start(int partition, long sequenceNr, long nowMs)
    {
        SequenceNr = sequenceNr;
        JournaledAtMs = nowMs;
        _encoder.Start(partition, sequenceNr, nowMs);
    }

    /// <summary>Whether it holds an event of that identity.</summary>
    public bool Contains(in EventHead @event) => @event.Identity.Kind == IdentityKind.Key
        ? _keys.Contains((@event.StreamId, @event.Topic, @event.Identity.Value)) : _hashes.Contains(@event.Identity.Value);

    public void Add(in EventHead @event, ReadOnlySpan<byte> payload)
    {
        int offset = _encoder.Add(@event, payload);
        _slices.Add(@event.CounterId, new SliceEntry(@event.StreamId, offset, payload.Length));
        EventsByStream[@event.StreamId]++;
        _identities.Add((@event.StreamId, @event.Topic, @event.Identity));
        _sessions.Add(SessionFingerprint.OfPayload(payload));
        if (@event.Identity.Kind == IdentityKind.Key)
        {
            _keys.Add((@event.StreamId, @event.Topic, @event.Identity.Value));
        }
        else if (@event.Identity.IsHash)
        {
            _hashes.Add(@event.Identity.Value);
        }
    }

    /// <summary>Ends it: what is persisted.</summary>
    public Block Finish() => _encoder.Finish();

    /// <summary>Its slices, a Counter each.</summary>
    public List<(CounterId Id, CounterSlice Slice)> Slices(Block block) => _slices.Build(SequenceNr, block);

    public void Clear()
    {
        _slices.Clear();
        _keys.Clear();
        _hashes.Clear();
        _identities.Clear();
        _sessions.Clear();
        Batches.Clear();
        Array.Clear(EventsByStream);
    }
}
