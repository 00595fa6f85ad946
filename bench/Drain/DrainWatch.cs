using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace DataLoad.Bench.Drain;

/// <summary>
/// Watches a host drain a backlog through its <c>/metrics</c>: <c>drain URL MESSAGES SECONDS</c>. Prints the rate from
/// the first delivery to the last event journaled and the last row flushed, as a line of Markdown.
/// </summary>
public static partial class DrainWatch
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    /// <summary>Runs the watch.</summary>
    /// <returns>0 when all was counted in time, else 1.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length != 3 || !long.TryParse(args[1], CultureInfo.InvariantCulture, out long messages) || !int.TryParse(args[2], CultureInfo.InvariantCulture, out int seconds))
        {
            await Console.Error.WriteLineAsync("usage: dataload-bench drain URL MESSAGES SECONDS").ConfigureAwait(false);
            return 2;
        }

        using var http = new HttpClient { BaseAddress = new Uri(args[0]), Timeout = TimeSpan.FromSeconds(5) };
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        long start = 0;
        double journaled = 0;
        try
        {
            while (true)
            {
                string metrics = await ReadAsync(http, patience.Token).ConfigureAwait(false);
                double deliveries = Sum(metrics, "dataload_deliveries_total");
                double counted = Sum(metrics, "dataload_events_total") + Sum(metrics, "dataload_duplicates_total");
                if (start == 0 && deliveries > 0)
                {
                    start = Stopwatch.GetTimestamp();
                }

                if (counted >= messages)
                {
                    journaled = journaled == 0 ? Stopwatch.GetElapsedTime(start).TotalSeconds : journaled;
                    if (Sum(metrics, "dataload_journal_unflushed") == 0)
                    {
                        double flushed = Stopwatch.GetElapsedTime(start).TotalSeconds;
                        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {messages} | {journaled:0.00} s | {messages / journaled:0} /s | {flushed:0.00} s | {messages / flushed:0} /s |"));
                        return 0;
                    }
                }

                await Task.Delay(Poll, patience.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"not all of {messages} messages were counted within {seconds} s").ConfigureAwait(false);
            return 1;
        }
    }

    private static async Task<string> ReadAsync(HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            return await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException)
        {
            // Not listening yet.
            return "";
        }
    }

    private static double Sum(string metrics, string name) => Sample().Matches(metrics)
        .Where(match => string.Equals(match.Groups["name"].Value, name, StringComparison.Ordinal))
        .Sum(match => double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^(?<name>\w+)(?:\{[^}]*\})? (?<value>\S+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Sample();
}
