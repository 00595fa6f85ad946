using System.Text;

namespace DataLoad.Engine.Binary;

/// <summary>UTF-8 that may also hold unpaired surrogates as three bytes (<see href="https://simonsapin.github.io/wtf-8/">WTF-8</see>): what a JSON
/// <c>\uD800</c> or a Java string can say and UTF-8 cannot. Every text has one writing in it, as in UTF-8.</summary>
internal static class Wtf8
{
    /// <summary>The lead byte of every surrogate, and of U+D000 to U+D7FF.</summary>
    private const byte SurrogateLead = 0xED;

    /// <summary>Writes a UTF-16 unit, a surrogate as its three bytes, and returns the number of bytes.</summary>
    public static int WriteUnit(int unit, Span<byte> to)
    {
        if (unit < 0x80)
        {
            to[0] = (byte)unit;
            return 1;
        }

        if (unit < 0x800)
        {
            to[0] = (byte)(0xC0 | (unit >> 6));
            to[1] = (byte)(0x80 | (unit & 0x3F));
            return 2;
        }

        to[0] = (byte)(0xE0 | (unit >> 12));
        to[1] = (byte)(0x80 | ((unit >> 6) & 0x3F));
        to[2] = (byte)(0x80 | (unit & 0x3F));
        return 3;
    }

    /// <summary>Turns each surrogate pair that was written as twice three bytes into its four bytes, in place.</summary>
    /// <param name="text">Units as <see cref="WriteUnit"/> writes them, mixed with UTF-8.</param>
    /// <returns>The length of what is left.</returns>
    public static int JoinPairs(Span<byte> text)
    {
        int read = 0;
        int write = 0;
        while (read < text.Length)
        {
            if (IsPairAt(text, read))
            {
                int high = ((text[read + 1] & 0x0F) << 6) | (text[read + 2] & 0x3F);
                int low = ((text[read + 4] & 0x0F) << 6) | (text[read + 5] & 0x3F);
                int rune = 0x10000 + (high << 10) + low;
                text[write++] = (byte)(0xF0 | (rune >> 18));
                text[write++] = (byte)(0x80 | ((rune >> 12) & 0x3F));
                text[write++] = (byte)(0x80 | ((rune >> 6) & 0x3F));
                text[write++] = (byte)(0x80 | (rune & 0x3F));
                read += 6;
            }
            else
            {
                text[write++] = text[read++];
            }
        }

        return write;
    }

    /// <summary>Whether it holds an unpaired surrogate.</summary>
    public static bool HasSurrogate(ReadOnlySpan<byte> text) => IndexOfSurrogate(text) >= 0;

    /// <summary>The number of code points, an unpaired surrogate being one.</summary>
    public static int CountCodePoints(ReadOnlySpan<byte> text)
    {
        int count = 0;
        foreach (byte b in text)
        {
            count += (b & 0xC0) == 0x80 ? 0 : 1;
        }

        return count;
    }

    /// <summary>The text in UTF-16, unpaired surrogates as they are.</summary>
    public static string ToText(ReadOnlySpan<byte> text)
    {
        if (!HasSurrogate(text))
        {
            return Encoding.UTF8.GetString(text);
        }

        var joined = new StringBuilder(text.Length);
        while (!text.IsEmpty)
        {
            int surrogate = IndexOfSurrogate(text);
            joined.Append(Encoding.UTF8.GetString(surrogate < 0 ? text : text[..surrogate]));
            if (surrogate < 0)
            {
                break;
            }

            joined.Append((char)(0xD000 | ((text[surrogate + 1] & 0x3F) << 6) | (text[surrogate + 2] & 0x3F)));
            text = text[(surrogate + 3)..];
        }

        return joined.ToString();
    }

    private static int IndexOfSurrogate(ReadOnlySpan<byte> text)
    {
        for (int from = 0; text[from..].IndexOf(SurrogateLead) is var found and >= 0; from += found + 1)
        {
            if (from + found + 2 < text.Length && text[from + found + 1] >= 0xA0)
            {
                return from + found;
            }
        }

        return -1;
    }

    private static bool IsPairAt(ReadOnlySpan<byte> text, int at) =>
        at + 6 <= text.Length
        && text[at] == SurrogateLead && text[at + 1] is >= 0xA0 and <= 0xAF
        && text[at + 3] == SurrogateLead && text[at + 4] is >= 0xB0 and <= 0xBF;
}
