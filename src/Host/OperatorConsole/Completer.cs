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
            .Where(label => label.StartsWith("--", StringComparison.Ordinal) ? last.StartsWith('-') : !label.StartsWith('-') && !label.StartsWith('/'))
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
