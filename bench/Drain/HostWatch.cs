using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace DataLoad.Bench.Drain;

/// <summary>Watches a host drain a backlog, through its <c>/metrics</c>.</summary>
internal static partial class HostWatch
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until all is counted and flushed.</summary>
    /// <returns>The seconds from the first delivery to the last row flushed, exact to the poll of 50 ms.</returns>
    public static async Task<double> DrainSecondsAsync(int port, long messages, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")), Timeout = TimeSpan.FromSeconds(30) };
        long start = 0;
        while (true)
        {
            string metrics = await ReadAsync(http, cancellationToken).ConfigureAwait(false);
            if (start == 0 && Sum(metrics, "dataload_deliveries_total") > 0)
            {
                start = Stopwatch.GetTimestamp();
            }

            if (Sum(metrics, "dataload_events_total") >= messages && Sum(metrics, "dataload_journal_unflushed") == 0)
            {
                return Stopwatch.GetElapsedTime(start).TotalSeconds;
            }

            await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
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
