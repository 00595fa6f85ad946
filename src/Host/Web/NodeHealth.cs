using System.Collections.Immutable;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Resolving;
using DataLoad.Host.Access;
using DataLoad.Host.Watching;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DataLoad.Host.Web;

/// <summary>What <c>/health/ready</c> answers.</summary>
/// <param name="Checks">What was looked at, and <see cref="Ok"/> or what is wrong.</param>
/// <param name="Lag">How many messages wait in the queues; null where nobody knows.</param>
/// <param name="Paused">The streams that an operator paused, which is meant and no fault.</param>
/// <param name="State"><c>ready</c>, <c>degraded</c> or <c>not-ready</c>.</param>
/// <param name="Reasons">Why, a sentence each.</param>
public sealed record ReadinessReport(IReadOnlyDictionary<string, string> Checks, long? Lag, IReadOnlyList<string> Paused, string State, IReadOnlyList<string> Reasons)
{
    /// <summary>The answer of a check that found nothing wrong.</summary>
    public const string Ok = "ok";

    /// <summary>Whether all is well.</summary>
    public bool IsReady => State is not OperatingState.NotReady;

    /// <summary>The same as shown elsewhere.</summary>
    internal OperatingState Operating => new(State, Reasons);
}

/// <summary><c>/health/live</c>: the process and its actor system are alive. <c>/health/ready</c>: it counts, and what it needs is there. A check
/// takes part by its tag.</summary>
internal sealed class NodeHealth(HealthCheckService checks, ClusterNode node, INodeFacts facts)
{
    /// <summary>The tag of checks that <c>/health/ready</c> asks.</summary>
    public const string Ready = "ready";

    /// <summary>Below it, checks name single things that are wrong, each with its own line.</summary>
    private const string StreamsCheck = "streams";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LookPatience = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private Task<ReadinessReport>? _looking;
    private volatile ReadinessReport? _last;

    /// <summary>What was found last, for who watches and has asked <see cref="JudgeAsync"/> at first: begins to look anew for the next time, and waits for
    /// no server that hangs.</summary>
    public ReadinessReport LookAgain()
    {
        lock (_lock)
        {
            _looking = _looking is { IsCompleted: false } looking ? looking : LookAsync();
        }

        return _last ?? throw new InvalidOperationException("LookAgain was called before JudgeAsync had found anything.");
    }

    /// <summary>Checks all that the node needs.</summary>
    public async Task<ReadinessReport> JudgeAsync(CancellationToken cancellationToken)
    {
        NodeFacts now = facts.Take();
        HealthReport report = await checks.CheckHealthAsync(check => check.Tags.Contains(Ready), cancellationToken);
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, HealthReportEntry entry) in report.Entries)
        {
            if (!string.Equals(name, StreamsCheck, StringComparison.Ordinal))
            {
                found[name] = Answer(entry);
            }

            foreach ((string what, object wrong) in entry.Data.Where(_ => entry.Status != HealthStatus.Healthy))
            {
                found[what] = wrong.ToString()!;
            }
        }

        foreach ((string name, HealthReportEntry entry) in await node.CheckJournalAsync(cancellationToken))
        {
            found[name] = Answer(entry);
        }

        return _last = ReportOf(found, now);
    }

    private static ReadinessReport ReportOf(IReadOnlyDictionary<string, string> checks, NodeFacts facts)
    {
        var state = OperatingState.Of(checks.Select(check => KeyValuePair.Create(check.Key, check.Value is ReadinessReport.Ok ? null : check.Value)), facts);
        return new ReadinessReport(checks, LagOf(facts), facts.Paused, state.State, state.Reasons);
    }

    /// <summary>Looks, and does not wait for a look that does not end.</summary>
    private async Task<ReadinessReport> LookAsync()
    {
        using var patience = new CancellationTokenSource(LookPatience);
        try
        {
            return await JudgeAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            var found = new Dictionary<string, string>(StringComparer.Ordinal) { ["node"] = $"its own checks did not end within {LookPatience.TotalSeconds:0} s" };
            return _last = ReportOf(found, facts.Take());
        }
    }

    internal static void Register(IHealthChecksBuilder checks, long maxLag) => checks
        .Add("node", node => node.IsServing ? null : node.WaitingFor ?? "recovering or stopping")
        .Add("broker", node => node.BrokerError)
        .Add("store", async (services, token) => services.GetRequiredService<INodeFacts>().Take().FailingPartitions is { Count: > 0 } failing
            ? string.Join("; ", failing)
            : await PingAsync(services.GetRequiredService<IStore>().PingAsync, token))
        .Add("business", async (services, token) => await PingAsync(services.GetRequiredService<ILookup>().PingAsync, token))
        .Add("lag", node => LagOf(node) is long lag && maxLag > 0 && lag > maxLag ? $"{lag} messages wait, more than dataload.health.max-lag = {maxLag}" : null)
        .Add(new HealthCheckRegistration(
            StreamsCheck, services => new FailingStreams(services.GetRequiredService<INodeFacts>()), failureStatus: null, [Ready]));

    private static string Answer(HealthReportEntry entry) => entry.Status == HealthStatus.Healthy
        ? ReadinessReport.Ok
        : entry.Description ?? entry.Exception?.Message ?? entry.Status.ToString();

    private static long? LagOf(NodeFacts facts) => facts.TotalLag is { IsKnown: true } lag ? lag.Messages : null;

    private static async Task<string?> PingAsync(Func<CancellationToken, ValueTask> ping, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await ping(patience.Token).AsTask().WaitAsync(patience.Token);
            return null;
        }
        catch (Exception e)
        {
            return e is OperationCanceledException ? $"no answer within {Patience.TotalSeconds:0} s" : e.Message;
        }
    }

    private sealed class FailingStreams(INodeFacts facts) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            ImmutableDictionary<string, object> failing = facts.Take().Failing
                .ToImmutableDictionary(stream => OperatingState.StreamPrefix + stream.Key, object (stream) => stream.Value, StringComparer.Ordinal);
            return Task.FromResult(failing.IsEmpty ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(data: failing));
        }
    }
}

