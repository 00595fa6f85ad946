using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Faults;

namespace DataLoad.Engine.Resolving;

/// <summary>Makes events of one stream's candidates: the message's values over the row's, time and day, identity, facts. Used by one loop at a time.</summary>
public sealed class EventFactory
{
    private readonly StreamDefinition _stream;
    private readonly Resolver _resolver;
    private readonly DayZone _zone;
    private readonly TopicTypePool _topics = new();
    private readonly IdentityHasher _hasher = new();
    private readonly FactSource[] _facts;
    private readonly int[] _ownTextSlots;
    private readonly int _commonStep;
    private readonly int _timeColumn;
    private readonly int _contentSlot;
    private readonly int _channelFallbackSlot;
    private readonly bool _eventHoldsContent;
    private readonly int _maxTextBytes;
    private byte[] _scratch = new byte[512];
    private Rejection? _badRow;

    /// <summary>Makes a stream's factory. The resolver holds the rows of the candidates' batch; days are those of the zone; a text that a row gives an event
    /// has at most so many bytes, as a message's is bounded by its body.</summary>
    public EventFactory(StreamDefinition stream, Resolver resolver, TimeZoneInfo zone, int maxTextBytes)
    {
        _maxTextBytes = maxTextBytes;
        _stream = stream;
        _resolver = resolver;
        _zone = new DayZone(zone);
        _facts = [.. stream.Facts.Select(fact => FactSource.Of(stream, fact))];
        _ownTextSlots = [.. stream.OwnFields.Where(field => field.Kind == FieldKind.Text).Select(field => stream.SlotOf(field.Name))];
        _commonStep = stream.Lookups.ToList().FindLastIndex(step => step.CommonAt >= 0);
        _timeColumn = stream.TimeFromRow ? stream.Lookups[0].IndexOf("ctime") : -1;
        _contentSlot = stream.ContentIdentityField is null ? -1 : stream.SlotOf(stream.ContentIdentityField);
        _channelFallbackSlot = stream.ChannelTypeFallback is null ? -1 : stream.SlotOf(stream.ChannelTypeFallback);
        _eventHoldsContent = IdentityHasher.EventHoldsContent(stream);
    }

    /// <summary>Whether the last event has no identity of its own, and got one from its having been parked or from its delivery.</summary>
    public bool MadeUpIdentity { get; private set; }

    /// <summary>What of a message can be judged before its rows are looked up: the time that it gives itself.</summary>
    public static Rejection? CheckMessage(Candidate candidate) =>
        candidate.Fields.Has(CommonField.Ctime)
            ? EventTime.Check(candidate.Fields.Integer(CommonField.Ctime), "ctime", candidate.ReceivedMs) : null;

    /// <summary>Makes a candidate, whose rows are found, an event.</summary>
    /// <returns>Null, or why the candidate cannot be counted.</returns>
    /// <remarks><see cref="MadeUpIdentity"/> tells of the last event made.</remarks>
    public Rejection? Make(Candidate candidate, BusinessEvent @event)
    {
        MadeUpIdentity = false;
        _badRow = null;
        @event.Reset(_stream);
        Rejection? rejection = SetCommon(candidate, @event) ?? SetTime(candidate, @event) ?? SetFacts(candidate, @event);
        if (rejection is not null)
        {
            return rejection;
        }

        for (int i = 0; i < _ownTextSlots.Length; i++)
        {
            @event.SetText(EventText.Own + i, candidate.Fields.Text(_ownTextSlots[i]));
        }

        @event.Identity = IdentityOf(candidate, @event);
        return null;
    }

    private Rejection? SetFacts(Candidate candidate, BusinessEvent @event)
    {
        for (int i = 0; i < _facts.Length; i++)
        {
            FactSource source = _facts[i];
            @event.SetFact(i, source.Step < 0 ? candidate.Fields.Integer(source.Place) : RowNumber(candidate, source.Step, source.Place));
        }

        return _badRow;
    }

