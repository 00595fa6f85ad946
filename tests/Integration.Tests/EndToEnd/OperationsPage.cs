using System.Text.RegularExpressions;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>What docs/OPERATIONS.md says.</summary>
internal static partial class OperationsPage
{
    /// <summary>Every metric that its chapters on metrics and alerts name, without the suffixes of histograms.</summary>
    public static IEnumerable<string> Metrics()
    {
        var text = File.ReadAllText(Path.Combine(Root(), "docs", "OPERATIONS.md"));
        var start = text.IndexOf("\n## Metrics\n", StringComparison.Ordinal);
        var end = text.IndexOf("\n## Stopping\n", StringComparison.Ordinal);
        return MetricName().Matches(text[start..end]).Select(match => HistogramSuffix().Replace(match.Value, "")).Distinct(StringComparer.Ordinal);
    }

    /// <summary>The rights that it gives the role which runs a node and owns nothing, as SQL.</summary>
    /// <param name="role">The role's name.</param>
    public static string Grants(string role)
    {
        var text = File.ReadAllText(Path.Combine(Root(), "docs", "OPERATIONS.md"));
        var start = text.IndexOf("GRANT USAGE ON SCHEMA dataload TO dataload_run;", StringComparison.Ordinal);
        return text[start..text.IndexOf("```", start, StringComparison.Ordinal)]
            .Replace("SCHEMA dataload ", "SCHEMA public ", StringComparison.Ordinal)
            .Replace("dataload_run", role, StringComparison.Ordinal);
    }

    /// <summary>A block of commands, by the comment that it begins with.</summary>
    /// <param name="title">The comment.</param>
    public static string Commands(string title)
    {
        var text = File.ReadAllText(Path.Combine(Root(), "docs", "OPERATIONS.md"));
        var start = text.IndexOf($"```sh\n# {title}\n", StringComparison.Ordinal);
        return text[(start + 6)..text.IndexOf("\n```", start, StringComparison.Ordinal)];
    }

    /// <summary>The project's folder.</summary>
    public static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "DataLoad.Actors.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run below the project's folder.");
        }

        return folder.FullName;
    }

    [GeneratedRegex("\\bdataload_[a-z_]*[a-z]\\b", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex MetricName();

    // dataload_dead_letters_total and the like end otherwise; of the gauges none does.
    [GeneratedRegex("_(bucket|sum|count)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex HistogramSuffix();
}
