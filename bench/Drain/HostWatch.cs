using System.Diagnostics;
using System.Globalization;

namespace DataLoad.Bench.Drain;

/// <summary>
/// Watches a host, or the nodes of a cluster, drain a backlog, through <c>/metrics</c>: often at the start and at the end, whose times count, and
/// the seldomer between the farther the end is, since each look takes from the cores that are measured.
/// </summary>
internal static class HostWatch
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan Seldom = TimeSpan.FromMilliseconds(250);

    /// <summary>Waits until all is counted and flushed.</summary>
    /// <returns>The seconds from the first delivery to the last row flushed, exact to the poll of 25 ms.</returns>
    public static async Task<double> DrainSecondsAsync(IReadOnlyList<int> ports, long messages, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        long start = 0;
        while (true)
        {
            string metrics = string.Join('\n', await Task.WhenAll(ports.Select(port => ReadAsync(http, port, cancellationToken))).ConfigureAwait(false));
            if (start == 0 && Sum(metrics, "dataload_deliveries_total") > 0)
            {
                start = Stopwatch.GetTimestamp();
            }

            double events = Sum(metrics, "dataload_events_total");
            if (events >= messages && Sum(metrics, "dataload_journal_unflushed") == 0)
            {
                return Stopwatch.GetElapsedTime(start).TotalSeconds;
            }

            await Task.Delay(Pause(start, events, messages), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Half as long as what is left takes at the rate so far, between <see cref="Often"/> and <see cref="Seldom"/>.</summary>
    private static TimeSpan Pause(long start, double events, long messages)
    {
        if (start == 0)
        {
            return Often;
        }

        if (events == 0)
        {
            return Seldom;
        }

        TimeSpan left = Stopwatch.GetElapsedTime(start) * ((messages - events) / events / 2);
        return left < Often ? Often : left > Seldom ? Seldom : left;
    }

    private static async Task<string> ReadAsync(HttpClient http, int port, CancellationToken cancellationToken)
    {
        try
        {
            string address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/metrics");
            return await http.GetStringAsync(new Uri(address), cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException)
        {
            // Not listening yet.
            return "";
        }
    }

    /// <summary>The sum of a metric's samples: lines of its name, labels in braces or none, and a number.</summary>
    private static double Sum(string metrics, string name)
    {
        double sum = 0;
        foreach (ReadOnlySpan<char> line in metrics.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is ' ' or '{')
            {
                sum += double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
            }
        }

        return sum;
    }
}
