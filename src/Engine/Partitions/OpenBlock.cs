using System.Runtime.InteropServices;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Partitions;

/// <summary>A block that is filled or persisted, and what depends on it. A Partition swaps two: one is in flight while the other takes what arrives.</summary>
/// <typeparam name="TBatch">What is to be answered when the block is persisted.</typeparam>
internal sealed class OpenBlock<TBatch>
{
    private readonly BlockEncoder _encoder = new();
    private readonly SliceBuilder _slices = new();
    private readonly HashSet<(byte Stream, TopicKey Topic, UInt128 Key)> _keys = [];
    private readonly HashSet<UInt128> _hashes = [];
    private readonly List<(byte Stream, TopicKey Topic, EventId Identity)> _identities = [];

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
        Batches.Clear();
        Array.Clear(EventsByStream);
    }
}
