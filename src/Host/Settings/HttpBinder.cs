using DataLoad.Engine.DeadLetters;
using DataLoad.Host.Hocon;

namespace DataLoad.Host.Settings;

/// <summary>Reads <c>dataload.http</c> and <c>dataload.dead-letters</c>.</summary>
internal static class HttpBinder
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <exception cref="HoconException">A value is not what is expected.</exception>
    public static HttpSettings Bind(HoconConfig config)
    {
        var settings = new HttpSettings
        {
            Urls = BindUrls(config),
            ReaderToken = config.GetString("dataload.http.reader-token"),
            OperatorToken = config.GetString("dataload.http.operator-token"),
            AllowedHosts = [.. config.GetList("dataload.http.allowed-hosts").Select(host => host.AsString())],
            Rate = config.GetInt("dataload.http.rate", 1, 1_000_000),
            Burst = config.GetInt("dataload.http.burst", 1, 1_000_000),
            FailedTries = config.GetInt("dataload.http.failed-tries", 1, 1_000_000),
            FailedWindow = config.GetDuration("dataload.http.failed-window", TimeSpan.FromSeconds(1), Day),
            MaxWatchers = config.GetInt("dataload.http.max-watchers", 0, 10_000),
            LiveInterval = config.GetDuration("dataload.http.live-interval", TimeSpan.FromMilliseconds(100), Day),
            TotalsInterval = config.GetDuration("dataload.http.totals-interval", TimeSpan.FromMilliseconds(100), Day),
            MaxSortedCsv = config.GetInt("dataload.http.max-sorted-csv", 1, 10_000_000),
            TailBlocks = config.GetInt("dataload.http.tail-blocks", 1, 10_000),
            JournalScan = config.GetInt("dataload.http.journal-scan", 1, 100_000_000),
        };
        return settings.OperatorToken.Length == 0 || !string.Equals(settings.OperatorToken, settings.ReaderToken, StringComparison.Ordinal)
            ? settings
            : throw new HoconException("dataload.http.reader-token and dataload.http.operator-token are the same: give each role a token of its own.");
    }

    /// <exception cref="HoconException">A value is not what is expected.</exception>
    public static DeadLetterSettings BindDeadLetters(HoconConfig config) => new()
    {
        Page = config.GetInt("dataload.dead-letters.page", 1, 65_535),
        MaxListed = config.GetInt("dataload.dead-letters.max-listed", 1, 100_000_000),
        Patience = config.GetDuration("dataload.dead-letters.patience", TimeSpan.Zero, Day),
    };

    private static string[] BindUrls(HoconConfig config)
    {
        string[] urls = config.GetString("dataload.http.urls").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return urls.All(url => Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https")
            ? urls
            : throw config.Get("dataload.http.urls").Fail("addresses such as http://127.0.0.1:8080, separated by semicolons");
    }
}
