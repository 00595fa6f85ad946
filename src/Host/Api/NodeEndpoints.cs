using System.Reflection;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Partitions;
using DataLoad.Host.Access;
using DataLoad.Host.Web;

namespace DataLoad.Host.Api;

/// <summary>The node, its Partitions, the nodes, the catalog, and who asks.</summary>
internal static class NodeEndpoints
{
    private const string Serving = "serving";
    private const string Waiting = "waiting";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly string Version = Assembly.GetExecutingAssembly()
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public static void Map(RouteGroupBuilder api, ApiServices services)
    {
        api.MapRead("/whoami", context =>
        {
            Caller caller = Caller.Of(context);
            return Task.FromResult(Results.Json(
                new WhoAmI(caller.Role == AccessRole.Operator ? "operator" : "reader", caller.ByToken ? "token" : "loopback", services.Settings.Http.HasTokens),
                ApiJson.Default.WhoAmI));
        });
        api.MapRead("/status", async context => Results.Json(await StatusAsync(services, context.RequestAborted), ApiJson.Default.NodeStatus));
        api.MapRead("/shards", _ => Task.FromResult(Results.Json(new ShardList([.. services.Node.Registry.Partitions.Select(ShardList.ShardEntry.Of)]), ApiJson.Default.ShardList)));
        api.MapRead("/nodes", async context => Results.Json(await NodesAsync(services, context.RequestAborted), ApiJson.Default.NodeList));
        api.MapRead("/catalog", _ => Task.FromResult(Results.Json(
            new CatalogDescription(
                [.. services.Catalog.Pages.Select(page => new CatalogDescription.PageEntry(page.Name, page.Table,
                    [.. page.Metrics.Select(metric => new CatalogDescription.MetricEntry(metric.Column, KindOf(metric)))]))],
                [.. services.Catalog.Streams.Select(stream => new CatalogDescription.StreamEntry(stream.Name, stream.Page, stream.Exchange, stream.Queue,
                    services.Settings.Engine.Amqp.Of(stream).Enabled))]),
            ApiJson.Default.CatalogDescription)));
    }

    /// <summary>What the node is at.</summary>
    public static string StateOf(ApiServices services) => services.Node.IsServing ? Serving : Waiting;

    private static async Task<NodeStatus> StatusAsync(ApiServices services, CancellationToken cancellationToken)
    {
        ReadinessReport ready = await services.Health.JudgeAsync(cancellationToken);
        IReadOnlyList<PartitionStatus> shards = services.Node.Registry.Partitions;
        return new NodeStatus
        {
            Node = services.Info.Id,
            Version = Version,
            StartedAt = services.StartedAt.ToUnixTimeMilliseconds(),
            Now = services.NowMs,
            UptimeSeconds = (long)(services.Time.GetUtcNow() - services.StartedAt).TotalSeconds,
            State = StateOf(services),
            Ready = ready.IsReady,
            TimeZone = services.Settings.Engine.TimeZone,
            Today = services.Today.Today,
            Broker = HealthOf(ready, "broker", services.Settings.Engine.Amqp.SafeName),
            Store = HealthOf(ready, "store", services.Store.Name),
            Business = HealthOf(ready, "business", services.Lookup.Name),
            Shards = new NodeStatus.ShardCount(shards.Count, services.Settings.Engine.Partitions.Partitions),
            Memory = new NodeStatus.MemoryUsage(
                services.Node.Budget.UsedBytes,
                services.Settings.Engine.Partitions.MemoryBudgetBytes,
                Environment.WorkingSet,
                shards.Sum(shard => (long)shard.Counters),
                shards.Sum(shard => (long)shard.Damaged)),
            Unflushed = shards.Sum(shard => (long)shard.Unflushed),
            Uncheckpointed = shards.Sum(shard => shard.EventsSinceCheckpoint),
            Parked = services.Node.Parked,
            Lag = ready.Lag,
            DeadLetters = services.Node.Intake?.DeadLetters,
            Totals = Tallies.Of(services.Tallies.Counts(stream: null)),
            Rates = Rates.Of(services.Tallies.Rates(stream: null)),
            Paused = ready.Paused,
            Failing = (services.Node.Intake?.Failing ?? []).DistinctBy(failing => failing.Key)
                .ToDictionary(failing => failing.Key, failing => failing.Value, StringComparer.Ordinal),
        };
    }

    private static DependencyHealth HealthOf(ReadinessReport report, string check, string name) =>
        string.Equals(report.Checks[check], ReadinessReport.Ok, StringComparison.Ordinal) ? new DependencyHealth(Ok: true, Detail: null, name)
            : new DependencyHealth(Ok: false, report.Checks[check], name);

    private static async Task<NodeList> NodesAsync(ApiServices services, CancellationToken cancellationToken)
    {
        int shards = services.Node.Registry.Partitions.Count;
        var self = new NodeList.NodeEntry(services.Info.Id, services.Info.Address, IsSelf: true, shards, StateOf(services));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        IReadOnlyList<NodePresence> known = await services.Store.Leases.ListNodesAsync(patience.Token);
        return new NodeList(
        [
            self,
            .. known
                .Where(other => !string.Equals(other.Node.Id, services.Info.Id, StringComparison.Ordinal))
                .Select(other => new NodeList.NodeEntry(other.Node.Id, other.Node.Address, IsSelf: false, other.Shards > 0 ? services.Settings.Engine.Partitions.Partitions : 0, other.Shards > 0 ? Serving : Waiting)),
        ]);
    }

    private static string KindOf(Metric metric) => metric.Kind switch
    {
        MetricKind.Amount => "amount",
        MetricKind.Distinct => "distinct",
        _ => "count",
    };
}
