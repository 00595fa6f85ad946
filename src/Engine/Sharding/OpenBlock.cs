using System.Runtime.InteropServices;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Sharding;

/// <summary>
/// A journal block that a shard assembles, and who is to be told when it is durable. A shard has two and swaps them:
/// one is in flight to the journal while the other takes what arrives.
/// </summary>
internal sealed class OpenBlock
{
    private readonly HashSet<(byte Stream, TopicKey Topic, UInt128 Key)> _keys = [];
    private readonly HashSet<UInt128> _hashes = [];
    private readonly List<EventId> _identities = [];

    public BlockWriter Writer { get; } = new();

    /// <summary>The batches whose events, or whose duplicates' originals, become durable with this block.</summary>
    public List<ShardBatch> Batches { get; } = [];

    /// <summary>Events by stream, for the metrics.</summary>
    public int[] EventsByStream { get; } = new int[256];

    public bool IsEmpty => Writer.Count == 0;

    /// <summary>The events' identities, in their order: those that come of the content are not to be computed again.</summary>
    public ReadOnlySpan<EventId> Identities => CollectionsMarshal.AsSpan(_identities);

    public void Start(int shard, long firstSequenceNr, long nowMs) => Writer.Start(shard, firstSequenceNr, nowMs);

    public bool Contains(in ShardItem item) => item.Identity.Kind == IdentityKind.Key
        ? _keys.Contains((item.StreamId, item.Topic, item.Identity.Value))
        : _hashes.Contains(item.Identity.Value);

    public void Add(in ShardItem item, ReadOnlySpan<byte> payload)
    {
        Writer.Add(item.StreamId, item.Topic, item.TimeMs, item.Day, payload);
        EventsByStream[item.StreamId]++;
        _identities.Add(item.Identity);
        if (item.Identity.Kind == IdentityKind.Key)
        {
            _keys.Add((item.StreamId, item.Topic, item.Identity.Value));
        }
        else if (item.Identity.IsHash)
        {
            _hashes.Add(item.Identity.Value);
        }
    }

    public void Clear()
    {
        Writer.Clear();
        _keys.Clear();
        _hashes.Clear();
        _identities.Clear();
        Batches.Clear();
        Array.Clear(EventsByStream);
    }
}
