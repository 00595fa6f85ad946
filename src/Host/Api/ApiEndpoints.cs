using System.Reflection;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Statistics;
using DataLoad.Host.Access;
using DataLoad.Host.Auditing;
using DataLoad.Host.Hosting;
using DataLoad.Host.Questions;
using DataLoad.Host.Watching;
using DataLoad.Host.Web;

namespace DataLoad.Host.Api;

/// <summary>The HTTP API, version 1. Each resource has a file.</summary>
internal static class ApiEndpoints
{
    public const string Root = "/api/v1";

    public static void Map(WebApplication app, ApiServices services)
    {
        RouteGroupBuilder api = app.MapGroup(Root);
        api.AddEndpointFilter((context, next) => BusinessClock.TellAsync(services, context, next));
        api.AddEndpointFilter(ApiErrors.CatchAsync);
        api.AddEndpointFilter(async (context, next) =>
        {
            await services.Shown.RefreshAsync(context.HttpContext.RequestAborted);
            return await next(context);
        });
        MapDescription(api, "openapi.yaml", "application/yaml");
        MapDescription(api, "openapi.json", "application/json");
        NodeEndpoints.Map(api, services);
        ClusterEndpoints.Map(api, services);
        PartitionEndpoints.Map(api, services);
        ActorEndpoint.Map(api, services);
        StreamEndpoints.Map(api, services);
        CounterEndpoints.Map(api, services);
        TopicNamesEndpoint.Map(api, services);
        MaintenanceEndpoints.Map(api, services);
        BackfillEndpoints.Map(api, services);
        TailEndpoint.Map(api, services);
        LiveEndpoint.Map(api, services);
        RateEndpoint.Map(api, services);
        LogEndpoint.Map(api, services);
        DeadLetterEndpoints.Map(api, services);
        JournalEndpoint.Map(api, services);
        ExplainEndpoint.Map(api, services);
        TraceEndpoint.Map(api, services);
        BreakdownEndpoint.Map(api, services);
        QuestionEndpoints.Map(api, services);
        SettingEndpoints.Map(api, services);
        AuditEndpoint.Map(api, services);
        app.MapFallback("/api/{**path}", (HttpContext context) => Results.Problem($"There is no {context.Request.Method} {context.Request.Path}; "
            + $"{Root}/openapi.yaml describes what there is.", statusCode: StatusCodes.Status404NotFound)).WithAccess(AccessPolicy.Reader);
    }

    /// <summary>An endpoint that reads.</summary>
    public static void MapRead(this RouteGroupBuilder api, string path, Func<HttpContext, Task<IResult>> answer, AccessPolicy policy = AccessPolicy.Reader) =>
        api.MapGet(path, answer).WithAccess(policy);

    /// <summary>An endpoint that reads, and answers with JSON.</summary>
    public static void MapRead<T>(this RouteGroupBuilder api, string path, JsonTypeInfo<T> type, Func<HttpContext, Task<T>> answer,
        AccessPolicy policy = AccessPolicy.Reader) => api.MapRead(path, async context => Results.Json(await answer(context), type), policy);

    /// <summary>An endpoint that reads what is at hand, and answers with JSON.</summary>
    public static void MapRead<T>(this RouteGroupBuilder api, string path, JsonTypeInfo<T> type, Func<HttpContext, T> answer) =>
        api.MapRead(path, context => Task.FromResult(Results.Json(answer(context), type)));

    /// <summary>An endpoint that changes something, and answers with JSON.</summary>
    public static void MapWrite<T>(this RouteGroupBuilder api, string method, string path, JsonTypeInfo<T> type, Func<HttpContext, Task<T>> answer)
    {
        // Typed, for else it is taken for a RequestDelegate, whose result nobody writes.
        Func<HttpContext, Task<IResult>> write = async context => Results.Json(await answer(context), type);
        api.MapMethods(path, [method], write).WithAccess(AccessPolicy.Operator);
    }

    /// <summary>The API's own description, which tells nothing of the node.</summary>
    private static void MapDescription(RouteGroupBuilder api, string name, string contentType)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The program was built without {name}.");
        using var reader = new StreamReader(stream);
        string text = reader.ReadToEnd();
        api.MapRead($"/{name}", _ => Task.FromResult(Results.Text(text, contentType)), AccessPolicy.Open);
    }
}

