using System.Reflection;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Partitions;
using DataLoad.Host.Access;
using DataLoad.Host.Watching;
using DataLoad.Host.Web;

namespace DataLoad.Host.Api;

/// <summary>The node, its Partitions, the nodes, the catalog, and who asks.</summary>
internal static class NodeEndpoints
{
    private static readonly string Version = Assembly.GetExecutingAssembly()
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public static void Map(RouteGroupBuilder api, ApiServices services)
    {
        api.MapRead("/whoami", ApiJson.Default.WhoAmI, context =>
        {
            Caller caller = Caller.Of(context);
            return new WhoAmI(caller.RoleName, caller.Means, services.Settings.Http.HasTokens);
        });
        api.MapReadOfNode(services, "/status", ApiJson.Default.NodeStatus, context => StatusAsync(services, context.RequestAborted));
        api.MapRead("/shards", ApiJson.Default.ShardList, _ => new ShardList([.. services.Node.Registry.Everywhere.Select(ShardList.ShardEntry.Of)]));
        api.MapRead("/nodes", ApiJson.Default.NodeList, context => NodesAsync(services, context));
        api.MapRead("/catalog", ApiJson.Default.CatalogDescription, _ => new CatalogDescription(
            [.. services.Catalog.Pages.Select(page => new CatalogDescription.PageEntry(page.Name, page.Table,
                [.. page.Metrics.Select(metric => new CatalogDescription.MetricEntry(metric.Column, KindOf(metric), MetricNames.Of(metric.Column)?.English, MetricNames.Of(metric.Column)?.Chinese))],
                [.. page.Breakdowns.Select(breakdown => breakdown.Name())]))],
            [.. services.Catalog.Streams.Select(stream => new CatalogDescription.StreamEntry(stream.Name, stream.Page, stream.Exchange, stream.Queue,
                services.Settings.Engine.Amqp.Of(stream).Enabled))]));
    }

    private static async Task<NodeStatus> StatusAsync(ApiServices services, CancellationToken cancellationToken)
    {
        ReadinessReport ready = await services.Health.JudgeAsync(cancellationToken);
        NodeFacts facts = services.Facts.Take();
        IReadOnlyList<PartitionStatus> shards = services.Node.Registry.Partitions;
        return new NodeStatus
        {
            Node = services.Info.Id,
            Version = Version,
            StartedAt = services.StartedAt.ToUnixTimeMilliseconds(),
            Now = services.NowMs,
            UptimeSeconds = (long)(services.Time.GetUtcNow() - services.StartedAt).TotalSeconds,
            State = ready.State,
            Reasons = ready.Reasons,
            Ready = ready.IsReady,
            TimeZone = services.Settings.Engine.TimeZone,
            Today = services.Today.Today,
            Broker = HealthOf(ready, "broker", services.Settings.Engine.Amqp.ToConnectionSettings().SafeName),
            Store = HealthOf(ready, "store", services.Store.Name),
            Business = HealthOf(ready, "business", services.Lookup.Name),
            Shards = new NodeStatus.ShardCount(shards.Count, services.Settings.Engine.Partitions.Partitions),
            Memory = new NodeStatus.MemoryUsage(services.Node.Budget.UsedBytes, services.Settings.Engine.Partitions.MemoryBudgetBytes, Environment.WorkingSet,
                shards.Sum(shard => (long)shard.Counters), shards.Sum(shard => (long)shard.Damaged)),
            Unflushed = shards.Sum(shard => (long)shard.Unflushed),
            Uncheckpointed = shards.Sum(shard => shard.EventsSinceCheckpoint),
            Parked = facts.Parked,
            Lag = LastKnown.Now(facts.TotalLag),
            LagLastKnown = LastKnown.Of(facts.TotalLag),
            DeadLetters = LastKnown.Now(facts.DeadLetters),
            DeadLettersLastKnown = LastKnown.Of(facts.DeadLetters),
            Totals = Tallies.Of(services.Tallies.Counts(stream: null)),
            Rates = Rates.Of(services.Tallies.Rates(stream: null)),
            Paused = ready.Paused,
            Failing = facts.Failing.ToDictionary(StringComparer.Ordinal),
        };
    }

    private static DependencyHealth HealthOf(ReadinessReport report, string check, string name) =>
        report.Checks[check] is ReadinessReport.Ok ? new DependencyHealth(Ok: true, Detail: null, name)
            : new DependencyHealth(Ok: false, report.Checks[check], name);

