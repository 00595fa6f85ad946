using System.Buffers;
using System.Globalization;
using System.Text;

namespace DataLoad.Engine.Decoding;

/// <summary>A foreign value as it may stand in an error sentence: short, and with nothing invisible in it.</summary>
internal static class Excerpt
{
    /// <summary>The most characters that are shown of a value.</summary>
    public const int MaxChars = 60;

    /// <summary>The most bytes that are read for it.</summary>
    public const int MaxBytes = MaxChars * 4;

    /// <summary>Shows bytes that are mostly UTF-8; what is not, shows as <c>\xNN</c>, or <c>\uD800</c> for a surrogate.</summary>
    public static string Of(ReadOnlySpan<byte> text, int maxChars = MaxChars)
    {
        var shown = new StringBuilder(maxChars + 8);
        while (!text.IsEmpty)
        {
            if (shown.Length >= maxChars)
            {
                shown.Append('…');
                break;
            }

            if (Rune.DecodeFromUtf8(text, out Rune rune, out int length) == OperationStatus.Done)
            {
                Append(shown, rune);
            }
            else if (text is [0xED, >= 0xA0 and <= 0xBF, >= 0x80 and <= 0xBF, ..])
            {
                length = 3;
                shown.Append(CultureInfo.InvariantCulture, $"\\u{0xD000 | ((text[1] & 0x3F) << 6) | (text[2] & 0x3F):X4}");
            }
            else
            {
                length = 1;
                shown.Append(CultureInfo.InvariantCulture, $"\\x{text[0]:X2}");
            }

            text = text[length..];
        }

        return shown.ToString();
    }

    /// <summary>Shows a string.</summary>
    public static string Of(ReadOnlySpan<char> text, int maxChars = MaxChars)
    {
        // One character more than is shown, so that the cut shows.
        ReadOnlySpan<char> head = text[..Math.Min(text.Length, maxChars + 2)];
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(head.Length)];
        return Of(bytes.AsSpan(0, Encoding.UTF8.GetBytes(head, bytes)), maxChars);
    }

    private static void Append(StringBuilder shown, Rune rune)
    {
        bool isInvisible = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned;
        shown.Append(isInvisible ? $"\\u{rune.Value:X4}" : rune.ToString());
    }
}
