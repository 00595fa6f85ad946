using System.Buffers;
using DataLoad.Engine.Binary;

namespace DataLoad.Engine.Journaling;

/// <summary>
/// A text in a journal entry: its length in bytes, doubled, and the bytes; or, where it is an even number of
/// lower-case hexadecimal digits, their number, doubled, plus one, and half as many bytes.
/// </summary>
internal static class EntryText
{
    private static readonly SearchValues<byte> LowerHexDigits = SearchValues.Create("0123456789abcdef"u8);

    public static void Write(ByteWriter writer, ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length >= 8 && utf8.Length % 2 == 0 && !utf8.ContainsAnyExcept(LowerHexDigits))
        {
            writer.Unsigned(((ulong)utf8.Length << 1) | 1);
            Span<byte> packed = writer.GetSpan(utf8.Length / 2)[..(utf8.Length / 2)];
            Convert.FromHexString(utf8, packed, out _, out _);
            writer.Advance(packed.Length);
        }
        else
        {
            writer.Unsigned((ulong)utf8.Length << 1);
            writer.Bytes(utf8);
        }
    }

    /// <summary>Reads a text into a scratch that is long enough, or in place.</summary>
    public static ReadOnlySpan<byte> Read(ref ByteReader reader, ref byte[] scratch)
    {
        ulong head = reader.Unsigned();
        if ((head >> 2) > (ulong)reader.Remaining)
        {
            throw new InvalidDataException($"a text of {head >> 1} bytes is longer than the {reader.Remaining} that are left");
        }

        int length = (int)Math.Min(head >> 1, int.MaxValue);
        if ((head & 1) == 0)
        {
            return reader.Bytes(length);
        }

        ReadOnlySpan<byte> packed = reader.Bytes(length / 2);
        if (scratch.Length < length)
        {
            scratch = new byte[length];
        }

        Convert.TryToHexStringLower(packed, scratch.AsSpan(0, length), out _);
        return scratch.AsSpan(0, length);
    }

    public static void Skip(ref ByteReader reader)
    {
        ulong head = reader.Unsigned();
        ulong bytes = (head & 1) == 0 ? head >> 1 : head >> 2;
        reader.Bytes((int)Math.Min(bytes, int.MaxValue));
    }
}
