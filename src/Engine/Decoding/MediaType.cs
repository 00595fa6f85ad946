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
            error = $"The content type is '{Excerpt.Of(whole)}'; expected application/json, any +json, text/plain, application/x-java-serialized-object, or none.";
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
        if (type.Equals("application/json", StringComparison.OrdinalIgnoreCase))
        {
            return ContentKind.Json;
        }

        if (type.Equals("text/plain", StringComparison.OrdinalIgnoreCase))
        {
            return ContentKind.Text;
        }

        if (type.Equals("application/x-java-serialized-object", StringComparison.OrdinalIgnoreCase))
        {
            return ContentKind.Java;
        }

        if (type.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase))
        {
            return ContentKind.Undeclared;
        }

        const string Suffix = "+json";
        int slash = type.IndexOf('/');
        bool suffixed = slash > 0
            && type.Length > slash + 1 + Suffix.Length
            && type.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase)
            && !type.ContainsAny(" \t\"");
        return suffixed ? ContentKind.Json : ContentKind.Refused;
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
            if (name.Equals("charset", StringComparison.OrdinalIgnoreCase) && value.Length > 0 && !IsReadCharset(value))
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
        charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
        || charset.Equals("us-ascii", StringComparison.OrdinalIgnoreCase)
        || charset.Equals("utf8", StringComparison.OrdinalIgnoreCase)
        || charset.Equals("ascii", StringComparison.OrdinalIgnoreCase);
}
