using System.Text;

namespace DataLoad.Engine.Decoding;

/// <summary>Reads the AMQP properties <c>content-type</c> and <c>content-encoding</c>.</summary>
internal static class MediaType
{
    /// <summary>What the two properties say the body is.</summary>
    /// <param name="contentType">The content type; null or blank where the sender set none.</param>
    /// <param name="contentEncoding">The content encoding. Spring puts the charset of a text there.</param>
    /// <param name="error">Where the answer is <see cref="ContentKind.Refused"/>, a sentence that says why; else null.</param>
    public static ContentKind Classify(string? contentType, string? contentEncoding, out string? error)
    {
        error = null;
        ReadOnlySpan<char> encoding = contentEncoding.AsSpan().Trim();
        if (!encoding.IsEmpty && !IsReadCharset(encoding))
        {
            error = $"The content encoding is '{Excerpt.Of(encoding)}'; expected none, UTF-8 or US-ASCII.";
            return ContentKind.Refused;
        }

        ReadOnlySpan<char> whole = contentType.AsSpan().Trim();
        if (whole.IsEmpty)
        {
            return ContentKind.Undeclared;
        }

        int end = whole.IndexOf(';');
        ContentKind kind = KindOf((end < 0 ? whole : whole[..end]).TrimEnd());
        if (kind == ContentKind.Refused)
        {
            error = $"The content type is '{Excerpt.Of(whole)}'; "
                + "expected application/json, any +json, text/plain, application/x-java-serialized-object, or none.";
        }
        else if (end >= 0 && FindForeignCharset(whole[end..]) is { } charset)
        {
            error = $"The content type '{Excerpt.Of(whole)}' has the charset '{Excerpt.Of(charset)}'; expected UTF-8 or US-ASCII.";
            kind = ContentKind.Refused;
        }

        return kind;
    }

    private static ContentKind KindOf(ReadOnlySpan<char> type)
    {
        const string Suffix = "+json";
        int slash = type.IndexOf('/');
        return Is(type, "application/json") ? ContentKind.Json
            : Is(type, "text/plain") ? ContentKind.Text
            : Is(type, "application/x-java-serialized-object") ? ContentKind.Java
            : Is(type, "application/octet-stream") ? ContentKind.Undeclared
            : slash > 0 && type.Length > slash + 1 + Suffix.Length && type.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase) && !type.ContainsAny(" \t\"")
                ? ContentKind.Json : ContentKind.Refused;
    }

    /// <summary>The first charset among the parameters that is not read, or null. An empty charset says nothing.</summary>
    private static string? FindForeignCharset(ReadOnlySpan<char> parameters)
    {
        int at = 0;
        while (at < parameters.Length)
        {
            // Here, and at each turn, a ';' stands.
            at++;
            int stop = parameters[at..].IndexOfAny(';', '=');
            if (stop < 0)
            {
                break;
            }

            ReadOnlySpan<char> name = parameters.Slice(at, stop).Trim();
            at += stop;
            if (parameters[at] == ';')
            {
                continue;
            }

            string value = ReadValue(parameters, ref at);
            if (Is(name, "charset") && value.Length > 0 && !IsReadCharset(value))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>Reads a parameter's value, from its <c>=</c> up to the next <c>;</c> outside of quotes.</summary>
    private static string ReadValue(ReadOnlySpan<char> parameters, ref int at)
    {
        var value = new StringBuilder();
        bool quoted = false;
        for (at++; at < parameters.Length && (quoted || parameters[at] != ';'); at++)
        {
            char c = parameters[at];
            if (c == '"')
            {
                quoted = !quoted;
            }
            else if (quoted && c == '\\' && at + 1 < parameters.Length)
            {
                value.Append(parameters[++at]);
            }
            else
            {
                value.Append(c);
            }
        }

        // Spring takes apostrophes for quotes too.
        ReadOnlySpan<char> text = value.ToString().AsSpan().Trim();
        return (text is ['\'', .., '\''] ? text[1..^1] : text).ToString();
    }

    /// <summary>Whether it is UTF-8 or US-ASCII, by its name or by the alias that Java knows it under.</summary>
    private static bool IsReadCharset(ReadOnlySpan<char> charset) =>
        Is(charset, "utf-8") || Is(charset, "us-ascii") || Is(charset, "utf8") || Is(charset, "ascii");

    private static bool Is(ReadOnlySpan<char> text, string name) => text.Equals(name, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Remembers what the last few pairs of content type and encoding mean. A stream's publishers use one or two, while each delivery brings them as
/// strings of its own, so that they are compared by their text. Not for two threads.</summary>
internal sealed class ContentTypeCache
{
    private const int Capacity = 8;
    private readonly Entry[] _entries = new Entry[Capacity];
    private int _count;
    private int _next;
    private int _last;

    private readonly record struct Entry(string? Type, string? Encoding, ContentKind Kind)
    {
        public bool Is(string? type, string? encoding) =>
            string.Equals(Type, type, StringComparison.Ordinal) && string.Equals(Encoding, encoding, StringComparison.Ordinal);
    }

    /// <summary>What <see cref="MediaType.Classify"/> says of the pair.</summary>
    public ContentKind KindOf(string? type, string? encoding)
    {
        if (_last < _count && _entries[_last].Is(type, encoding))
        {
            return _entries[_last].Kind;
        }

        for (int i = 0; i < _count; i++)
        {
            if (_entries[i].Is(type, encoding))
            {
                _last = i;
                return _entries[i].Kind;
            }
        }

        return Add(type, encoding);
    }

    private ContentKind Add(string? type, string? encoding)
    {
        ContentKind kind = MediaType.Classify(type, encoding, out _);
        if (kind == ContentKind.Refused)
        {
            // Refusals are not remembered: a publisher of garbage types would push out the good ones.
            return kind;
        }

        _entries[_next] = new Entry(type, encoding, kind);
        _last = _next;
        _next = (_next + 1) % Capacity;
        _count = Math.Min(_count + 1, Capacity);
        return kind;
    }
}

/// <summary>What a message's content type says its body is.</summary>
internal enum ContentKind : byte
{
    /// <summary>Nothing that is read.</summary>
    Refused = 0,
    /// <summary>JSON.</summary>
    Json = 1,
    /// <summary>Text: JSON, or a bare key as it may be typed (<c>+33</c>, <c>007</c>).</summary>
    Text = 2,
    /// <summary>A serialized Java object.</summary>
    Java = 3,
    /// <summary>It says nothing: the bytes decide between <see cref="Java"/> and <see cref="Text"/>.</summary>
    Undeclared = 4,
}
