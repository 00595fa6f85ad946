using System.Collections;
using DataLoad.Engine.Binary;
using RabbitMQ.Client;

namespace DataLoad.Engine.Intake;

/// <summary>
/// The stored form of AMQP headers: a count, then names and values; a value is a byte for its AMQP type and its
/// bytes, so that each comes back as it was. Tables and lists may nest up to <see cref="MaxDepth"/>.
/// </summary>
internal static class HeaderCodec
{
    public const int MaxDepth = 32;
    private const int MaxBytes = int.MaxValue;

    public static void Write(ByteWriter writer, IDictionary<string, object?> headers) => WriteTable(writer, headers, 0);

    public static Dictionary<string, object?> Read(ref ByteReader reader) => ReadTable(ref reader, 0);

    private static void WriteTable(ByteWriter writer, IEnumerable<KeyValuePair<string, object?>> table, int depth)
    {
        KeyValuePair<string, object?>[] entries = [.. table];
        writer.Unsigned((ulong)entries.Length);
        foreach ((string name, object? value) in entries)
        {
            writer.Text(name);
            WriteValue(writer, value, depth);
        }
    }

    private static void WriteValue(ByteWriter writer, object? value, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new InvalidDataException($"headers nest deeper than {MaxDepth}");
        }

        switch (value)
        {
            case null: writer.Byte(0); break;
            case bool x: writer.Byte(1); writer.Byte(x ? (byte)1 : (byte)0); break;
            case sbyte x: Number(writer, 2, x); break;
            case byte x: Number(writer, 3, x); break;
            case short x: Number(writer, 4, x); break;
            case ushort x: Number(writer, 5, x); break;
            case int x: Number(writer, 6, x); break;
            case uint x: Number(writer, 7, x); break;
            case long x: Number(writer, 8, x); break;
            case ulong x: Number(writer, 9, (long)x); break;
            case float x: Number(writer, 10, BitConverter.SingleToInt32Bits(x)); break;
            case double x: Number(writer, 11, BitConverter.DoubleToInt64Bits(x)); break;
            case decimal x:
                writer.Byte(12);
                Span<int> bits = stackalloc int[4];
                decimal.GetBits(x, bits);
                foreach (int part in bits)
                {
                    writer.Signed(part);
                }

                break;
            case AmqpTimestamp x: Number(writer, 13, x.UnixTime); break;
            case byte[] x: writer.Byte(14); writer.Unsigned((ulong)x.Length); writer.Bytes(x); break;
            case string x: writer.Byte(15); writer.Text(x); break;
            case BinaryTableValue x: writer.Byte(16); writer.Unsigned((ulong)(x.Bytes?.Length ?? 0)); writer.Bytes(x.Bytes); break;
            case IDictionary<string, object?> x: writer.Byte(17); WriteTable(writer, x, depth + 1); break;
            case IDictionary x:
                writer.Byte(17);
                WriteTable(writer, x.Cast<DictionaryEntry>().Select(entry => KeyValuePair.Create(entry.Key.ToString() ?? "", entry.Value)), depth + 1);
                break;
            case IList x:
                writer.Byte(18);
                writer.Unsigned((ulong)x.Count);
                foreach (object? item in x)
                {
                    WriteValue(writer, item, depth + 1);
                }

                break;
            default: throw new InvalidDataException($"a header of type {value.GetType()} cannot be stored");
        }
    }

    private static Dictionary<string, object?> ReadTable(ref ByteReader reader, int depth)
    {
        int count = reader.Length(MaxBytes);
        var table = new Dictionary<string, object?>(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            string name = reader.Text(MaxBytes);
            table[name] = ReadValue(ref reader, depth);
        }

        return table;
    }

    private static object? ReadValue(ref ByteReader reader, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new InvalidDataException($"headers nest deeper than {MaxDepth}");
        }

        byte type = reader.Byte();
        return type switch
        {
            0 => null,
            1 => reader.Byte() != 0,
            2 => (sbyte)reader.Signed(),
            3 => (byte)reader.Signed(),
            4 => (short)reader.Signed(),
            5 => (ushort)reader.Signed(),
            6 => (int)reader.Signed(),
            7 => (uint)reader.Signed(),
            8 => reader.Signed(),
            9 => (ulong)reader.Signed(),
            10 => BitConverter.Int32BitsToSingle((int)reader.Signed()),
            11 => BitConverter.Int64BitsToDouble(reader.Signed()),
            12 => ReadDecimal(ref reader),
            13 => new AmqpTimestamp(reader.Signed()),
            14 => reader.Bytes(reader.Length(MaxBytes)).ToArray(),
            15 => reader.Text(MaxBytes),
            16 => new BinaryTableValue(reader.Bytes(reader.Length(MaxBytes)).ToArray()),
            17 => ReadTable(ref reader, depth + 1),
            18 => ReadList(ref reader, depth + 1),
            _ => throw new InvalidDataException($"header type {type} is not known"),
        };
    }

    private static List<object?> ReadList(ref ByteReader reader, int depth)
    {
        int count = reader.Length(MaxBytes);
        var list = new List<object?>();
        for (int i = 0; i < count; i++)
        {
            list.Add(ReadValue(ref reader, depth));
        }

        return list;
    }

    private static decimal ReadDecimal(ref ByteReader reader)
    {
        int[] bits = [(int)reader.Signed(), (int)reader.Signed(), (int)reader.Signed(), (int)reader.Signed()];
        try
        {
            return new decimal(bits);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException("a decimal header has impossible bits", e);
        }
    }

    private static void Number(ByteWriter writer, byte type, long value)
    {
        writer.Byte(type);
        writer.Signed(value);
    }
}
