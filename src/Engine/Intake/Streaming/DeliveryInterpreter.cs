using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Resolving;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.Intake.Streaming;

/// <summary>What a batch of one stream's deliveries means: decodes them, looks their rows up, makes events of them sorted by Partition, and says which are
/// parked and which are dead letters. One batch at a time: <see cref="Start"/>, <c>Add</c> for each, <see cref="LookUpAsync"/> where rows are needed,
/// <see cref="Finish"/>. Not thread-safe.</summary>
internal sealed class DeliveryInterpreter
{
    private const int EntryBytesBesideTexts = 256;

    private readonly StreamDefinition _stream;
    private readonly IntakeOptions _options;
    private readonly IntakeSettings _settings;
    private readonly byte _pageId;
    private readonly BodyDecoder _decoder;
    private readonly Resolver _resolver;
    private readonly EventFactory _events;
    private readonly BusinessEvent _event = new();
    private readonly RepeatedText _contentTypes = new();
    private readonly RepeatedText _contentEncodings = new();
    private readonly List<Slot> _slots = [];
    private readonly List<Candidate> _candidates = [];
    private readonly List<(ulong Tag, EventBatch Events)> _batches = [];
    private readonly PartitionEvents?[] _byPartition;
    private readonly List<PartitionEvents> _touched = [];
    private readonly Guid _source;
    private readonly KeyValuePair<string, object?> _tag;
    private int _count;
    private long _number;
    private long _startMs;
    private string _channel = "";

    /// <summary>Makes a stream's interpreter, whose batches have numbers that no other's have.</summary>
    public DeliveryInterpreter(StreamDefinition stream, IntakeOptions options)
    {
        _stream = stream;
        _options = options;
        _settings = options.Settings;
        _pageId = options.PageOf(stream).Id;
        _decoder = new BodyDecoder(stream, _settings.MaxBodyBytes);
        IReadOnlyList<string> queries = options.QueriesOf(stream);
        var resolving = new ResolverOptions { Queries = queries, Backoff = _settings.Backoff, Metrics = options.Metrics, Time = options.Time };
        _resolver = new Resolver(stream, options.Lookup, resolving, options.Logger);
        _events = new EventFactory(stream, _resolver, options.Zone, _settings.MaxBodyBytes);
        _byPartition = new PartitionEvents?[options.Partitions];
        _source = options.NewId();
        _tag = new(EngineMetrics.StreamTag, stream.Name);
    }

    /// <summary>Why the stream's queries fail, or null.</summary>
    public string? Failing => _resolver.Failing;

    /// <summary>Whether the broker has waited for delayed messages of this stream already.</summary>
    public bool BrokerDelays { get; set; }

    /// <summary>Whether rows must be looked up before <see cref="Finish"/>.</summary>
    public bool NeedsRows => _candidates.Count > 0 && !_stream.Lookups.IsEmpty;

    /// <summary>Whether any was delivered before, so that its queue may count how often.</summary>
    public bool HasRedelivered { get; private set; }

    /// <summary>Whether any said that its queue counts how often it delivered each: <c>x-delivery-count</c>, which brokers write into those that they deliver
    /// again. Stays so.</summary>
    public bool CountsDeliveries { get; private set; }

    /// <summary>Begins a batch, and forgets the one before.</summary>
    /// <param name="channel">The incarnation of the channel that it came by, unique within the node's.</param>
    public void Start(string channel)
    {
        _channel = channel;
        _count = 0;
        _candidates.Clear();
        _batches.Clear();
        HasRedelivered = false;
        _startMs = NowMs;
        foreach (PartitionEvents left in _touched)
        {
            // Of a batch that a fault ended.
            left.Build(default);
        }

        _touched.Clear();
    }

