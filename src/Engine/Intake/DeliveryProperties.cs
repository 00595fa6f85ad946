using System.Buffers.Binary;
using System.Text;
using RabbitMQ.Client;

namespace DataLoad.Engine.Intake;

/// <summary>
/// The properties of a delivery, in a slot that is reused: either as the client library gave them or as the bytes of
/// the content header, of which only what is asked for is decoded. Written by whoever fills the slot, read by its
/// stream's loop after that.
/// </summary>
internal sealed class DeliveryProperties
{
    private const int KeptBytes = 2048;

    // The properties that the pipeline asks for; AMQP numbers them from the highest bit of the flags.
    private const int ContentTypeBit = 15;
    private const int ContentEncodingBit = 14;
    private const int HeadersBit = 13;
    private const int DeliveryModeBit = 12;
    private const int PriorityBit = 11;
    private const int MessageIdBit = 7;
    private const int TimestampBit = 6;
    private const int FirstKnownBit = 2;

    private readonly RepeatedText _contentTypes;
    private readonly RepeatedText _contentEncodings;
    private IReadOnlyBasicProperties? _given;
    private byte[] _bytes = [];
    private int _length;
    private (int Start, int Length) _contentType;
    private (int Start, int Length) _contentEncoding;
    private (int Start, int Length) _messageId;
    private int _delay;
    private int _received;

    /// <param name="contentTypes">Shared by the slots of a stream.</param>
    /// <param name="contentEncodings">Shared by the slots of a stream.</param>
    public DeliveryProperties(RepeatedText contentTypes, RepeatedText contentEncodings)
    {
        _contentTypes = contentTypes;
        _contentEncodings = contentEncodings;
    }

    /// <summary>Why the bytes cannot all be read, or null.</summary>
    public string? Error { get; private set; }

    /// <summary>The timestamp in seconds; 0 where there is none.</summary>
    public long TimestampSeconds { get; private set; }

    public string? ContentType => _given is not null ? _given.ContentType : _contentType.Start == 0 ? null : _contentTypes.Of(Text(_contentType));

    public string? ContentEncoding => _given is not null ? _given.ContentEncoding : _contentEncoding.Start == 0 ? null : _contentEncodings.Of(Text(_contentEncoding));

    public string? MessageId => _given is not null ? _given.MessageId : _messageId.Start == 0 ? null : Encoding.UTF8.GetString(Text(_messageId));

    /// <summary>Takes the client library's.</summary>
    public void Set(IReadOnlyBasicProperties given)
    {
        Clear();
        _given = given;
        TimestampSeconds = given.IsTimestampPresent() ? given.Timestamp.UnixTime : 0;
    }

    /// <summary>Takes a copy of the flags and values of a content header. What cannot be read is told by <see cref="Error"/>.</summary>
    public void Set(ReadOnlySpan<byte> bytes)
    {
        Clear();
        if (_bytes.Length < bytes.Length)
        {
            _bytes = new byte[Math.Max(128, bytes.Length)];
        }

        bytes.CopyTo(_bytes);
        _length = bytes.Length;
        try
        {
            Scan();
        }
        catch (InvalidDataException e)
        {
            Error = $"The message's properties are malformed: {e.Message}.";
        }
    }

    /// <summary>Lets go of all.</summary>
    public void Clear()
    {
        _given = null;
        _length = 0;
        _contentType = _contentEncoding = _messageId = default;
        _delay = _received = 0;
        TimestampSeconds = 0;
        Error = null;
        if (_bytes.Length > KeptBytes)
        {
            _bytes = [];
        }
    }

    /// <summary>The header <c>x-delay</c>, as <see cref="DeliveryHeaders.TryInteger(object?, out long?)"/> reads it.</summary>
    public bool TryDelay(out long? milliseconds) => DeliveryHeaders.TryInteger(Header(DeliveryHeaders.Delay, _delay), out milliseconds);

    /// <summary>The header <c>x-delay</c> as an error shows it.</summary>
    public string ShowDelay() => DeliveryHeaders.Show(Header(DeliveryHeaders.Delay, _delay));

    /// <summary>The first receipt that an earlier one recorded, as <see cref="DeliveryHeaders.TryInteger(object?, out long?)"/> reads it.</summary>
    public bool TryReceived(out long? epochMs) => DeliveryHeaders.TryInteger(Header(DeliveryHeaders.Received, _received), out epochMs);

    /// <summary>All properties, to keep: of malformed ones those up to the fault.</summary>
    public IReadOnlyBasicProperties ToBasicProperties()
    {
        if (_given is not null)
        {
            return _given;
        }

        var properties = new BasicProperties();
        ReadOnlySpan<byte> bytes = _bytes.AsSpan(0, _length);
        try
        {
            ushort flags = TakeFlags(ref bytes);
            for (int bit = ContentTypeBit; bit >= FirstKnownBit; bit--)
            {
                if ((flags & (1 << bit)) != 0)
                {
                    Read(properties, bit, ref bytes);
                }
            }
        }
        catch (InvalidDataException)
        {
            // Told by Error already.
        }

        return properties;
    }

