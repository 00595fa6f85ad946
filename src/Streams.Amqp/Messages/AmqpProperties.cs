using System.Buffers.Binary;

namespace DataLoad.Streams.Amqp;

/// <summary>The properties of a message as the bytes of its content header: what was received goes out again byte for byte. Nothing is decoded before it is
/// asked for, and nothing is a fault: a property or header that cannot be read is as one that is not there. Of a delivery they are valid until its batch is
/// released; <see cref="Copy"/> keeps them.</summary>
/// <param name="bytes">The flags and the values, as a content header has them after the body's size; empty for none.</param>
public readonly struct AmqpProperties(ReadOnlyMemory<byte> bytes)
{
    private const int FirstBit = (int)AmqpProperty.ContentType;
    private const int LastBit = (int)AmqpProperty.ClusterId;

    private static readonly byte[] NoFlags = [0, 0];
    private readonly ReadOnlyMemory<byte> _bytes = bytes;

    /// <summary>The flags and the values; at least the two bytes of the flags.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes.IsEmpty ? NoFlags : _bytes;

    /// <summary>The content type; empty where there is none.</summary>
    public ReadOnlySpan<byte> ContentType => Get(AmqpProperty.ContentType);

    /// <summary>The content encoding; empty where there is none.</summary>
    public ReadOnlySpan<byte> ContentEncoding => Get(AmqpProperty.ContentEncoding);

    /// <summary>The message id; empty where there is none.</summary>
    public ReadOnlySpan<byte> MessageId => Get(AmqpProperty.MessageId);

    /// <summary>The headers; none where there are none.</summary>
    public AmqpTable Headers => new(Get(AmqpProperty.Headers));

    /// <summary>Seconds since 1970; null where it says nothing.</summary>
    public long? TimestampSeconds => TryGet(AmqpProperty.Timestamp, out ReadOnlySpan<byte> value) ? BinaryPrimitives.ReadInt64BigEndian(value) : null;

    /// <summary>A property's bytes: of a short string without its length, of the headers the entries, of a number as it stands.</summary>
    /// <returns>Whether it is there and readable.</returns>
    public bool TryGet(AmqpProperty property, out ReadOnlySpan<byte> value)
    {
        var fields = new Fields(_bytes.Span);
        while (fields.MoveNext() && fields.Property >= property)
        {
            if (fields.Property == property)
            {
                value = fields.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>A property's bytes as <see cref="TryGet"/> gives them; empty where it is not there.</summary>
    public ReadOnlySpan<byte> Get(AmqpProperty property)
    {
        TryGet(property, out ReadOnlySpan<byte> value);
        return value;
    }

    /// <summary>Finds a header.</summary>
    /// <returns>Whether it is there and readable.</returns>
    public bool TryGetHeader(ReadOnlySpan<byte> name, out AmqpValue value) => Headers.TryGet(name, out value);

    /// <summary>The same in memory of its own.</summary>
    public AmqpProperties Copy() => new(_bytes.ToArray());

    /// <summary>The same with a property set; all else stays byte for byte, but for what AMQP does not define.</summary>
    /// <param name="property">Any but the headers.</param>
    /// <param name="value">Its bytes as <see cref="TryGet"/> gives them.</param>
    /// <exception cref="ArgumentException">It has a length that the property cannot have.</exception>
    public AmqpProperties With(AmqpProperty property, ReadOnlySpan<byte> value)
    {
        int expected = FixedBytes(property);
        bool fits = expected == 0 ? property != AmqpProperty.Headers && value.Length <= byte.MaxValue : value.Length == expected;
        if (!fits)
        {
            string wanted = expected == 0 ? "at most 255, and headers one by one" : $"{expected}";
            throw new ArgumentException($"{property} cannot be set to {value.Length} bytes: expected {wanted}.", nameof(value));
        }

        return Rebuild(property, expected == 0 ? [(byte)value.Length, .. value] : value.ToArray());
    }

    /// <summary>The same without a property, or without any header.</summary>
    public AmqpProperties Without(AmqpProperty property) => Rebuild(property, []);

    /// <summary>The same with a header of text (type <c>S</c>), before all others, in the place of one of that name.</summary>
    /// <exception cref="ArgumentException">The name has more than 255 bytes.</exception>
    public AmqpProperties WithHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        byte[] value = [(byte)'S', 0, 0, 0, 0, .. text];
        BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(1), text.Length);
        return WithEntry(name, value);
    }

    /// <summary>The same with a header of a 64-bit integer (type <c>l</c>), before all others, in the place of one of that name.</summary>
    /// <exception cref="ArgumentException">The name has more than 255 bytes.</exception>
    public AmqpProperties WithHeader(ReadOnlySpan<byte> name, long number)
    {
        byte[] value = [(byte)'l', .. new byte[8]];
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(1), number);
        return WithEntry(name, value);
    }

    /// <summary>The same with a header of a 32-bit integer (type <c>I</c>), before all others, in the place of one of that name.</summary>
    /// <exception cref="ArgumentException">The name has more than 255 bytes.</exception>
    public AmqpProperties WithInt32Header(ReadOnlySpan<byte> name, int number)
    {
        byte[] value = [(byte)'I', .. new byte[4]];
        BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(1), number);
        return WithEntry(name, value);
    }

    /// <summary>The same without the headers of a name.</summary>
    public AmqpProperties WithoutHeader(ReadOnlySpan<byte> name) => TryGetHeader(name, out _) ? WithEntry(name, []) : this;

    private static int FixedBytes(AmqpProperty property) => property switch
    {
        AmqpProperty.DeliveryMode or AmqpProperty.Priority => 1,
        AmqpProperty.Timestamp => 8,
        _ => 0,
    };

    /// <summary>A new entry goes before the others, so that it can be read though one of them cannot.</summary>
    private AmqpProperties WithEntry(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.Length > byte.MaxValue)
        {
            throw new ArgumentException($"A header's name has {name.Length} bytes; AMQP takes at most 255.", nameof(name));
        }

        AmqpTable headers = Headers;
        var table = new List<byte>(headers.Bytes.Length + name.Length + value.Length + 5) { 0, 0, 0, 0 };
        if (!value.IsEmpty)
        {
            table.Add((byte)name.Length);
            table.AddRange(name);
            table.AddRange(value);
        }

        AmqpTable.Enumerator entries = headers.GetEnumerator();
        while (entries.MoveNext())
        {
            if (!entries.Current.Name.SequenceEqual(name))
            {
                table.AddRange(entries.Current.Bytes);
            }
        }

        table.AddRange(entries.Left);
        byte[] bytes = [.. table];
        BinaryPrimitives.WriteInt32BigEndian(bytes, bytes.Length - 4);
        return Rebuild(AmqpProperty.Headers, bytes);
    }

    /// <summary>All properties that can be read, one of them replaced; an empty replacement leaves it out.</summary>
    private AmqpProperties Rebuild(AmqpProperty property, ReadOnlySpan<byte> replacement)
    {
        var rebuilt = new List<byte>(_bytes.Length + replacement.Length + 2) { 0, 0 };
        int flags = 0;
        var fields = new Fields(_bytes.Span);
        bool more = fields.MoveNext();
        for (int bit = FirstBit; bit >= LastBit; bit--)
        {
            bool has = more && fields.Property == (AmqpProperty)bit;
            ReadOnlySpan<byte> encoded = bit == (int)property ? replacement : has ? fields.Encoded : default;
            if (!encoded.IsEmpty)
            {
                flags |= 1 << bit;
                rebuilt.AddRange(encoded);
            }

            more = has ? fields.MoveNext() : more;
        }

        byte[] bytes = [.. rebuilt];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)flags);
        return new AmqpProperties(bytes);
    }

    /// <summary>Reads the properties that are there, in their order.</summary>
    private ref struct Fields
    {
        private readonly int _flags;
        private ReadOnlySpan<byte> _left;
        private int _bit;

        public Fields(ReadOnlySpan<byte> bytes)
        {
            _bit = FirstBit + 1;
            if (bytes.Length < 2)
            {
                return;
            }

            _flags = BinaryPrimitives.ReadUInt16BigEndian(bytes);
            _left = bytes[2..];

            // The lowest bit announces further flags, for properties after those that AMQP defines.
            for (int flags = _flags; (flags & 1) != 0 && _left.Length >= 2; _left = _left[2..])
            {
                flags = BinaryPrimitives.ReadUInt16BigEndian(_left);
            }
        }

        public readonly AmqpProperty Property => (AmqpProperty)_bit;
        public ReadOnlySpan<byte> Encoded { get; private set; }
        public ReadOnlySpan<byte> Value { get; private set; }

        public bool MoveNext()
        {
            while (--_bit >= LastBit)
            {
                if ((_flags & (1 << _bit)) != 0)
                {
                    return TryTake();
                }
            }

            return false;
        }

        private bool TryTake()
        {
            int head = 0;
            long length = FixedBytes(Property);
            if (Property == AmqpProperty.Headers)
            {
                head = 4;
                length = _left.Length >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(_left) : 0;
            }
            else if (length == 0)
            {
                head = 1;
                length = _left.IsEmpty ? 0 : _left[0];
            }

            if (head + length > _left.Length)
            {
                _bit = 0;
                return false;
            }

            Encoded = _left[..(int)(head + length)];
            Value = Encoded[head..];
            _left = _left[Encoded.Length..];
            return true;
        }
    }
}

