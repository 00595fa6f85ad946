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

    private static string Root()
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