    private static void Read(BasicProperties properties, int bit, ref ReadOnlySpan<byte> bytes)
    {
        switch (bit)
        {
            case HeadersBit:
                ReadHeaders(properties, AmqpTable.TakeLong(ref bytes));
                break;
            case DeliveryModeBit:
                properties.DeliveryMode = (DeliveryModes)AmqpTable.Take(ref bytes, 1)[0];
                break;
            case PriorityBit:
                properties.Priority = AmqpTable.Take(ref bytes, 1)[0];
                break;
            case TimestampBit:
                properties.Timestamp = new AmqpTimestamp(BinaryPrimitives.ReadInt64BigEndian(AmqpTable.Take(ref bytes, 8)));
                break;
            default:
                SetText(properties, bit, Encoding.UTF8.GetString(AmqpTable.TakeName(ref bytes)));
                break;
        }
    }

    private static void SetText(BasicProperties properties, int bit, string text)
    {
        switch (bit)
        {
            case ContentTypeBit: properties.ContentType = text; break;
            case ContentEncodingBit: properties.ContentEncoding = text; break;
            case 10: properties.CorrelationId = text; break;
            case 9: properties.ReplyTo = text; break;
            case 8: properties.Expiration = text; break;
            case MessageIdBit: properties.MessageId = text; break;
            case 5: properties.Type = text; break;
            case 4: properties.UserId = text; break;
            case 3: properties.AppId = text; break;
            default: properties.ClusterId = text; break;
        }
    }

    private static void ReadHeaders(BasicProperties properties, ReadOnlySpan<byte> entries)
    {
        if (entries.IsEmpty)
        {
            return;
        }

        var headers = new Dictionary<string, object?>(StringComparer.Ordinal);
        properties.Headers = headers;
        try
        {
            while (!entries.IsEmpty)
            {
                string name = Encoding.UTF8.GetString(AmqpTable.TakeName(ref entries));
                headers[name] = AmqpTable.ReadValue(ref entries);
            }
        }
        catch (InvalidDataException)
        {
            headers[DeliveryHeaders.DroppedHeaders] = "those from the malformed one on";
        }
    }

    private static ushort TakeFlags(ref ReadOnlySpan<byte> bytes)
    {
        ushort flags = BinaryPrimitives.ReadUInt16BigEndian(AmqpTable.Take(ref bytes, 2));
        return (flags & 3) == 0 ? flags : throw new InvalidDataException($"the property flags 0x{flags:X4} have bits that AMQP does not define");
    }

    /// <summary>Checks all, and notes where it is what the pipeline asks for.</summary>
    private void Scan()
    {
        ReadOnlySpan<byte> bytes = _bytes.AsSpan(0, _length);
        ushort flags = TakeFlags(ref bytes);
        for (int bit = ContentTypeBit; bit >= FirstKnownBit; bit--)
        {
            if ((flags & (1 << bit)) == 0)
            {
                continue;
            }

            switch (bit)
            {
                case HeadersBit:
                    ScanHeaders(AmqpTable.TakeLong(ref bytes), _length - bytes.Length);
                    break;
                case DeliveryModeBit or PriorityBit:
                    AmqpTable.Take(ref bytes, 1);
                    break;
                case TimestampBit:
                    TimestampSeconds = BinaryPrimitives.ReadInt64BigEndian(AmqpTable.Take(ref bytes, 8));
                    break;
                default:
                    int length = AmqpTable.TakeName(ref bytes).Length;
                    Note(bit, (_length - bytes.Length - length, length));
                    break;
            }
        }

        if (!bytes.IsEmpty)
        {
            throw new InvalidDataException($"{bytes.Length} bytes are left over");
        }
    }

    private void Note(int bit, (int Start, int Length) text)
    {
        switch (bit)
        {
            case ContentTypeBit: _contentType = text; break;
            case ContentEncodingBit: _contentEncoding = text; break;
            case MessageIdBit: _messageId = text; break;
            default: break;
        }
    }

    private void ScanHeaders(ReadOnlySpan<byte> entries, int end)
    {
        while (!entries.IsEmpty)
        {
            ReadOnlySpan<byte> name = AmqpTable.TakeName(ref entries);
            int value = end - entries.Length;
            AmqpTable.SkipValue(ref entries);
            if (name.SequenceEqual("x-delay"u8))
            {
                _delay = value;
            }
            else if (name.SequenceEqual("x-dataload-received"u8))
            {
                _received = value;
            }
        }
    }

    private object? Header(string name, int start)
    {
        if (_given is not null)
        {
            object? given = null;
            _given.Headers?.TryGetValue(name, out given);
            return given;
        }

        if (start == 0)
        {
            return null;
        }

        ReadOnlySpan<byte> bytes = _bytes.AsSpan(start, _length - start);
        return AmqpTable.ReadValue(ref bytes);
    }

    private ReadOnlySpan<byte> Text((int Start, int Length) text) => _bytes.AsSpan(text.Start, text.Length);
}
