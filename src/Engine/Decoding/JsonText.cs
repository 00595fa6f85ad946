using System.Text.Json;
using System.Text;
using DataLoad.Engine.Binary;

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

    /// <summary>Resolves the escapes of a JSON string. The reader's own way refuses an unpaired surrogate with an exception; the contract refuses one in
    /// <c>topicType</c> only.</summary>
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

/// <summary>Turns a fault of the JSON reader into an error sentence.</summary>
internal static class JsonFault
{
    private const int BytesBefore = 20;
    private const int BytesAfter = 20;
    private const int MaxReasonChars = 160;

    /// <summary>The sentence.</summary>
    /// <param name="what">What is not valid JSON, as the subject of the sentence.</param>
    /// <param name="json">The text that was being read.</param>
    /// <param name="fault">What the reader threw.</param>
    public static string Describe(string what, ReadOnlySpan<byte> json, JsonException fault)
    {
        int at = PositionOf(json, fault);
        int from = Math.Max(0, at - BytesBefore);
        int to = Math.Min(json.Length, at + BytesAfter);

        // Whole characters only: a cut one would show as bytes.
        while (from > 0 && (json[from] & 0xC0) == 0x80)
        {
            from--;
        }

        while (to < json.Length && (json[to] & 0xC0) == 0x80)
        {
            to++;
        }

        return $"{what} is not valid JSON at byte {at} of {json.Length}, near '{Excerpt.Of(json[from..to])}': {Reason(fault.Message)}";
    }

    private static int PositionOf(ReadOnlySpan<byte> json, JsonException fault)
    {
        int at = 0;
        for (long line = fault.LineNumber ?? 0; line > 0; line--)
        {
            int end = json[at..].IndexOf((byte)'\n');
            if (end < 0)
            {
                break;
            }

            at += end + 1;
        }

        return (int)Math.Min(json.Length, at + (fault.BytePositionInLine ?? 0));
    }

    /// <summary>What the reader said, less the position; what it quotes, which may be all the rest of a body, is cut.</summary>
    private static string Reason(string message)
    {
        int tail = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        ReadOnlySpan<char> reason = tail < 0 ? message : message.AsSpan(0, tail);
        int quoted = reason.StartsWith('\'') ? reason.LastIndexOf("' ", StringComparison.Ordinal) : -1;
        return quoted < 1
            ? Excerpt.Of(reason, MaxReasonChars) : $"'{Excerpt.Of(reason[1..quoted])}'{Excerpt.Of(reason[(quoted + 1)..], MaxReasonChars)}";
    }
}
