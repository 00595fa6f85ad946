using System.Buffers.Binary;

namespace DataLoad.Demo;

/// <summary>
/// Writes the three boxed values that Spring's default converter sends, by the Java Object Serialization
/// Specification, chapter 6: a stream header, then one object.
/// </summary>
public static class JavaSerialization
{
    private const byte NullReference = 0x70;
    private const byte ClassDescription = 0x72;
    private const byte ObjectStart = 0x73;
    private const byte ShortString = 0x74;
    private const byte EndOfBlock = 0x78;
    private const byte LongString = 0x7C;
    private const byte IsSerializable = 0x02;

    /// <summary>The bytes of a serialized <c>java.lang.Integer</c>.</summary>
    public static byte[] Integer(int value)
    {
        var bytes = new List<byte>(96);
        Boxed(bytes, "java.lang.Integer", 0x12E2A0A4F7818738, (byte)'I');
        BigEndian(bytes, (uint)value, sizeof(int));
        return [.. bytes];
    }

    /// <summary>The bytes of a serialized <c>java.lang.Long</c>.</summary>
    public static byte[] Long(long value)
    {
        var bytes = new List<byte>(96);
        Boxed(bytes, "java.lang.Long", 0x3B8BE490CC8F23DF, (byte)'J');
        BigEndian(bytes, (ulong)value, sizeof(long));
        return [.. bytes];
    }

    /// <summary>The bytes of a serialized <c>java.lang.Double</c>, a class that no stream may send.</summary>
    public static byte[] Double(double value)
    {
        var bytes = new List<byte>(96);
        Boxed(bytes, "java.lang.Double", 0x80B3C24A296BFB04, (byte)'D');
        BigEndian(bytes, BitConverter.DoubleToUInt64Bits(value), sizeof(double));
        return [.. bytes];
    }

    /// <summary>The bytes of a serialized <c>java.lang.String</c>, in its modified UTF-8.</summary>
    public static byte[] String(string value)
    {
        var text = ModifiedUtf8(value);
        var bytes = new List<byte>(text.Count + 16);
        Header(bytes);
        if (text.Count <= ushort.MaxValue)
        {
            bytes.Add(ShortString);
            BigEndian(bytes, (ulong)text.Count, sizeof(ushort));
        }
        else
        {
            bytes.Add(LongString);
            BigEndian(bytes, (ulong)text.Count, sizeof(long));
        }

        bytes.AddRange(text);
        return [.. bytes];
    }

    private static void Header(List<byte> bytes) => bytes.AddRange([0xAC, 0xED, 0x00, 0x05]);

    // An object of a class with one primitive field `value`, below java.lang.Number, which has none.
    private static void Boxed(List<byte> bytes, string className, ulong serialVersion, byte fieldType)
    {
        Header(bytes);
        bytes.Add(ObjectStart);
        Class(bytes, className, serialVersion);
        BigEndian(bytes, 1, sizeof(ushort));
        bytes.Add(fieldType);
        Name(bytes, "value");
        bytes.Add(EndOfBlock);
        Class(bytes, "java.lang.Number", 0x86AC951D0B94E08B);
        BigEndian(bytes, 0, sizeof(ushort));
        bytes.Add(EndOfBlock);
        bytes.Add(NullReference);
    }

    private static void Class(List<byte> bytes, string name, ulong serialVersion)
    {
        bytes.Add(ClassDescription);
        Name(bytes, name);
        BigEndian(bytes, serialVersion, sizeof(ulong));
        bytes.Add(IsSerializable);
    }

    private static void Name(List<byte> bytes, string ascii)
    {
        BigEndian(bytes, (ulong)ascii.Length, sizeof(ushort));
        bytes.AddRange(System.Text.Encoding.ASCII.GetBytes(ascii));
    }

    private static void BigEndian(List<byte> bytes, ulong value, int size)
    {
        Span<byte> all = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(all, value);
        bytes.AddRange(all[^size..]);
    }

    // NUL is two bytes; a code point beyond U+FFFF is two surrogates of three bytes each.
    private static List<byte> ModifiedUtf8(string value)
    {
        var bytes = new List<byte>(value.Length);
        foreach (var unit in value)
        {
            switch (unit)
            {
                case >= '\u0001' and <= '\u007F':
                    bytes.Add((byte)unit);
                    break;
                case <= '\u07FF':
                    bytes.Add((byte)(0xC0 | (unit >> 6)));
                    bytes.Add((byte)(0x80 | (unit & 0x3F)));
                    break;
                default:
                    bytes.Add((byte)(0xE0 | (unit >> 12)));
                    bytes.Add((byte)(0x80 | ((unit >> 6) & 0x3F)));
                    bytes.Add((byte)(0x80 | (unit & 0x3F)));
                    break;
            }
        }

        return bytes;
    }
}
