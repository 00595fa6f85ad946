using System.Buffers;

namespace DataLoad.Engine.Decoding;

/// <summary>Reads the objects that nearly all messages are, strings without escapes, integers and nulls on one level, several times faster than a general
/// reader can. It takes only what is valid JSON beyond doubt, and judges nothing: whatever else it meets is left to
/// <see cref="System.Text.Json.Utf8JsonReader"/>.</summary>
internal static class FlatObject
{
    /// <summary>Where a plain string may end: its quote, an escape, or a control character, which JSON forbids.</summary>
    private static readonly SearchValues<byte> EndOfPlain =
        SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, 0x20).Select(code => (byte)code)]);

    /// <summary>Reads the whole of a text.</summary>
    /// <returns>False where it is not such an object; some fields are set then, and are to be cleared.</returns>
    public static bool TryRead(ReadOnlySpan<byte> json, FieldNames names, MessageFields fields)
    {
        int at = SkipSpace(json, 0);
        if (!Is(json, at, '{'))
        {
            return false;
        }

        int slot = -1;
        do
        {
            at = SkipSpace(json, at + 1);
            if (!TryString(json, ref at, out ReadOnlySpan<byte> name))
            {
                return false;
            }

            // Senders write their fields in one order, most often the contract's.
            slot = names.Find(name, slot + 1);
            at = SkipSpace(json, at);
            if (!Is(json, at, ':'))
            {
                return false;
            }

            at = SkipSpace(json, at + 1);
            if (!TryValue(json, ref at, slot, fields))
            {
                return false;
            }

            at = SkipSpace(json, at);
        }
        while (Is(json, at, ','));

        return Is(json, at, '}') && SkipSpace(json, at + 1) == json.Length;
    }

    private static bool TryValue(ReadOnlySpan<byte> json, scoped ref int at, int slot, MessageFields fields)
    {
        ReadOnlySpan<byte> value;
        if (Is(json, at, '"'))
        {
            if (!TryString(json, ref at, out value))
            {
                return false;
            }
        }
        else if (json[at..].StartsWith("null"u8))
        {
            // An empty value is what null is: absent.
            at += 4;
            value = default;
        }
        else if (!TryInteger(json, ref at, out value))
        {
            return false;
        }

        if (slot >= 0)
        {
            fields.Set(slot, value, escaped: false);
        }

        return true;
    }

    private static bool TryString(ReadOnlySpan<byte> json, scoped ref int at, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!Is(json, at, '"'))
        {
            return false;
        }

        ReadOnlySpan<byte> rest = json[(at + 1)..];
        int length = rest.IndexOfAny(EndOfPlain);
        if (length < 0 || rest[length] != '"')
        {
            return false;
        }

        text = rest[..length];
        at += length + 2;
        return true;
    }

    /// <summary>Takes an integer by JSON's grammar. What follows is the caller's to check, a fraction or exponent included.</summary>
    private static bool TryInteger(ReadOnlySpan<byte> json, scoped ref int at, out ReadOnlySpan<byte> text)
    {
        int start = at;
        int first = Is(json, at, '-') ? at + 1 : at;
        int end = first;
        while ((uint)end < (uint)json.Length && (uint)(json[end] - '0') <= 9)
        {
            end++;
        }

        text = json[start..end];
        at = end;
        return end > first && (json[first] != '0' || end == first + 1);
    }

    private static int SkipSpace(ReadOnlySpan<byte> json, int at)
    {
        while ((uint)at < (uint)json.Length && json[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }

        return at;
    }

    private static bool Is(ReadOnlySpan<byte> json, int at, char c) => (uint)at < (uint)json.Length && json[at] == c;
}
