using System.Text.Json;
using DataLoad.Engine.Contract;
using DataLoad.Host.Access;
using DataLoad.Host.Dashboard;
using DataLoad.Host.Hosting;
using DataLoad.Host.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataLoad.Dashboard.Tests.Stub;

/// <summary>
/// The node's own web server, gate and dashboard over made-up answers in the API's shapes: what a test needs to say
/// when, such as the next live numbers, it says here.
/// </summary>
internal sealed class StubNode : IAsyncDisposable
{
    public const string ReaderToken = "reader-token-of-the-tests";
    public const string OperatorToken = "operator-token-of-the-tests";

    private readonly RateLimits _limits;
    private readonly WebApplication _web;

    private StubNode(HttpSettings settings)
    {
        _limits = new RateLimits(settings);
        Live = new StubLive();
        DeadLetters = new StubDeadLetters();
        _web = WebHost.Build(settings, NullLoggerFactory.Instance, _limits, app =>
        {
            app.Use((context, next) =>
            {
                lock (Requests)
                {
                    Requests.Add($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
                }

                return next(context);
            });
            DashboardEndpoints.Map(app);
            StubApi.Map(app, this);
        });
    }

    public Uri Address { get; private set; } = null!;

    public StubLive Live { get; }

    public StubDeadLetters DeadLetters { get; }

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
        await _web.DisposeAsync();
        await _limits.DisposeAsync();
    }
}
