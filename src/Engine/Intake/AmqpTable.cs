using System.Buffers.Binary;
using System.Text;
using RabbitMQ.Client;

namespace DataLoad.Engine.Intake;

/// <summary>
/// Reads AMQP's field tables from bytes, with the types that RabbitMQ knows and as the objects that its client library
/// makes of them. Every length is checked before memory is taken, and tables nest up to <see cref="MaxDepth"/>, which a
/// stack bears.
/// </summary>
internal static class AmqpTable
{
    public const int MaxDepth = 200;

    /// <summary>Reads the entries of a table, without its length.</summary>
    /// <exception cref="InvalidDataException">The bytes are no table.</exception>
    public static Dictionary<string, object?> Read(ReadOnlySpan<byte> entries, int depth = 0)
    {
        var table = new Dictionary<string, object?>(StringComparer.Ordinal);
        while (!entries.IsEmpty)
        {
            string name = Encoding.UTF8.GetString(TakeName(ref entries));
            table[name] = ReadValue(ref entries, depth);
        }

        return table;
    }

    /// <summary>Takes the name of the next entry.</summary>
    /// <exception cref="InvalidDataException">There is not as much as its length says.</exception>
    public static ReadOnlySpan<byte> TakeName(ref ReadOnlySpan<byte> bytes)
    {
        int length = Take(ref bytes, 1)[0];
        return Take(ref bytes, length);
    }

    /// <summary>Checks the next value with all that is in it, and passes over it.</summary>
    /// <exception cref="InvalidDataException">The bytes are no value.</exception>
    public static void SkipValue(ref ReadOnlySpan<byte> bytes, int depth = 0)
    {
        byte type = Take(ref bytes, 1)[0];
        switch (type)
        {
            case (byte)'F':
                ReadOnlySpan<byte> entries = TakeLong(ref bytes);
                Deepen(ref depth);
                while (!entries.IsEmpty)
                {
                    TakeName(ref entries);
                    SkipValue(ref entries, depth);
                }

                break;
            case (byte)'A':
                ReadOnlySpan<byte> items = TakeLong(ref bytes);
                Deepen(ref depth);
                while (!items.IsEmpty)
                {
                    SkipValue(ref items, depth);
                }

                break;
            case (byte)'S' or (byte)'x':
                TakeLong(ref bytes);
                break;
            case (byte)'D':
                ReadDecimal(Take(ref bytes, 5));
                break;
            default:
                Take(ref bytes, SizeOf(type));
                break;
        }
    }

    /// <summary>Takes the next value.</summary>
    /// <exception cref="InvalidDataException">The bytes are no value.</exception>
    public static object? ReadValue(ref ReadOnlySpan<byte> bytes, int depth = 0)
    {
        byte type = Take(ref bytes, 1)[0];
        switch (type)
        {
            case (byte)'F':
                ReadOnlySpan<byte> entries = TakeLong(ref bytes);
                Deepen(ref depth);
                return entries.IsEmpty ? null : Read(entries, depth);
            case (byte)'A':
                ReadOnlySpan<byte> items = TakeLong(ref bytes);
                Deepen(ref depth);
                return items.IsEmpty ? null : ReadItems(items, depth);
            case (byte)'S':
                return TakeLong(ref bytes).ToArray();
            case (byte)'x':
                return new BinaryTableValue(TakeLong(ref bytes).ToArray());
            case (byte)'D':
                return ReadDecimal(Take(ref bytes, 5));
            default:
                return ReadFixed(type, Take(ref bytes, SizeOf(type)));
        }
    }

    /// <summary>Takes what a length of four bytes announces: a long string, or a table's entries.</summary>
    /// <exception cref="InvalidDataException">There is not as much.</exception>
    public static ReadOnlySpan<byte> TakeLong(ref ReadOnlySpan<byte> bytes)
    {
        uint length = BinaryPrimitives.ReadUInt32BigEndian(Take(ref bytes, 4));
        return Take(ref bytes, length);
    }

    /// <summary>Takes so many bytes.</summary>
    /// <exception cref="InvalidDataException">There are not as many.</exception>
    public static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, int length) => Take(ref bytes, (uint)length);

    private static List<object?> ReadItems(ReadOnlySpan<byte> items, int depth)
    {
        var list = new List<object?>();
        while (!items.IsEmpty)
        {
            list.Add(ReadValue(ref items, depth));
        }

        return list;
    }

    private static object? ReadFixed(byte type, ReadOnlySpan<byte> bytes) => (char)type switch
    {
        't' => bytes[0] != 0,
        'b' => (sbyte)bytes[0],
        'B' => bytes[0],
        's' => BinaryPrimitives.ReadInt16BigEndian(bytes),
        'u' => BinaryPrimitives.ReadUInt16BigEndian(bytes),
        'I' => BinaryPrimitives.ReadInt32BigEndian(bytes),
        'i' => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        'l' => BinaryPrimitives.ReadInt64BigEndian(bytes),
        'f' => BinaryPrimitives.ReadSingleBigEndian(bytes),
        'd' => BinaryPrimitives.ReadDoubleBigEndian(bytes),
        'T' => new AmqpTimestamp(BinaryPrimitives.ReadInt64BigEndian(bytes)),
        _ => null,
    };

    /// <summary>A scale and 31 bits with a sign, as RabbitMQ has it.</summary>
    private static decimal ReadDecimal(ReadOnlySpan<byte> bytes)
    {
        byte scale = bytes[0];
        uint number = BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]);
        return scale <= 28
            ? new decimal((int)(number & int.MaxValue), 0, 0, (number & 0x8000_0000) != 0, scale)
            : throw new InvalidDataException($"a decimal has the scale {scale}");
    }

    private static int SizeOf(byte type) => (char)type switch
    {
        'V' => 0,
        't' or 'b' or 'B' => 1,
        's' or 'u' => 2,
        'I' or 'i' or 'f' => 4,
        'l' or 'd' or 'T' => 8,
        _ => throw new InvalidDataException($"a value has the type 0x{type:X2}, which RabbitMQ does not know"),
    };

    private static void Deepen(ref int depth)
    {
        if (++depth > MaxDepth)
        {
            throw new InvalidDataException($"tables nest deeper than {MaxDepth}");
        }
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, uint length)
    {
        if (length > (uint)bytes.Length)
        {
            throw new InvalidDataException($"{length} bytes are announced where {bytes.Length} are left");
        }

        ReadOnlySpan<byte> taken = bytes[..(int)length];
        bytes = bytes[(int)length..];
        return taken;
    }
}