    /// <summary>Adds a delivery; its memory is read until <see cref="Finish"/>.</summary>
    public void Add(ulong tag, bool redelivered, AmqpProperties properties, ReadOnlyMemory<byte> body)
    {
        HasRedelivered |= redelivered;
        CountsDeliveries |= redelivered && properties.TryGetHeader("x-delivery-count"u8, out _);
        Slot slot = NextSlot(tag, properties, body);
        slot.ReceivedMs = slot.HasHeaders ? ReceiptOf(properties) : _startMs;
        slot.Candidate.Delivery = new DeliveryId(_options.Incarnation, _channel, tag);
        Prepare(slot);
    }

    /// <summary>Adds a delivery that was parked; its tag is its place among those of its batch.</summary>
    public void Add(ulong tag, ParkedDelivery parked, ParkedContent content)
    {
        Slot slot = NextSlot(tag, content.Properties, content.Body);
        slot.ReceivedMs = content.ReceivedMs;
        slot.ParkedAs = slot.Candidate.ParkedAs = parked.Id;
        slot.Tries = parked.Tries;
        Prepare(slot);
    }

    /// <summary>Adds a batch of events that was parked, which goes to its Partition as it is; its tag is its place among those of its batch.</summary>
    public void Add(ulong tag, EventBatch events) => _batches.Add((tag, events));

    /// <summary>Looks up the rows of all, and repeats a query that fails until it works or the token ends.</summary>
    public ValueTask LookUpAsync(CancellationToken cancellationToken) => _resolver.LookUpAsync(_candidates, cancellationToken);

    /// <summary>Ends the batch. Nothing that was given to it is read any more.</summary>
    /// <param name="origin">Where it came from.</param>
    /// <param name="isLookedUp">False where the lookup was given up: then those that need rows are parked, which is not a try.</param>
    public Interpretation Finish(IDeliveryOrigin origin, bool isLookedUp = true)
    {
        var aside = new SetAside();
        var parts = new List<Part>();
        foreach ((ulong tag, EventBatch events) in _batches)
        {
            BatchId id = NextId();
            parts.Add(new Part(id, PartTarget.Partition, events.As(id), events.PayloadBytes, [tag]));
        }

        _batches.Clear();
        long now = NowMs;
        for (int i = 0; i < _count; i++)
        {
            Settle(_slots[i], now, isLookedUp, aside, parts);
        }

        foreach (PartitionEvents events in _touched)
        {
            parts.Add(events.Build(NextId()));
        }

        _touched.Clear();
        AddAside(aside, origin.Claim, parts);
        return new Interpretation(origin, parts);
    }

    private void Prepare(Slot slot)
    {
        Candidate candidate = slot.Candidate;
        candidate.SetMessageId(slot.Properties.MessageId);
        candidate.TimestampMs = TimestampOf(slot.Properties);
        candidate.ReceivedMs = slot.ReceivedMs;
        Rejection? rejection = _decoder.Decode(
                TextOf(_contentTypes, slot.Properties.ContentType),
                TextOf(_contentEncodings, slot.Properties.ContentEncoding),
                slot.Body.Span,
                candidate.Fields)
            ?? EventFactory.CheckMessage(candidate)
            ?? CheckDelay(slot);
        if (rejection is not null)
        {
            candidate.Reject(rejection);
        }
        else if (slot.DueMs == 0)
        {
            _candidates.Add(candidate);
        }
    }

    /// <summary>Reads <c>x-delay</c> where it has not been waited for, and says when the delivery is due.</summary>
    private Rejection? CheckDelay(Slot slot)
    {
        if (!slot.HasHeaders || slot.ParkedAs is not null || BrokerDelays
            || !slot.Properties.TryGetHeader(DeliveryHeaders.Delay, out AmqpValue header) || header.Type == (byte)'V')
        {
            return null;
        }

        if (!header.TryGetInt64(out long delay))
        {
            return new Rejection(RejectReason.BadDelay, $"header x-delay = {header.ToString()}: expected milliseconds as an integer");
        }

        long most = (long)_settings.MaxDelay.TotalMilliseconds;
        if (delay > most)
        {
            string expected = $"expected at most {most} milliseconds ({_settings.MaxDelay.TotalDays:0.##} days)";
            return new Rejection(RejectReason.BadDelay, $"header x-delay = {delay}: {expected}");
        }

        long due = slot.ReceivedMs + delay;
        slot.DueMs = delay > 0 && due > _startMs ? due : 0;
        return null;
    }

