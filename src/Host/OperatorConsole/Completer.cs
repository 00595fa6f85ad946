using System.CommandLine;

namespace DataLoad.Host.OperatorConsole;

/// <summary>Completes a word from the commands' definitions.</summary>
/// <param name="root">The commands.</param>
internal sealed class Completer(Command root)
{
    /// <summary>What the word before the cursor may become.</summary>
    /// <param name="line">The line up to the cursor.</param>
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
    public static string CommonPrefix(IReadOnlyList<string> candidates)
    {
        string prefix = candidates.Count == 0 ? "" : candidates[0];
        foreach (string candidate in candidates)
        {
            int same = 0;
            while (same < prefix.Length && same < candidate.Length && prefix[same] == candidate[same])
            {
                same++;
            }

            prefix = prefix[..same];
        }

        return prefix;
    }
}

/// <summary>What a word may be completed to.</summary>
/// <param name="Start">Where the word begins.</param>
/// <param name="Candidates">What it may become, in order; all begin with what is written.</param>
internal sealed record CompletionResult(int Start, IReadOnlyList<string> Candidates);