/// <summary>Registers the health of a node, and maps its answers.</summary>
internal static class NodeHealthExtensions
{
    /// <summary>Adds what a node looks at to judge itself.</summary>
    public static IServiceCollection AddNodeHealth(this IServiceCollection services, HostSettings settings)
    {
        NodeHealth.Register(services.AddHealthChecks(), settings.MaxLag);
        return services.AddSingleton<INodeFacts, ClusterNodeFacts>().AddSingleton<NodeHealth>();
    }

    /// <summary>Answers at <c>/health/live</c> and <c>/health/ready</c>.</summary>
    public static void MapHealth(this WebApplication app)
    {
        NodeHealth health = app.Services.GetRequiredService<NodeHealth>();
        ClusterNode node = app.Services.GetRequiredService<ClusterNode>();
        app.MapGet("/health/live", async (CancellationToken cancellationToken) => await node.IsAliveAsync(cancellationToken)
            ? Results.Json(new { status = "live" })
            : Results.Json(new { status = "the actor system has ended" }, statusCode: StatusCodes.Status503ServiceUnavailable)).WithAccess(AccessPolicy.Health);
        app.MapGet("/health/ready", async (CancellationToken cancellationToken) =>
        {
            ReadinessReport report = await health.JudgeAsync(cancellationToken);
            return Results.Json(report, statusCode: report.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        }).WithAccess(AccessPolicy.Health);
    }

    /// <summary>Adds a check that readiness asks, which says what is wrong, or null.</summary>
    public static IHealthChecksBuilder Add(this IHealthChecksBuilder checks, string name,
        Func<IServiceProvider, CancellationToken, ValueTask<string?>> check) =>
        checks.Add(new HealthCheckRegistration(name, services => new Check(services, check), failureStatus: null, [NodeHealth.Ready]));

    public static IHealthChecksBuilder Add(this IHealthChecksBuilder checks, string name, Func<NodeFacts, string?> check) =>
        checks.Add(name, (services, _) => ValueTask.FromResult(check(services.GetRequiredService<INodeFacts>().Take())));

    private sealed class Check(IServiceProvider services, Func<IServiceProvider, CancellationToken, ValueTask<string?>> check) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            await check(services, cancellationToken) is { } wrong ? HealthCheckResult.Unhealthy(wrong) : HealthCheckResult.Healthy();
    }
}
