using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Partitions;

/// <summary>Resolved events of one stream for one Partition, with their entries encoded: what intake sends. Immutable, so that a copy that was sent again may
/// be read whenever it arrives.</summary>
public sealed class EventBatch : IPartitionMessage
{
    private readonly EventHead[] _events;
    private readonly byte[] _payloads;

    internal EventBatch(BatchId id, int partition, EventHead[] events, byte[] payloads)
    {
        Id = id;
        Partition = partition;
        _events = events;
        _payloads = payloads;
    }

    /// <summary>What the sender knows it by.</summary>
    public BatchId Id { get; }

    /// <inheritdoc/>
    public int Partition { get; }

    /// <summary>How many events there are.</summary>
    public int Count => _events.Length;

    /// <summary>The size of the encoded entries, in bytes.</summary>
    public int PayloadBytes => _payloads.Length;

    internal ReadOnlySpan<EventHead> Events => _events;
    internal ReadOnlySpan<byte> Payloads => _payloads;

    internal ReadOnlySpan<byte> Payload(in EventHead @event) => _payloads.AsSpan(@event.Offset, @event.Length);

    /// <summary>The same events under the id of another sender.</summary>
    internal EventBatch As(BatchId id) => new(id, Partition, _events, _payloads);
}

/// <summary>One event of an <see cref="EventBatch"/>: what the Partition decides by, and where its encoded entry is.</summary>
internal struct EventHead
{
    public byte StreamId;
    public byte PageId;
    public TopicKey Topic;
    public long TimeMs;
    public int Day;
    public EventId Identity;
    public int Offset;
    public int Length;

    public readonly CounterId CounterId => new(PageId, Topic, Day);
}

/// <summary>Gathers events for one Partition; reused from batch to batch. Not thread-safe.</summary>
public sealed class EventBatchBuilder(int partition)
{
    private readonly ByteWriter _payloads = new(4096);
    private readonly List<EventHead> _events = [];

    /// <summary>How many events were added.</summary>
    public int Count => _events.Count;

    /// <summary>The size of their encoded entries, in bytes.</summary>
    public int PayloadBytes => _payloads.Length;

    /// <summary>Adds an event, which counts on the page of that number; its bytes are copied.</summary>
    public void Add(BusinessEvent @event, byte pageId)
    {
        int offset = _payloads.Length;
        EntryWriter.Write(_payloads, @event);
        _events.Add(new EventHead
        {
            StreamId = @event.Stream.Id,
            PageId = pageId,
            Topic = @event.Topic,
            TimeMs = @event.TimeMs,
            Day = @event.Day,
            Identity = @event.Identity,
            Offset = offset,
            Length = _payloads.Length - offset,
        });
    }

    /// <summary>Makes the batch, which the sender knows by that id, and starts over.</summary>
    public EventBatch Build(BatchId id)
    {
        var batch = new EventBatch(id, partition, [.. _events], _payloads.Written.ToArray());
        _events.Clear();
        _payloads.Clear();
        return batch;
    }
}
