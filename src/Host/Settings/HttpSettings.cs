using System.Net;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Questions;
using DataLoad.Engine.Tracing;

namespace DataLoad.Host.Settings;

/// <summary>Where HTTP answers, to whom, and how much.</summary>
public sealed record HttpSettings
{
    /// <summary>The addresses; empty for nowhere.</summary>
    public IReadOnlyList<string> Urls { get; init; } = ["http://127.0.0.1:8080"];

    /// <summary>The token that lets its bearer read; empty for none.</summary>
    public string ReaderToken { get; init; } = "";

    /// <summary>The token that lets its bearer read, users and sessions included; empty for none.</summary>
    public string AnalystToken { get; init; } = "";

    /// <summary>The token that lets its bearer read and change; empty for none.</summary>
    public string OperatorToken { get; init; } = "";

    /// <summary>Further names that requests may call the node by.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>How many calls an address may make a second, over time.</summary>
    public int Rate { get; init; } = 100;

    /// <summary>How many calls an address may make at once.</summary>
    public int Burst { get; init; } = 500;

    /// <summary>How many wrong tokens an address may show within <see cref="FailedWindow"/>.</summary>
    public int FailedTries { get; init; } = 10;

    /// <summary>How long wrong tokens are counted together.</summary>
    public TimeSpan FailedWindow { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How many may watch live rates, counted events or the log at the same time.</summary>
    public int MaxWatchers { get; init; } = 20;

    /// <summary>How often live rates are told.</summary>
    public TimeSpan LiveInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long live rates are kept; zero for none.</summary>
    public TimeSpan RateHistory { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often the day's totals are summed while somebody watches.</summary>
    public TimeSpan TotalsInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many topics a CSV that is sorted by a metric may have.</summary>
    public int MaxSortedCsv { get; init; } = 100_000;

    /// <summary>How many journal blocks may wait for one who watches counted events.</summary>
    public int TailBlocks { get; init; } = 64;

    /// <summary>How many lines of the log, or events of the cluster, may wait for one who watches them.</summary>
    public int TailLines { get; init; } = 1000;

    /// <summary>How many journal entries one call looks at.</summary>
    public int JournalScan { get; init; } = 100_000;

    /// <summary>How many cells are explained at the same time.</summary>
    public int MaxExplanations { get; init; } = 2;

    /// <summary>Whether a token is set.</summary>
    public bool HasTokens => ReaderToken.Length > 0 || AnalystToken.Length > 0 || OperatorToken.Length > 0;

    /// <summary>Whether all addresses are this machine's alone.</summary>
    public bool IsLoopbackOnly => Urls.All(url => IsLoopback(new Uri(url)));

    /// <summary>Why a node must not start with these settings, and what to do about it; null where it may.</summary>
    public string? Refusal => IsLoopbackOnly || HasTokens
        ? null
        : $"dataload.http.urls = {string.Join(';', Urls)} answers beyond this machine, which takes a token: set DATALOAD_HTTP_OPERATOR_TOKEN or "
            + "DATALOAD_HTTP_READER_TOKEN (openssl rand -hex 32), or listen on 127.0.0.1.";

    private static bool IsLoopback(Uri url) =>
        string.Equals(url.IdnHost, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(url.IdnHost, out IPAddress? address) && IPAddress.IsLoopback(address));
}

/// <summary>Reads <c>dataload.http</c>, <c>dataload.dead-letters</c>, <c>dataload.questions</c> and <c>dataload.trace</c>.</summary>
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
            AnalystToken = config.GetString("dataload.http.analyst-token"),
            OperatorToken = config.GetString("dataload.http.operator-token"),
            AllowedHosts = config.GetStringList("dataload.http.allowed-hosts"),
            Rate = config.GetInt("dataload.http.rate", 1, 1_000_000),
            Burst = config.GetInt("dataload.http.burst", 1, 1_000_000),
            FailedTries = config.GetInt("dataload.http.failed-tries", 1, 1_000_000),
            FailedWindow = config.GetDuration("dataload.http.failed-window", TimeSpan.FromSeconds(1), Day),
            MaxWatchers = config.GetInt("dataload.http.max-watchers", 0, 10_000),
            LiveInterval = config.GetDuration("dataload.http.live-interval", TimeSpan.FromMilliseconds(100), Day),
            RateHistory = config.GetDuration("dataload.http.rate-history", TimeSpan.Zero, TimeSpan.FromHours(1)),
            TotalsInterval = config.GetDuration("dataload.http.totals-interval", TimeSpan.FromMilliseconds(100), Day),
            MaxSortedCsv = config.GetInt("dataload.http.max-sorted-csv", 1, 10_000_000),
            TailBlocks = config.GetInt("dataload.http.tail-blocks", 1, 10_000),
            TailLines = config.GetInt("dataload.http.tail-lines", 1, 100_000),
            JournalScan = config.GetInt("dataload.http.journal-scan", 1, 100_000_000),
            MaxExplanations = config.GetInt("dataload.http.max-explanations", 1, 100),
        };
        (string Role, string Token)[] tokens =
            [.. new[] { ("reader", settings.ReaderToken), ("analyst", settings.AnalystToken), ("operator", settings.OperatorToken) }.Where(role => role.Item2.Length > 0)];
        IGrouping<string, (string Role, string Token)>? same = tokens.GroupBy(role => role.Token, StringComparer.Ordinal).FirstOrDefault(roles => roles.Count() > 1);
        return same is null
            ? settings
            : throw new HoconException(
                $"{string.Join(" and ", same.Select(role => $"dataload.http.{role.Role}-token"))} are the same: give each role a token of its own.");
    }

    /// <exception cref="HoconException">A value is not what is expected.</exception>
    public static DeadLetterSettings BindDeadLetters(HoconConfig config) => new()
    {
        Page = config.GetInt("dataload.dead-letters.page", 1, 65_535),
        PageBytes = config.GetBytes("dataload.dead-letters.page-bytes", 1, int.MaxValue),
        ConfirmWindow = config.GetInt("dataload.amqp.confirm-window", 1, 65_535),
        ConfirmTimeout = config.GetDuration("dataload.intake.dead-letter-patience", TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)),
        UnlimitedDeliveries = config.GetBool("dataload.dead-letters.unlimited-deliveries"),
        MaxListed = config.GetInt("dataload.dead-letters.max-listed", 1, 100_000_000),
        Patience = config.GetDuration("dataload.dead-letters.patience", TimeSpan.Zero, Day),
    };

    /// <exception cref="HoconException">A value is not what is expected.</exception>
    public static QuestionSettings BindQuestions(HoconConfig config) => new()
    {
        MaxRunning = config.GetInt("dataload.questions.max-running", 1, 100),
        Patience = config.GetDuration("dataload.questions.patience", TimeSpan.Zero, Day),
        MaxDays = config.GetInt("dataload.questions.max-days", 1, 10_000),
        MaxTopics = config.GetInt("dataload.questions.max-topics", 1, 100_000),
        MaxBytes = config.GetBytes("dataload.questions.max-bytes", 1024 * 1024, long.MaxValue),
        MaxSortedRows = config.GetInt("dataload.questions.max-sorted-rows", 1, 10_000_000),
    };

    /// <exception cref="HoconException">A value is not what is expected.</exception>
    public static TraceSettings BindTraces(HoconConfig config, DatabaseSettings store) => new()
    {
        PartitionsAtOnce = config.GetInt("dataload.trace.partitions-at-once", 0, 100) is int partitions and > 0 ? partitions
            : store.Provider == DatabaseProvider.Sqlite ? 1 : new TraceSettings().PartitionsAtOnce,
        MaxRunning = config.GetInt("dataload.trace.max-running", 1, 100),
        MaxBlocks = config.GetInt("dataload.trace.max-blocks", 1, 10_000_000),
        MaxScannedBlocks = config.GetInt("dataload.trace.max-scanned-blocks", 0, int.MaxValue),
        MaxRows = config.GetInt("dataload.trace.max-rows", 1, 1_000_000),
    };

    private static string[] BindUrls(HoconConfig config)
    {
        string[] urls = config.GetString("dataload.http.urls").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return urls.All(url => Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https")
            ? urls
            : throw config.Get("dataload.http.urls").Fail("addresses such as http://127.0.0.1:8080, separated by semicolons");
    }
}