    private void Settle(Slot slot, long now, bool isLookedUp, SetAside aside, List<Part> parts)
    {
        Candidate candidate = slot.Candidate;
        if (candidate.State == CandidateState.Rejected)
        {
            Reject(slot, candidate.Rejection!, aside);
        }
        else if (slot.DueMs != 0)
        {
            Park(slot, slot.DueMs, tries: 0, aside);
        }
        else if (candidate.State == CandidateState.Missing)
        {
            _options.Metrics.Retries.Add(1, _tag);
            IReadOnlyList<TimeSpan> delays = _settings.RetryDelays;
            if (slot.Tries < delays.Count)
            {
                Park(slot, now + (long)delays[slot.Tries].TotalMilliseconds, slot.Tries + 1, aside);
            }
            else
            {
                Reject(slot, new Rejection(RejectReason.NoRow, $"There is no row {candidate.MissingRow}, after {slot.Tries + 1} tries"), aside);
            }
        }
        else if (!isLookedUp && !_stream.Lookups.IsEmpty)
        {
            Park(slot, now + (long)_settings.Backoff.Limit.TotalMilliseconds, slot.Tries, aside);
        }
        else if (_events.Make(candidate, _event) is Rejection rejection)
        {
            Reject(slot, rejection, aside);
        }
        else
        {
            AddEvent(slot.Tag, parts);
        }
    }

    private void AddEvent(ulong tag, List<Part> parts)
    {
        if (_events.MadeUpIdentity)
        {
            _options.Metrics.Unidentified.Add(1, _tag);
        }

        int partition = _event.Topic.ShardOf(_byPartition.Length);
        PartitionEvents events = _byPartition[partition] ??= new PartitionEvents(partition);
        if (events.Count == 0)
        {
            _touched.Add(events);
        }
        else if (events.PayloadBytes + EntryBytes() > _settings.MaxEventBatchBytes)
        {
            parts.Add(events.Build(NextId()));
        }

        events.Add(_event, _pageId, tag);
    }

    private void Park(Slot slot, long dueMs, int tries, SetAside aside)
    {
        var parked = new ParkedDelivery
        {
            Id = slot.ParkedAs ?? _options.NewId(),
            Stream = _stream.Name,
            DueMs = dueMs,
            Tries = tries,
            Message = new ParkedContent(slot.ReceivedMs, slot.Properties, slot.Body).Encode(),
        };
        if (slot.ParkedAs is null)
        {
            _options.Metrics.Parked.Add(1, _tag);
        }

        (slot.ParkedAs is null ? aside.Parking : aside.ParkingAgain).Add((slot.Tag, parked));
    }

    private void Reject(Slot slot, Rejection rejection, SetAside aside) =>
        aside.Letters.Add((slot.Tag, new Letter(_stream.Name, rejection, slot.ReceivedMs, slot.Properties.Copy(), slot.Body.ToArray())));

    private void AddAside(SetAside aside, Guid? claim, List<Part> parts)
    {
        AddPart(PartTarget.DeadLetters, aside.Letters, letter => letter.Bytes, (id, letters) => new PublishLetters(id, letters), parts);
        AddPart(PartTarget.Parking, aside.Parking, row => row.Message.Length, (id, rows) => new Park(id, rows), parts);
        AddPart(PartTarget.ParkingAgain, aside.ParkingAgain, row => row.Message.Length, (id, rows) => new ParkAgain(id, rows, claim!.Value), parts);
    }

    private void AddPart<T>(
        PartTarget target, List<(ulong Tag, T Item)> aside, Func<T, long> bytesOf, Func<BatchId, IReadOnlyList<T>, object> messageOf, List<Part> parts)
    {
        if (aside.Count > 0)
        {
            BatchId id = NextId();
            object message = messageOf(id, [.. aside.Select(one => one.Item)]);
            parts.Add(new Part(id, target, message, aside.Sum(one => bytesOf(one.Item)), [.. aside.Select(one => one.Tag)]));
        }
    }