    private static async Task<NodeList> NodesAsync(ApiServices services, HttpContext context)
    {
        IReadOnlyList<NodePresence> known = await services.Nodes.ListAsync(context.RequestAborted);
        Task<ReadinessReport> judging = services.Health.JudgeAsync(context.RequestAborted);
        IReadOnlyDictionary<string, OperatingState> heard = (await ClusterState.AskAsync(services, context, known)).Heard;
        IReadOnlyDictionary<string, int> shards = services.Node.Registry.CountByNode();
        var self = new NodeList.NodeEntry(services.Info.Id, services.Info.Address, IsSelf: true, ShardsOf(services.Info), (await judging).State);
        return new NodeList([self, .. known.Where(other => !string.Equals(other.Node.Id, self.Id, StringComparison.Ordinal)).Select(EntryOf)]);

        NodeList.NodeEntry EntryOf(NodePresence other) =>
            new(other.Node.Id, other.Node.Address, IsSelf: false, ShardsOf(other.Node), heard.GetValueOrDefault(other.Node.Id)?.State ?? OperatingState.Unknown);

        int ShardsOf(NodeInfo node) => shards.GetValueOrDefault(node.Id);
    }

    private static string KindOf(Metric metric) => metric.Kind.ToString().ToLowerInvariant();
}

/// <summary>The node in one look.</summary>
internal sealed record NodeStatus
{
    public required string Node { get; init; }
    public required string Version { get; init; }
    public required long StartedAt { get; init; }
    public required long Now { get; init; }
    public required long UptimeSeconds { get; init; }
    public required string State { get; init; }
    public IReadOnlyList<string> Reasons { get; init; } = [];
    public required bool Ready { get; init; }
    public required string TimeZone { get; init; }
    public required DateOnly Today { get; init; }
    public required DependencyHealth Broker { get; init; }
    public required DependencyHealth Store { get; init; }
    public required DependencyHealth Business { get; init; }
    public required ShardCount Shards { get; init; }
    public required MemoryUsage Memory { get; init; }
    public required long Unflushed { get; init; }
    public required long Uncheckpointed { get; init; }
    public required long? Parked { get; init; }
    public required long? Lag { get; init; }
    public LastKnown? LagLastKnown { get; init; }
    public required long? DeadLetters { get; init; }
    public LastKnown? DeadLettersLastKnown { get; init; }
    public required Tallies Totals { get; init; }
    public required Rates Rates { get; init; }
    public required IReadOnlyList<string> Paused { get; init; }
    public required IReadOnlyDictionary<string, string> Failing { get; init; }

    /// <summary>How many Partitions run here, of how many.</summary>
    internal sealed record ShardCount(int Owned, int Total);

    /// <summary>What is held in memory.</summary>
    internal sealed record MemoryUsage(long ResidentBytes, long BudgetBytes, long ProcessBytes, long Counters, long Damaged);
}

/// <summary>Whether something that the node needs is there.</summary>
internal sealed record DependencyHealth(bool Ok, string? Detail, string? Name);

/// <summary>The nodes that are known.</summary>
internal sealed record NodeList(IReadOnlyList<NodeList.NodeEntry> Nodes)
{
    internal sealed record NodeEntry(string Id, string Address, bool IsSelf, int Shards, string State);
}

/// <summary>The Partitions that are known to run, on whatever node.</summary>
internal sealed record ShardList(IReadOnlyList<ShardList.ShardEntry> Shards)
{
    /// <summary>A Partition. Its SequenceNr is that of its last block; what is uncheckpointed is counted in events.</summary>
    internal sealed record ShardEntry(int Shard, string Node, string Phase, long Epoch, long SequenceNr, long CheckpointSequenceNr, long Uncheckpointed,
        int Counters, long ResidentBytes, int Unflushed, int Damaged, string? Failing)
    {
        public static ShardEntry Of(PartitionStatus status) => new(status.Partition, status.Node, status.Phase.ToString().ToLowerInvariant(),
            status.Epoch, status.SequenceNr, status.Checkpoint, status.EventsSinceCheckpoint, status.Counters, status.ResidentBytes, status.Unflushed,
            status.Damaged,
            status.Failing);
    }
}

/// <summary>The pages and streams.</summary>
internal sealed record CatalogDescription(IReadOnlyList<CatalogDescription.PageEntry> Pages, IReadOnlyList<CatalogDescription.StreamEntry> Streams)
{
    internal sealed record PageEntry(string Name, string Table, IReadOnlyList<MetricEntry> Metrics, IReadOnlyList<string> Breakdowns);

    /// <summary>A metric, and what people call it.</summary>
    internal sealed record MetricEntry(string Column, string Kind, string? English, string? Chinese);

    internal sealed record StreamEntry(string Name, string Page, string Exchange, string Queue, bool Enabled);
}

/// <summary>A caller's role.</summary>
internal sealed record WhoAmI(string Role, string Authentication, bool TokensConfigured);
