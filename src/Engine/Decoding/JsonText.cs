using System.Text;

namespace DataLoad.Engine.Decoding;

/// <summary>The parts of JSON's grammar that <see cref="System.Text.Json.Utf8JsonReader"/> leaves to its user.</summary>
internal static class JsonText
{
    /// <summary>The byte-order mark of UTF-8, which some senders put first.</summary>
    private static ReadOnlySpan<byte> Bom => [0xEF, 0xBB, 0xBF];

    /// <summary>The text without a byte-order mark at its start.</summary>
    public static ReadOnlySpan<byte> SkipBom(ReadOnlySpan<byte> text) => text.StartsWith(Bom) ? text[Bom.Length..] : text;

    /// <summary>The text without the ASCII whitespace around it.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => text[Ascii.Trim(text)];

    /// <summary>
    /// Resolves the escapes of a JSON string. The reader's own way refuses an unpaired surrogate with an exception;
    /// the contract refuses one in <c>topicType</c> only.
    /// </summary>
    /// <param name="raw">The string without its quotes, already found valid by the reader.</param>
    /// <param name="to">At least as long as <paramref name="raw"/>: no escape is shorter than what it stands for.</param>
    /// <returns>The number of bytes written, as <see cref="Wtf8"/>.</returns>
    public static int Unescape(ReadOnlySpan<byte> raw, Span<byte> to)
    {
        int written = 0;
        bool surrogates = false;
        while (true)
        {
            int run = raw.IndexOf((byte)'\\');
            if (run < 0)
            {
                raw.CopyTo(to[written..]);
                written += raw.Length;
                break;
            }

            raw[..run].CopyTo(to[written..]);
            written += run;
            raw = raw[(run + 1)..];
            if (raw[0] == (byte)'u')
            {
                int unit = Hex(raw[1]) << 12 | Hex(raw[2]) << 8 | Hex(raw[3]) << 4 | Hex(raw[4]);
                surrogates |= unit is >= 0xD800 and <= 0xDFFF;
                written += Wtf8.WriteUnit(unit, to[written..]);
                raw = raw[5..];
            }
            else
            {
                to[written++] = Plain(raw[0]);
                raw = raw[1..];
            }
        }

        return surrogates ? Wtf8.JoinPairs(to[..written]) : written;
    }

    private static byte Plain(byte escape) => escape switch
    {
        (byte)'n' => (byte)'\n',
        (byte)'t' => (byte)'\t',
        (byte)'r' => (byte)'\r',
        (byte)'b' => (byte)'\b',
        (byte)'f' => (byte)'\f',
        _ => escape,
    };

    private static int Hex(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
