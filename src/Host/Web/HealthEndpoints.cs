using DataLoad.Engine.Node;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage;
using DataLoad.Host.Access;

namespace DataLoad.Host.Web;

/// <summary><c>/health/live</c>: the process answers. <c>/health/ready</c>: it counts, and what it needs is there.</summary>
internal static class HealthEndpoints
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static void Map(WebApplication app, EngineNode node, IStore store, ILookup lookup, long maxLag)
    {
        app.MapGet("/health/live", () => Results.Json(new { status = "live" })).For(AccessDoor.Health);
        app.MapGet("/health/ready", async (CancellationToken cancellationToken) =>
        {
            ReadinessReport report = await JudgeAsync(node, store, lookup, maxLag, cancellationToken).ConfigureAwait(false);
            return Results.Json(report, statusCode: report.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        }).For(AccessDoor.Health);
    }

    /// <summary>Looks at all that the node needs.</summary>
    public static async Task<ReadinessReport> JudgeAsync(EngineNode node, IStore store, ILookup lookup, long maxLag, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        long lag = node.Intake?.Lag.Values.Sum() ?? 0;
        var checks = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["node"] = node.IsServing ? ReadinessReport.Ok : "standing by, recovering or stopping",
            ["broker"] = node.Intake is not { } intake ? "not connected yet" : intake.ConnectionError ?? ReadinessReport.Ok,
            ["store"] = node.Region?.Failing ?? await TryAsync(store.PingAsync, patience.Token).ConfigureAwait(false),
            ["business"] = await TryAsync(lookup.PingAsync, patience.Token).ConfigureAwait(false),
            ["lag"] = maxLag == 0 || lag <= maxLag ? ReadinessReport.Ok : $"{lag} messages wait, more than dataload.health.max-lag = {maxLag}",
        };
        foreach ((string stream, string error) in node.Intake?.Failing ?? [])
        {
            checks[$"stream {stream}"] = error;
        }

        return new ReadinessReport(checks, lag, [.. (node.Intake?.Streams ?? []).Where(stream => stream.IsPaused).Select(stream => stream.Stream)]);
    }

    private static async Task<string> TryAsync(Func<CancellationToken, ValueTask> ping, CancellationToken cancellationToken)
    {
        try
        {
            await ping(cancellationToken).AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
            return ReadinessReport.Ok;
        }
        catch (Exception e)
        {
            return e is OperationCanceledException ? $"no answer within {Patience.TotalSeconds:0} s" : e.Message;
        }
    }
}
