using System.Text;

namespace DataLoad.Engine.Decoding;

/// <summary>
/// Java's modified UTF-8 (<see href="https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/io/DataInput.html#modified-utf-8">DataInput</see>):
/// NUL is two bytes, and a character beyond U+FFFF is its two surrogates at three bytes each.
/// </summary>
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
