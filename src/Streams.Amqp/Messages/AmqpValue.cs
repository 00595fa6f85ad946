using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace DataLoad.Streams.Amqp;

/// <summary>
/// A value of an <see cref="AmqpTable"/> over its bytes: of the types that AMQP 0-9-1, its errata and RabbitMQ's publishers use, 64-bit
/// integers of type <c>L</c> and decimals of any scale among them.
/// </summary>
public readonly ref struct AmqpValue
{
    private const int ShownCharacters = 60;

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
        switch ((char)Type)
        {
            case 'b':
                value = (sbyte)Bytes[0];
                return true;
            case 'B':
                value = Bytes[0];
                return true;
            case 's' or 'U':
                value = BinaryPrimitives.ReadInt16BigEndian(Bytes);
                return true;
            case 'u':
                value = BinaryPrimitives.ReadUInt16BigEndian(Bytes);
                return true;
            case 'I':
                value = BinaryPrimitives.ReadInt32BigEndian(Bytes);
                return true;
            case 'i':
                value = BinaryPrimitives.ReadUInt32BigEndian(Bytes);
                return true;
            case 'l' or 'L':
                value = BinaryPrimitives.ReadInt64BigEndian(Bytes);
                return true;
            case 'S' or 'x':
                return Utf8Parser.TryParse(Bytes, out value, out int used) && used == Bytes.Length;
            default:
                value = 0;
                return false;
        }
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

    /// <summary>Takes the next item of an array, or the next value of anything that holds values one after another.</summary>
    /// <param name="bytes">What is left; moved on past the value where there is one.</param>
    /// <param name="value">The value.</param>
    /// <returns>False at the end, where the value is cut short, and where the length of its type is not known.</returns>
    public static bool TryTake(scoped ref ReadOnlySpan<byte> bytes, out AmqpValue value)
    {
        value = default;
        if (bytes.IsEmpty)
        {
            return false;
        }

        byte type = bytes[0];
        ReadOnlySpan<byte> rest = bytes[1..];
        int length = SizeOf(type);
        if (length == OfItsOwn)
        {
            if (rest.Length < 4 || BinaryPrimitives.ReadUInt32BigEndian(rest) > (uint)(rest.Length - 4))
            {
                return false;
            }

            length = (int)BinaryPrimitives.ReadUInt32BigEndian(rest);
            rest = rest[4..];
        }

        if (length == Unknown || length > rest.Length)
        {
            return false;
        }

        value = new AmqpValue(type, rest[..length]);
        bytes = rest[length..];
        return true;
    }

    private const int OfItsOwn = -1;
    private const int Unknown = -2;

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