    private Slot NextSlot(ulong tag, AmqpProperties properties, ReadOnlyMemory<byte> body)
    {
        if (_count == _slots.Count)
        {
            _slots.Add(new Slot(_stream));
        }

        Slot slot = _slots[_count++];
        slot.Set(tag, properties, body);
        return slot;
    }

    private BatchId NextId() => new(_source, ++_number);

    /// <summary>What the event's entry takes at the most: its texts, and a number for each of the rest.</summary>
    private int EntryBytes() => _event.TextBytes + EntryBytesBesideTexts + (_event.Facts.Length * 10);

    /// <summary>The first receipt: the one that an earlier one recorded, where it is one that can have been.</summary>
    private long ReceiptOf(AmqpProperties properties) =>
        properties.TryGetHeader(DeliveryHeaders.Received, out AmqpValue header) && header.TryGetInt64(out long at)
        && at >= EventTime.EarliestMs && at <= _startMs ? at : _startMs;

    private long NowMs => _options.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private static string? TextOf(RepeatedText texts, ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? null : texts.Of(bytes);

    private static long TimestampOf(AmqpProperties properties)
    {
        // Seconds, by AMQP. What is too large for milliseconds is out of range in any case.
        long seconds = properties.TimestampSeconds ?? 0;
        return seconds is > long.MaxValue / 1000 or < long.MinValue / 1000 ? long.MaxValue : seconds * 1000;
    }

    /// <summary>A delivery of the batch; used again for the next one's.</summary>
    private sealed class Slot(StreamDefinition stream)
    {
        public Candidate Candidate { get; } = new(stream);
        public ulong Tag { get; private set; }
        public AmqpProperties Properties { get; private set; }
        public ReadOnlyMemory<byte> Body { get; private set; }
        public bool HasHeaders { get; private set; }
        public long ReceivedMs { get; set; }
        public long DueMs { get; set; }
        public Guid? ParkedAs { get; set; }
        public int Tries { get; set; }

        public void Set(ulong tag, AmqpProperties properties, ReadOnlyMemory<byte> body)
        {
            Candidate.Clear();
            Tag = tag;
            Properties = properties;
            HasHeaders = !properties.Headers.Bytes.IsEmpty;
            Body = body;
            DueMs = 0;
            ParkedAs = null;
            Tries = 0;
        }
    }

    /// <summary>The events of one Partition, with the tags of their deliveries.</summary>
    private sealed class PartitionEvents(int partition)
    {
        private readonly EventBatchBuilder _builder = new(partition);
        private readonly List<ulong> _tags = [];

        public int Count => _builder.Count;
        public int PayloadBytes => _builder.PayloadBytes;

        public void Add(BusinessEvent @event, byte pageId, ulong tag)
        {
            _builder.Add(@event, pageId);
            _tags.Add(tag);
        }

        public Part Build(BatchId id)
        {
            EventBatch batch = _builder.Build(id);
            var part = new Part(id, PartTarget.Partition, batch, batch.PayloadBytes, [.. _tags]);
            _tags.Clear();
            return part;
        }
    }

    /// <summary>What of a batch is no event.</summary>
    private sealed class SetAside
    {
        public List<(ulong Tag, Letter Letter)> Letters { get; } = [];
        public List<(ulong Tag, ParkedDelivery Row)> Parking { get; } = [];
        public List<(ulong Tag, ParkedDelivery Row)> ParkingAgain { get; } = [];
    }
}

/// <summary>Gives the same string for the same bytes as before: a stream's publishers write one or two. Not for two threads.</summary>
internal sealed class RepeatedText
{
    private byte[] _bytes = [];
    private string _text = "";

    public string Of(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.SequenceEqual(_bytes))
        {
            _text = Encoding.UTF8.GetString(bytes);
            _bytes = bytes.ToArray();
        }

        return _text;
    }
}