    private Rejection? SetCommon(Candidate candidate, BusinessEvent @event)
    {
        LookupRows? rows = _commonStep < 0 ? null : _resolver.Rows(_commonStep);
        int row = rows is null ? -1 : candidate.Rows[_commonStep];
        if (!SetText(candidate, @event, EventText.SessionStr, CommonField.SessionStr, rows, row))
        {
            return Missing("sessionStr", candidate);
        }

        SetText(candidate, @event, EventText.ParentTopicType, CommonField.ParentTopicType, rows, row);
        SetText(candidate, @event, EventText.QrCode, CommonField.QrCode, rows, row);
        if (!SetText(candidate, @event, EventText.ChannelType, CommonField.ChannelType, rows, row) && _channelFallbackSlot >= 0)
        {
            @event.SetText(EventText.ChannelType, candidate.Fields.Text(_channelFallbackSlot));
        }

        if (TryInteger(candidate, CommonField.ParentTopicId, rows, row, out int parent))
        {
            @event.ParentTopicId = parent;
        }

        if (TryInteger(candidate, CommonField.WuId, rows, row, out int user))
        {
            @event.WuId = user;
        }

        if (!TryInteger(candidate, CommonField.TopicId, rows, row, out int topicId))
        {
            return Missing("topicId", candidate);
        }

        return _badRow ?? SetTopic(candidate, @event, rows, row, topicId);
    }

    private Rejection? SetTopic(Candidate candidate, BusinessEvent @event, LookupRows? rows, int row, int topicId)
    {
        if (candidate.Fields.Has(CommonField.TopicType))
        {
            @event.Topic = _topics.Topic(candidate.Fields.Text(CommonField.TopicType), topicId);
            return null;
        }

        string? type = RowText(candidate, rows, row, CommonField.TopicType);
        if (_badRow is not null)
        {
            return _badRow;
        }

        if (string.IsNullOrEmpty(type))
        {
            return Missing("topicType", candidate);
        }

        ReadOnlySpan<byte> utf8 = Utf8(type);
        if (TopicTypeRule.Broken(utf8) is string expected)
        {
            return BadRow(candidate, _commonStep, $"column topic_type = '{Excerpt.Of(type)}': expected {expected}");
        }

        @event.Topic = _topics.Topic(utf8, topicId);
        return null;
    }

    private Rejection? SetTime(Candidate candidate, BusinessEvent @event)
    {
        long message = candidate.Fields.Integer(CommonField.Ctime);
        long row = message == 0 && _timeColumn >= 0 ? RowNumber(candidate, 0, _timeColumn) : 0;
        if (_badRow is not null)
        {
            return _badRow;
        }

        long time = message != 0 ? message : row != 0 ? row : candidate.TimestampMs != 0 ? candidate.TimestampMs : candidate.ReceivedMs;
        if (!EventTime.IsInRange(time, candidate.ReceivedMs))
        {
            // The receipt itself is always in range.
            string source = message != 0 ? "ctime" : row != 0 ? $"ctime of row {candidate.Keys[0]} of {_stream.Lookups[0].Name}" : "the AMQP timestamp";
            return EventTime.Check(time, source, candidate.ReceivedMs);
        }

        @event.TimeMs = time;
        @event.Day = _zone.DayOf(time);
        return null;
    }

    private EventId IdentityOf(Candidate candidate, BusinessEvent @event)
    {
        if (_stream.BusinessKeyStep >= 0)
        {
            return EventId.Key(candidate.Keys[_stream.BusinessKeyStep]);
        }

        if (!candidate.MessageId.IsEmpty)
        {
            return _hasher.OfMessageId(_stream, @event.Topic, candidate.MessageId);
        }

        MessageFields fields = candidate.Fields;
        if (fields.Has(CommonField.Ctime) || (_contentSlot >= 0 && fields.Has(_contentSlot)))
        {
            return _eventHoldsContent && fields.Has(CommonField.Ctime)
                ? new EventId(IdentityKind.Content, _hasher.OfContent(@event))
                : new EventId(IdentityKind.Hash, HashOfMessage(fields, @event));
        }

        // What was parked must not count again when a crash comes between its journaling and its removal.
        if (candidate.ParkedAs is Guid id && !Fault.Is(FaultPoint.ParkedWithoutIdentity))
        {
            MadeUpIdentity = true;
            return _hasher.OfMessageId(_stream, @event.Topic, $"parked:{id}");
        }

        // What is sent to its Partition again must not count again either.
        if (candidate.Delivery is not DeliveryId delivery)
        {
            return EventId.None;
        }

        MadeUpIdentity = true;
        return _hasher.OfDelivery(_stream, @event.Topic, delivery);
    }

