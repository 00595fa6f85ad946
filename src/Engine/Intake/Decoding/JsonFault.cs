using System.Text.Json;

namespace DataLoad.Engine.Intake.Decoding;

/// <summary>Turns a fault of the JSON reader into an error sentence.</summary>
internal static class JsonFault
{
    private const int BytesBefore = 20;
    private const int BytesAfter = 20;

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

        string message = fault.Message;
        int tail = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        string reason = tail < 0 ? message : message[..tail];
        return $"{what} is not valid JSON at byte {at} of {json.Length}, near '{Excerpt.Of(json[from..to])}': {Visible(reason)}";
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

    /// <summary>The reader quotes what it stumbled over, be it a control character.</summary>
    private static string Visible(string reason) =>
        string.Concat(reason.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? $"\\u{(int)c:X4}" : c.ToString()));
}