/// <summary>A property of a message, by the bit that announces it in the flags of a content header.</summary>
public enum AmqpProperty
{
    /// <summary>The MIME type, a short string.</summary>
    ContentType = 15,
    /// <summary>The encoding, a short string.</summary>
    ContentEncoding = 14,
    /// <summary>The headers, a table.</summary>
    Headers = 13,
    /// <summary>1 transient, 2 persistent; a byte.</summary>
    DeliveryMode = 12,
    /// <summary>0 to 9; a byte.</summary>
    Priority = 11,
    /// <summary>The correlation id, a short string.</summary>
    CorrelationId = 10,
    /// <summary>The reply queue, a short string.</summary>
    ReplyTo = 9,
    /// <summary>The time to live in milliseconds as digits, a short string.</summary>
    Expiration = 8,
    /// <summary>The message id, a short string.</summary>
    MessageId = 7,
    /// <summary>Seconds since 1970; eight bytes.</summary>
    Timestamp = 6,
    /// <summary>The application's type, a short string.</summary>
    Type = 5,
    /// <summary>The user, checked by the broker against the connection's; a short string.</summary>
    UserId = 4,
    /// <summary>The application, a short string.</summary>
    AppId = 3,
    /// <summary>Unused, a short string.</summary>
    ClusterId = 2,
}
