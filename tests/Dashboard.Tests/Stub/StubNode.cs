using System.Globalization;
using System.Text.Json;
using DataLoad.Engine.Contract;
using DataLoad.Host.Dashboard;
using DataLoad.Host.Settings;
using DataLoad.Host.Watching;
using DataLoad.Host.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DataLoad.Dashboard.Tests.Stub;

/// <summary>
/// The node's own web server, gate and dashboard over made-up answers in the API's shapes: what a test needs to say
/// when, such as the next live numbers, it says here.
/// </summary>
internal sealed class StubNode : IAsyncDisposable
{
    public const string ReaderToken = "reader-token-of-the-tests";
    public const string AnalystToken = "analyst-token-of-the-tests";
    public const string OperatorToken = "operator-token-of-the-tests";

    private readonly WebApplication _web;

    private StubNode(HttpSettings settings)
    {
        Live = new StubLive();
        DeadLetters = new StubDeadLetters();
        _web = WebServer.CreateBuilder(settings).Build();
        _web.UseAccess();
        _web.Use((context, next) =>
        {
            lock (Requests)
            {
                Requests.Add($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
            }

            context.Response.Headers["X-DataLoad-Time-Zone"] = StubApi.TimeZone;
            context.Response.Headers["X-DataLoad-Today"] = StubTopics.Today.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            return next(context);
        });
        DashboardEndpoints.Map(_web);
        StubApi.Map(_web, this);
        Backfill.Map(_web, this);
    }

    public Uri Address { get; private set; } = null!;

    public StubLive Live { get; }

    /// <summary>What happens in the cluster.</summary>
    public StubLive Cluster { get; } = new("change") { Snapshot = () => new { } };

    /// <summary>Events as they are counted.</summary>
    public StubLive Tail { get; } = new("counted") { Snapshot = () => new { } };

    public StubDeadLetters DeadLetters { get; }

    public StubBackfill Backfill { get; } = new();

    public StubQuestions Questions { get; } = new();

    /// <summary>Why different people of several rows are not united, or not all of them; null where they are.</summary>
    public string? Why { get; set; }

    /// <summary>Why dead letters are neither purged nor taken corrected; null where they are.</summary>
    public string? Refusal { get; set; }

    /// <summary>Why a topic of a list has not all of its people; null where it has.</summary>
    public string? RowWhy { get; set; }

    /// <summary>The rates that the node has kept.</summary>
    public IReadOnlyList<RatePoint> PastRates { get; set; } = [];

    /// <summary>Nodes whose rates are not among them, and why.</summary>
    public IReadOnlyDictionary<string, string>? AwayRates { get; set; }

    /// <summary>What was asked for, in order.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>What was posted, in order.</summary>
    public List<(string Path, JsonElement Body)> Posts { get; } = [];

    public static async Task<StubNode> StartAsync(bool withTokens = false)
    {
        var node = new StubNode(new HttpSettings
        {
            Urls = ["http://127.0.0.1:0"],
            ReaderToken = withTokens ? ReaderToken : "",
            AnalystToken = withTokens ? AnalystToken : "",
            OperatorToken = withTokens ? OperatorToken : "",
            Burst = 100_000,
            Rate = 100_000,
        });
        await node._web.StartAsync();
        node.Address = new Uri(node._web.Urls.First());
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        Live.End();
        Cluster.End();
        Tail.End();
        await _web.DisposeAsync();
    }
}
