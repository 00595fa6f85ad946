using System.Buffers.Binary;
using System.Text;
using DataLoad.Engine.Binary;

namespace DataLoad.Engine.Decoding;

/// <summary>Reads what <c>java.io.ObjectOutputStream</c> writes for an Integer, a Long or a String, and nothing else: the bytes are compared with the one
/// layout that each has, no class is ever looked up. The format is chapter 6, "Object Serialization Stream Protocol", of the
/// <see href="https://docs.oracle.com/en/java/javase/17/docs/specs/serialization/protocol.html">Java Object Serialization Specification</see>; the
/// serialVersionUIDs are those of the JDK's classes, fixed since 1.1.</summary>
internal static class JavaObject
{
    private const byte Null = 0x70;
    private const byte ClassDescription = 0x72;
    private const byte Object = 0x73;
    private const byte String = 0x74;
    private const byte EndOfBlock = 0x78;
    private const byte LongString = 0x7C;
    private const byte Serializable = 0x02;

    private static readonly byte[] NumberDescription =
    [
        ClassDescription, 0, 16, .. "java.lang.Number"u8, 0x86, 0xAC, 0x95, 0x1D, 0x0B, 0x94, 0xE0, 0x8B,
        Serializable, 0, 0, EndOfBlock, Null,
    ];

    private static readonly byte[] IntegerHead =
    [
        .. Magic, Object, ClassDescription, 0, 17, .. "java.lang.Integer"u8, 0x12, 0xE2, 0xA0, 0xA4, 0xF7, 0x81, 0x87, 0x38,
        Serializable, 0, 1, (byte)'I', 0, 5, .. "value"u8, EndOfBlock, .. NumberDescription,
    ];

    private static readonly byte[] LongHead =
    [
        .. Magic, Object, ClassDescription, 0, 14, .. "java.lang.Long"u8, 0x3B, 0x8B, 0xE4, 0x90, 0xCC, 0x8F, 0x23, 0xDF,
        Serializable, 0, 1, (byte)'J', 0, 5, .. "value"u8, EndOfBlock, .. NumberDescription,
    ];

    private static readonly byte[] StringHead = [.. Magic, String];
    private static readonly byte[] LongStringHead = [.. Magic, LongString];

    /// <summary>Stream magic, and version 5.</summary>
    private static ReadOnlySpan<byte> Magic => [0xAC, 0xED, 0x00, 0x05];

    /// <summary>Whether bytes of no declared type are taken for Java's: no UTF-8 begins so.</summary>
    public static bool IsLikely(ReadOnlySpan<byte> body) => body.StartsWith(Magic[..2]);

    /// <summary>Reads a body.</summary>
    /// <param name="body">The whole of it: more or fewer bytes than the layout has make it <see cref="JavaClass.Other"/>.</param>
    /// <param name="number">The number, where it is one.</param>
    /// <param name="text">The string in modified UTF-8, not yet checked, where it is one.</param>
    public static JavaClass Read(ReadOnlySpan<byte> body, out long number, out ReadOnlySpan<byte> text)
    {
        number = 0;
        text = default;
        if (StartsWith(body, IntegerHead, out ReadOnlySpan<byte> rest) && rest.Length == sizeof(int))
        {
            number = BinaryPrimitives.ReadInt32BigEndian(rest);
            return JavaClass.Number;
        }

        if (StartsWith(body, LongHead, out rest) && rest.Length == sizeof(long))
        {
            number = BinaryPrimitives.ReadInt64BigEndian(rest);
            return JavaClass.Number;
        }

        if (StartsWith(body, StringHead, out rest) && rest.Length >= sizeof(ushort))
        {
            text = rest[sizeof(ushort)..];
            return text.Length == BinaryPrimitives.ReadUInt16BigEndian(rest) ? JavaClass.String : JavaClass.Other;
        }

        if (StartsWith(body, LongStringHead, out rest) && rest.Length >= sizeof(ulong))
        {
            text = rest[sizeof(ulong)..];
            return (ulong)text.Length == BinaryPrimitives.ReadUInt64BigEndian(rest) ? JavaClass.String : JavaClass.Other;
        }

        return JavaClass.Other;
    }

    private static bool StartsWith(ReadOnlySpan<byte> body, byte[] head, out ReadOnlySpan<byte> rest)
    {
        bool starts = body.StartsWith(head);
        rest = starts ? body[head.Length..] : default;
        return starts;
    }
}

/// <summary>The Java classes that are read.</summary>
internal enum JavaClass : byte
{
    /// <summary>None of them.</summary>
    Other = 0,
    /// <summary><c>java.lang.Integer</c> or <c>java.lang.Long</c>.</summary>
    Number = 1,
    /// <summary><c>java.lang.String</c>.</summary>
    String = 2,
}

/// <summary>Java's modified UTF-8
/// (<see href="https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/io/DataInput.html#modified-utf-8">DataInput</see>): NUL is two bytes, and a
/// character beyond U+FFFF is its two surrogates at three bytes each.</summary>
internal static class ModifiedUtf8
{
    /// <summary>Whether it is the same text in UTF-8, byte for byte, as most are.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> text) => Ascii.IsValid(text) && !text.Contains((byte)0);

    /// <summary>Turns it into <see cref="Wtf8"/>.</summary>
    /// <param name="text">The encoded bytes.</param>
    /// <param name="to">At least as long.</param>
    /// <param name="written">The number of bytes written; where it is malformed, the place of the first bad byte.</param>
    /// <returns>Whether it is as Java writes it: a bare NUL, overlong forms and four-byte forms are malformed.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> to, out int written)
    {
        int read = 0;
        written = 0;
        while (read < text.Length)
        {
            int length = UnitLength(text[read..], out int unit);
            if (length == 0)
            {
                written = read;
                return false;
            }

            written += Wtf8.WriteUnit(unit, to[written..]);
            read += length;
        }

        written = Wtf8.JoinPairs(to[..written]);
        return true;
    }

    /// <summary>The number of bytes of the first unit, or 0 where it is malformed.</summary>
    private static int UnitLength(ReadOnlySpan<byte> text, out int unit)
    {
        byte lead = text[0];
        unit = lead;
        if (lead is > 0 and < 0x80)
        {
            return 1;
        }

        if ((lead & 0xE0) == 0xC0 && text.Length >= 2 && IsContinuation(text[1]))
        {
            unit = ((lead & 0x1F) << 6) | (text[1] & 0x3F);
            return unit is 0 or >= 0x80 ? 2 : 0;
        }

        if ((lead & 0xF0) == 0xE0 && text.Length >= 3 && IsContinuation(text[1]) && IsContinuation(text[2]))
        {
            unit = ((lead & 0x0F) << 12) | ((text[1] & 0x3F) << 6) | (text[2] & 0x3F);
            return unit >= 0x800 ? 3 : 0;
        }

        return 0;
    }

    private static bool IsContinuation(byte b) => (b & 0xC0) == 0x80;
}