/// <summary>What the endpoints work with.</summary>
internal sealed record ApiServices(HostSettings Settings, Catalog Declared, ShownCatalog Shown, ClusterNode Node, NodeInfo Info, IStore Store, ILookup Lookup, NodeHealth Health, INodeFacts Facts,
    EngineTallies Tallies, RateHistory RateHistory, TodayTotals Today, QuestionDesk Questions, RowUnions Unions, PartUnions Parts, DeadLetterDesk DeadLetters, AuditTrail Audit, LogLevels LogLevels, RecentLog Log, TimeProvider Time) : IDisposable
{
    /// <summary>What can be asked for by now.</summary>
    public Catalog Catalog => Shown.Now;

    public DateTimeOffset StartedAt { get; } = Time.GetUtcNow();

    /// <summary>Bounds those that watch.</summary>
    public SemaphoreSlim Watchers { get; } = new(Settings.Http.MaxWatchers);

    /// <summary>Bounds other nodes that watch on behalf of theirs, each of which watches all nodes.</summary>
    public SemaphoreSlim PeerWatchers { get; } = new(Settings.Http.MaxWatchers * PeerEvents.MaxPeers);

    /// <summary>Bounds the cells that are explained.</summary>
    public SemaphoreSlim Explanations { get; } = new(Settings.Http.MaxExplanations);

    /// <summary>Bounds the sessions that are traced.</summary>
    public SemaphoreSlim Traces { get; } = new(Settings.Traces.MaxRunning);

    /// <summary>The nodes that live.</summary>
    public NodeDirectory Nodes { get; } = new(Store.Nodes, Info);

    /// <summary>Asks other nodes.</summary>
    public NodeRelay Relay { get; } = new();

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public void Dispose()
    {
        Watchers.Dispose();
        PeerWatchers.Dispose();
        Explanations.Dispose();
        Traces.Dispose();
        Relay.Dispose();
    }
}

/// <summary>How the API's shapes are written and read.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified)]
[JsonSerializable(typeof(WhoAmI))]
[JsonSerializable(typeof(NodeStatus))]
[JsonSerializable(typeof(ReportedState))]
[JsonSerializable(typeof(CatalogDescription))]
[JsonSerializable(typeof(StreamList))]
[JsonSerializable(typeof(StreamDetails))]
[JsonSerializable(typeof(ShardList))]
[JsonSerializable(typeof(NodeList))]
[JsonSerializable(typeof(ClusterDetails))]
[JsonSerializable(typeof(ClusterTarget))]
[JsonSerializable(typeof(ClusterChanged))]
[JsonSerializable(typeof(ClusterNews))]
[JsonSerializable(typeof(PartitionList))]
[JsonSerializable(typeof(PartitionStats))]
[JsonSerializable(typeof(ActorList))]
[JsonSerializable(typeof(TopicList))]
[JsonSerializable(typeof(TopicDetails))]
[JsonSerializable(typeof(TopicNames))]
[JsonSerializable(typeof(TotalsList))]
[JsonSerializable(typeof(DailySeries))]
[JsonSerializable(typeof(OperationResult))]
[JsonSerializable(typeof(BackfillReport))]
[JsonSerializable(typeof(CountedEvent))]
[JsonSerializable(typeof(DroppedEvents))]
[JsonSerializable(typeof(AwayNode))]
[JsonSerializable(typeof(LiveUpdate))]
[JsonSerializable(typeof(PastRates))]
[JsonSerializable(typeof(DeadLetterGroups))]
[JsonSerializable(typeof(DeadLetterList))]
[JsonSerializable(typeof(DeadLetterDetails))]
[JsonSerializable(typeof(DeadLetterRequest))]
[JsonSerializable(typeof(DeadLetterEdit))]
[JsonSerializable(typeof(DeadLetterMoveResult))]
[JsonSerializable(typeof(JournalPage))]
[JsonSerializable(typeof(CellDetails))]
[JsonSerializable(typeof(SessionTimeline))]
[JsonSerializable(typeof(BreakdownList))]
[JsonSerializable(typeof(BreakdownTotals))]
[JsonSerializable(typeof(DistinctPeople))]
[JsonSerializable(typeof(RetentionTable))]
[JsonSerializable(typeof(Funnel))]
[JsonSerializable(typeof(QuestionStep))]
[JsonSerializable(typeof(QuestionProblem))]
[JsonSerializable(typeof(SettingList))]
[JsonSerializable(typeof(LogLevelList))]
[JsonSerializable(typeof(LogLevelChange))]
[JsonSerializable(typeof(LogEntry))]
[JsonSerializable(typeof(AuditPage))]
internal sealed partial class ApiJson : JsonSerializerContext;
