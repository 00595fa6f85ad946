using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Sharding;

/// <summary>
/// Events of one source for one shard, with their entries encoded. Filled by one loop, then handed over whole and
/// reused when it is done.
/// </summary>
public sealed class ShardBatch
{
    private readonly ByteWriter _payloads = new(4096);
    private ShardItem[] _items = new ShardItem[32];
    private ulong[] _tags = new ulong[32];

    /// <summary>How many events there are.</summary>
    public int Count { get; private set; }

    /// <summary>Told when the events are durable.</summary>
    public IDeliverySink Sink { get; private set; } = null!;

    /// <summary>The deliveries' tags, one per event.</summary>
    public ReadOnlySpan<ulong> Tags => _tags.AsSpan(0, Count);

    /// <summary>Whether it holds little enough memory to be kept for reuse.</summary>
    public bool IsSmall => _payloads.Capacity <= 256 * 1024 && _items.Length <= 8192;

    /// <summary>The size of the encoded entries, in bytes.</summary>
    public int PayloadBytes => _payloads.Length;

    internal ReadOnlySpan<ShardItem> Items => _items.AsSpan(0, Count);

    /// <summary>Empties the batch for events of another source.</summary>
    public void Reset(IDeliverySink sink)
    {
        Sink = sink;
        Count = 0;
        _payloads.Clear();
    }

    /// <summary>Adds an event.</summary>
    /// <param name="event">The event; its bytes are copied.</param>
    /// <param name="pageId">The number of the page that it counts on.</param>
    /// <param name="tag">The delivery's tag.</param>
    public void Add(BusinessEvent @event, byte pageId, ulong tag)
    {
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Count * 2);
            Array.Resize(ref _tags, Count * 2);
        }

        int offset = _payloads.Length;
        EntryWriter.Write(_payloads, @event);
        _tags[Count] = tag;
        _items[Count++] = new ShardItem
        {
            StreamId = @event.Stream.Id,
            PageId = pageId,
            Topic = @event.Topic,
            TimeMs = @event.TimeMs,
            Day = @event.Day,
            Identity = @event.Identity,
            Offset = offset,
            Length = _payloads.Length - offset,
        };
    }

    internal ReadOnlySpan<byte> Payload(in ShardItem item) => _payloads.Written.Slice(item.Offset, item.Length);
}
