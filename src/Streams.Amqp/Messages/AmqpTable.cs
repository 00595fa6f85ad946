using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace DataLoad.Streams.Amqp;

/// <summary>A field table of AMQP over its bytes, read entry after entry without allocating: <c>foreach (AmqpField field in table)</c>. Where an entry is cut
/// short or of a type whose length is not known, the table ends before it: what is unreadable is left unread and never a fault.</summary>
/// <param name="entries">The bytes of the entries, without the length before them.</param>
public readonly ref struct AmqpTable(ReadOnlySpan<byte> entries)
{
    private readonly ReadOnlySpan<byte> _entries = entries;

    /// <summary>The bytes of the entries.</summary>
    public ReadOnlySpan<byte> Bytes => _entries;

    /// <summary>Finds the first entry of a name.</summary>
    /// <returns>Whether it is there and readable.</returns>
    public bool TryGet(ReadOnlySpan<byte> name, out AmqpValue value)
    {
        foreach (AmqpField field in this)
        {
            if (field.Name.SequenceEqual(name))
            {
                value = field.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>Reads the entries in order.</summary>
    public Enumerator GetEnumerator() => new(_entries);

    /// <summary>Reads the entries of a table in order.</summary>
    public ref struct Enumerator
    {
        private ReadOnlySpan<byte> _left;

        internal Enumerator(ReadOnlySpan<byte> entries) => _left = entries;

        /// <summary>The entry that was read last.</summary>
        public AmqpField Current { get; private set; }

        /// <summary>What is not read yet: after the end, what cannot be read.</summary>
        internal readonly ReadOnlySpan<byte> Left => _left;

        /// <summary>Reads the next entry.</summary>
        /// <returns>False at the end, and before what cannot be read.</returns>
        public bool MoveNext()
        {
            if (_left.IsEmpty || _left.Length < 1 + _left[0])
            {
                return false;
            }

            ReadOnlySpan<byte> name = _left.Slice(1, _left[0]);
            ReadOnlySpan<byte> next = _left[(1 + name.Length)..];
            if (!AmqpValue.TryTake(ref next, out AmqpValue value))
            {
                return false;
            }

            Current = new AmqpField(name, value, _left[..(_left.Length - next.Length)]);
            _left = next;
            return true;
        }
    }
}

/// <summary>An entry of an <see cref="AmqpTable"/>.</summary>
public readonly ref struct AmqpField
{
    internal AmqpField(ReadOnlySpan<byte> name, AmqpValue value, ReadOnlySpan<byte> bytes)
    {
        Name = name;
        Value = value;
        Bytes = bytes;
    }

    /// <summary>The name's bytes, of any encoding.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The value.</summary>
    public AmqpValue Value { get; }

    /// <summary>The whole entry as it stands in the table.</summary>
    internal ReadOnlySpan<byte> Bytes { get; }
}

/// <summary>A value of an <see cref="AmqpTable"/> over its bytes: of the types that AMQP 0-9-1, its errata and RabbitMQ's publishers use, 64-bit integers of
/// type <c>L</c> and decimals of any scale among them.</summary>
public readonly ref struct AmqpValue
{
    private const int ShownCharacters = 60;
    private const int OfItsOwn = -1;
    private const int Unknown = -2;

    private AmqpValue(byte type, ReadOnlySpan<byte> bytes)
    {
        Type = type;
        Bytes = bytes;
    }

    /// <summary>The type's letter, such as <c>S</c> for a long string; 0 for no value.</summary>
    public byte Type { get; }

    /// <summary>The value's bytes as they came, without a length before them: text, the entries of a table, the items of an array, or a number.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>The entries of a table; none where it is no table.</summary>
    public AmqpTable AsTable => new(Type == (byte)'F' ? Bytes : default);

    /// <summary>An integer of any type, or digits, perhaps signed, in a string.</summary>
    /// <returns>False where it is neither, or beyond 64 bits with a sign.</returns>
    public bool TryGetInt64(out long value)
    {
        if ((char)Type is 'S' or 'x')
        {
            return Utf8Parser.TryParse(Bytes, out value, out int used) && used == Bytes.Length;
        }

        long? number = (char)Type switch
        {
            'b' => (sbyte)Bytes[0],
            'B' => Bytes[0],
            's' or 'U' => BinaryPrimitives.ReadInt16BigEndian(Bytes),
            'u' => BinaryPrimitives.ReadUInt16BigEndian(Bytes),
            'I' => BinaryPrimitives.ReadInt32BigEndian(Bytes),
            'i' => BinaryPrimitives.ReadUInt32BigEndian(Bytes),
            'l' or 'L' => BinaryPrimitives.ReadInt64BigEndian(Bytes),
            _ => null,
        };
        value = number ?? 0;
        return number is not null;
    }

    /// <summary>The value as a message for people shows it, shortened.</summary>
    public override string ToString()
    {
        string text = (char)Type switch
        {
            '\0' or 'V' => "null",
            't' => Bytes[0] != 0 ? "true" : "false",
            'S' or 'x' => Encoding.UTF8.GetString(Bytes[..Math.Min(Bytes.Length, 4 * ShownCharacters)]),
            'f' => BinaryPrimitives.ReadSingleBigEndian(Bytes).ToString(CultureInfo.InvariantCulture),
            'd' => BinaryPrimitives.ReadDoubleBigEndian(Bytes).ToString(CultureInfo.InvariantCulture),
            'D' => $"{new BigInteger(BinaryPrimitives.ReadInt32BigEndian(Bytes[1..]))}e-{Bytes[0]}",
            'T' => BinaryPrimitives.ReadUInt64BigEndian(Bytes).ToString(CultureInfo.InvariantCulture),
            'F' => $"a table of {Bytes.Length} bytes",
            'A' => $"an array of {Bytes.Length} bytes",
            _ => TryGetInt64(out long number) ? number.ToString(CultureInfo.InvariantCulture) : $"a value of type 0x{Type:X2}",
        };
        return text.Length <= ShownCharacters ? text : $"{text.AsSpan(0, ShownCharacters)}…";
    }

    /// <summary>Takes the next item of an array, or of anything that holds values one after another; what is left is moved on past it.</summary>
    /// <returns>False at the end, where the value is cut short, and where the length of its type is not known.</returns>
    public static bool TryTake(scoped ref ReadOnlySpan<byte> bytes, out AmqpValue value)
    {
        value = default;
        if (bytes.IsEmpty)
        {
            return false;
        }

        byte type = bytes[0];
        ReadOnlySpan<byte> left = bytes[1..];
        int length = SizeOf(type);
        if (length == OfItsOwn)
        {
            if (left.Length < 4 || BinaryPrimitives.ReadUInt32BigEndian(left) > (uint)(left.Length - 4))
            {
                return false;
            }

            length = (int)BinaryPrimitives.ReadUInt32BigEndian(left);
            left = left[4..];
        }

        if (length == Unknown || length > left.Length)
        {
            return false;
        }

        value = new AmqpValue(type, left[..length]);
        bytes = left[length..];
        return true;
    }

    private static int SizeOf(byte type) => (char)type switch
    {
        'S' or 'x' or 'F' or 'A' => OfItsOwn,
        'V' => 0,
        't' or 'b' or 'B' => 1,
        's' or 'U' or 'u' => 2,
        'I' or 'i' or 'f' => 4,
        'D' => 5,
        'l' or 'L' or 'd' or 'T' => 8,
        _ => Unknown,
    };
}