    private UInt128 HashOfMessage(MessageFields fields, BusinessEvent @event)
    {
        _hasher.StartContent(_stream, @event.Topic);
        int slot = 0;
        foreach (MessageField field in _stream.Fields.AsSpan())
        {
            if (slot is not (CommonField.TopicType or CommonField.TopicId) && fields.Has(slot))
            {
                if (field.Kind == FieldKind.Text)
                {
                    _hasher.Text(slot, fields.Text(slot));
                }
                else if (slot < CommonField.Count || fields.Integer(slot) != 0)
                {
                    _hasher.Integer(slot, fields.Integer(slot));
                }
            }

            slot++;
        }

        return _hasher.Finish();
    }

    private bool SetText(Candidate candidate, BusinessEvent @event, int text, int slot, LookupRows? rows, int row)
    {
        if (candidate.Fields.Has(slot))
        {
            @event.SetText(text, candidate.Fields.Text(slot));
            return true;
        }

        string? value = RowText(candidate, rows, row, slot);
        if (string.IsNullOrEmpty(value))
        {
            return _badRow is not null;
        }

        @event.SetText(text, Utf8(value));
        return true;
    }

    private bool TryInteger(Candidate candidate, int slot, LookupRows? rows, int row, out int value)
    {
        value = 0;
        if (candidate.Fields.Has(slot))
        {
            value = (int)candidate.Fields.Integer(slot);
            return true;
        }

        if (rows is null)
        {
            return false;
        }

        int column = rows.Step.CommonAt + slot;
        value = (int)RowNumber(candidate, _commonStep, column);
        return rows.Has(row, column) || _badRow is not null;
    }

    /// <summary>A number of a row that the event needs; where it cannot be read, the row is bad.</summary>
    private long RowNumber(Candidate candidate, int step, int column)
    {
        LookupRows rows = _resolver.Rows(step);
        int row = candidate.Rows[step];
        if (rows.Error(row, column) is string error)
        {
            _badRow ??= BadRow(candidate, step, error);
        }

        return rows.Number(row, column);
    }

    /// <summary>A text of the row that describes the event, which needs it; where it cannot be used, the row is bad.</summary>
    private string? RowText(Candidate candidate, LookupRows? rows, int row, int slot)
    {
        if (rows is null)
        {
            return null;
        }

        int column = rows.Step.CommonAt + slot;
        string? text = rows.Text(row, column);
        string? error = rows.Error(row, column);
        if (text?.Length > _maxTextBytes / 3 && Encoding.UTF8.GetByteCount(text) is int bytes && bytes > _maxTextBytes)
        {
            error = $"column {rows.Step.Columns[column].Name} has {bytes} bytes: expected at most {_maxTextBytes}, as many as a body may have";
        }

        if (error is null)
        {
            return text;
        }

        _badRow ??= BadRow(candidate, _commonStep, error);
        return null;
    }

    private Rejection BadRow(Candidate candidate, int step, string error) =>
        new(RejectReason.BadRow, $"Row {candidate.Keys[step]} of {_stream.Lookups[step].Name}: {error}");

    private ReadOnlySpan<byte> Utf8(string value)
    {
        int most = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (_scratch.Length < most)
        {
            _scratch = new byte[most];
        }

        return _scratch.AsSpan(0, Encoding.UTF8.GetBytes(value, _scratch));
    }

    /// <summary>What neither the message nor its row says. Where no row describes the event, decoding has asked the message for it.</summary>
    private Rejection Missing(string field, Candidate candidate) => new(
        RejectReason.MissingField,
        $"{field} is missing: neither the message nor row {candidate.Keys[_commonStep]} of {_stream.Lookups[_commonStep].Name} has one");

    private readonly record struct FactSource(int Step, int Place)
    {
        public static FactSource Of(StreamDefinition stream, Fact fact)
        {
            int step = fact.Step is null ? -1 : stream.StepIndex(fact.Step);
            return new FactSource(step, step < 0 ? stream.SlotOf(fact.Source) : stream.Lookups[step].IndexOf(fact.Source));
        }
    }
}
