using System.Text.Json;

namespace DataLoad.Engine.Decoding;

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
            ? Excerpt.Of(reason, MaxReasonChars)
            : $"'{Excerpt.Of(reason[1..quoted])}'{Excerpt.Of(reason[(quoted + 1)..], MaxReasonChars)}";
    }
}
