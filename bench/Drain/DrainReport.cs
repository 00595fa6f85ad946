using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DataLoad.Bench.Drain;

/// <summary>The drains as a table: ratios within pairs, with their spread, and CPU a message.</summary>
internal static class DrainReport
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Prints the table and writes it as <c>drain.md</c> and <c>drain.json</c>.</summary>
    public static async Task WriteAsync(DrainOptions options, IReadOnlyList<DrainResult> results)
    {
        string text = Table(results);
        Console.WriteLine(text);
        await File.WriteAllTextAsync(Path.Combine(options.Output, "drain.md"), text).ConfigureAwait(false);
        await File.WriteAllTextAsync(Path.Combine(options.Output, "drain.json"), JsonSerializer.Serialize(results, Indented)).ConfigureAwait(false);
    }

    private static string Table(IReadOnlyList<DrainResult> results)
    {
        var text = new StringBuilder();
        text.AppendLine("| queues | who | drains | messages | /s, median (spread) | of the acknowledging consumer, median (spread) | of dataload | CPU µs a message: own | broker | database |");
        text.AppendLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (IGrouping<(string QueueType, string Contender), DrainResult> group in results.GroupBy(result => (result.QueueType, result.Contender)))
        {
            double[] rates = [.. group.Select(result => result.Rate).Order()];
            text.AppendLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {group.Key.QueueType} | {group.Key.Contender} | {rates.Length} | {group.First().Messages:N0} | {Median(rates):N0} ({rates[0]:N0} to {rates[^1]:N0}) | {RatioTo("acknowledge", group, results)} | {RatioTo("dataload", group, results)} | {Cpu(group, result => result.OwnCpu):0.0} | {Cpu(group, result => result.BrokerCpu):0.0} | {Cpu(group, result => result.DatabaseCpu):0.0} |"));
        }

        return text.ToString();
    }

    /// <summary>The rates as parts of another contender's of the same pair.</summary>
    private static string RatioTo(string other, IEnumerable<DrainResult> group, IReadOnlyList<DrainResult> results) =>
        Spread([.. group.Select(result => result.Rate / (RateOf(other, result.QueueType, result.Pair, results) ?? double.NaN)).Where(double.IsFinite).Order()]);

    private static double? RateOf(string contender, string queueType, int pair, IReadOnlyList<DrainResult> results) =>
        results.FirstOrDefault(result => string.Equals(result.Contender, contender, StringComparison.Ordinal)
            && string.Equals(result.QueueType, queueType, StringComparison.Ordinal) && result.Pair == pair)?.Rate;

    private static double Cpu(IEnumerable<DrainResult> group, Func<DrainResult, double> seconds) =>
        Median([.. group.Select(result => seconds(result) / result.Messages * 1e6).Order()]);

    private static string Spread(double[] sorted) => sorted.Length == 0 ? "" : string.Create(
        CultureInfo.InvariantCulture, $"{Median(sorted):0.00} ({sorted[0]:0.00} to {sorted[^1]:0.00})");

    private static double Median(double[] sorted) => (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}
