using System.Buffers.Binary;

namespace DataLoad.Host.Commands.Publishing;

/// <summary>Writes an Integer or a String as <c>java.io.ObjectOutputStream</c> does, after the Java Object Serialization Specification, chapter 6.</summary>
internal static class JavaBody
{
    public const string ContentType = "application/x-java-serialized-object";

    private static readonly byte[] IntegerHead =
    [
        0xAC, 0xED, 0x00, 0x05, 0x73, 0x72, 0, 17, .. "java.lang.Integer"u8, 0x12, 0xE2, 0xA0, 0xA4, 0xF7, 0x81, 0x87, 0x38,
        0x02, 0, 1, (byte)'I', 0, 5, .. "value"u8, 0x78, 0x72, 0, 16, .. "java.lang.Number"u8, 0x86, 0xAC, 0x95, 0x1D, 0x0B, 0x94, 0xE0, 0x8B,
        0x02, 0, 0, 0x78, 0x70,
    ];

    public static byte[] Of(int value)
    {
        byte[] body = [.. IntegerHead, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(IntegerHead.Length), value);
        return body;
    }

    public static byte[] Of(string value)
    {
        byte[] text = ModifiedUtf8(value);
        byte[] length = new byte[text.Length <= ushort.MaxValue ? sizeof(ushort) : sizeof(ulong)];
        if (length.Length == sizeof(ushort))
        {
            BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)text.Length);
        }
        else
        {
            BinaryPrimitives.WriteUInt64BigEndian(length, (ulong)text.Length);
        }

        return [0xAC, 0xED, 0x00, 0x05, length.Length == sizeof(ushort) ? (byte)0x74 : (byte)0x7C, .. length, .. text];
    }

    // Java's own UTF-8: a NUL takes two bytes, and each half of a surrogate pair three.
    private static byte[] ModifiedUtf8(string value)
    {
        var bytes = new List<byte>(value.Length);
        foreach (char c in value)
        {
            switch (c)
            {
                case > '\0' and < '\u0080':
                    bytes.Add((byte)c);
                    break;
                case < '\u0800':
                    bytes.Add((byte)(0xC0 | (c >> 6)));
                    bytes.Add((byte)(0x80 | (c & 0x3F)));
                    break;
                default:
                    bytes.Add((byte)(0xE0 | (c >> 12)));
                    bytes.Add((byte)(0x80 | ((c >> 6) & 0x3F)));
                    bytes.Add((byte)(0x80 | (c & 0x3F)));
                    break;
            }
        }

        return [.. bytes];
    }
}
