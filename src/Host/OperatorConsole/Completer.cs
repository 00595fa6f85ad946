namespace DataLoad.Host.OperatorConsole;

/// <summary>Completes a word from the commands' definitions.</summary>
internal sealed class Completer(Command root)
{
    /// <summary>What the word before the cursor may become.</summary>
    public CompletionResult Complete(string line)
    {
        (List<string> before, string last, int start) = CommandWords.SplitForCompletion(line);

        // 'help streams' is completed as 'streams' is.
        if (before is ["help", ..])
        {
            before = before[1..];
        }

        string text = string.Concat(before.Select(word => $"\"{word}\" ")) + last;
        IEnumerable<string> candidates = root.Parse(text).GetCompletions(text.Length)
            .Select(item => item.InsertText ?? item.Label)
            .Where(label => label.StartsWith(last, StringComparison.OrdinalIgnoreCase))
            .Where(label => label.StartsWith("--", StringComparison.Ordinal) ? last.StartsWith('-') : !label.StartsWith('-') && label is not ("/?" or "/h"))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);
        return new CompletionResult(start, [.. candidates]);
    }

    /// <summary>The longest text that all candidates begin with.</summary>
    public static string CommonPrefix(IReadOnlyList<string> candidates) =>
        candidates.Count == 0 ? "" : candidates.Aggregate((prefix, candidate) => prefix[..prefix.AsSpan().CommonPrefixLength(candidate)]);
}

/// <summary>What a word may be completed to: where it begins, and what it may become, in order. All begin with what is written.</summary>
internal sealed record CompletionResult(int Start, IReadOnlyList<string> Candidates);

/// <summary>Splits a line into words, as a shell does: '…' is taken as it is, in "…" and outside a backslash takes the next character.</summary>
internal static class CommandWords
{
    /// <summary>The words of a line.</summary>
    /// <exception cref="FormatException">A quote is not closed.</exception>
    public static List<string> Split(string line)
    {
        List<string> words = [];
        (string? last, _, char? open) = Scan(line, words);
        if (open is { } quote)
        {
            throw new FormatException($"A {quote} is not closed.");
        }

        if (last is not null)
        {
            words.Add(last);
        }

        return words;
    }

    /// <summary>The words before the last one, the last one as far as it is written, and where it begins; it is empty where a new one would begin.</summary>
    public static (List<string> Before, string Last, int Start) SplitForCompletion(string line)
    {
        List<string> words = [];
        (string? last, int start, _) = Scan(line, words);
        return (words, last ?? "", last is null ? line.Length : start);
    }

    private static (string? Last, int Start, char? Open) Scan(string line, List<string> words)
    {
        StringBuilder? word = null;
        char? open = null;
        int start = line.Length;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (open is null && char.IsWhiteSpace(c))
            {
                if (word is not null)
                {
                    words.Add(word.ToString());
                    word = null;
                }

                continue;
            }

            if (word is null)
            {
                word = new StringBuilder();
                start = i;
            }

            if (c == open)
            {
                open = null;
            }
            else if (open is null && c is '"' or '\'')
            {
                open = c;
            }
            else if (c == '\\' && open is not '\'' && i + 1 < line.Length)
            {
                word.Append(line[++i]);
            }
            else
            {
                word.Append(c);
            }
        }

        return (word?.ToString(), start, open);
    }
}
