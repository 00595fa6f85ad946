using System.Text.Json.Serialization;
using DataLoad.Engine.Intake;
using DataLoad.Host.Watching;

namespace DataLoad.Host.Api;

/// <summary>The streams, and pausing them.</summary>
internal static class StreamEndpoints
{
    private static readonly TimeSpan PausePatience = TimeSpan.FromSeconds(10);

    public static void Map(RouteGroupBuilder api, ApiServices services)
    {
        api.MapReadOfNode(services, "/streams", ApiJson.Default.StreamList, _ => new StreamList(All(services)));
        api.MapReadOfNode(services, "/streams/{stream}", ApiJson.Default.StreamDetails, context => Of(services, Named(services, context)));
        api.MapWrite(HttpMethods.Post, "/streams/{stream}/pause", ApiJson.Default.StreamDetails, context => SetAsync(services, context, paused: true));
        api.MapWrite(HttpMethods.Post, "/streams/{stream}/resume", ApiJson.Default.StreamDetails, context => SetAsync(services, context, paused: false));
    }

    /// <summary>All streams as they are.</summary>
    public static IReadOnlyList<StreamDetails> All(ApiServices services)
    {
        NodeFacts facts = services.Facts.Take();
        return [.. services.Catalog.Streams.Select(stream => Of(services, stream, facts))];
    }

    private static async Task<StreamDetails> SetAsync(ApiServices services, HttpContext context, bool paused)
    {
        StreamDefinition stream = Named(services, context);
        if (!services.Settings.Engine.Amqp.Of(stream).Enabled)
        {
            throw new ApiProblem(StatusCodes.Status409Conflict,
                $"Stream {stream.Name} is not consumed at all: dataload.streams.\"{stream.Name}\".enabled is false.");
        }

        await services.Audit.RunAsync(context, paused ? "stream.pause" : "stream.resume", stream.Name, "", () =>
            services.Node.SetPausedAsync(stream.Name, paused, context.RequestAborted));
        return await SettledAsync(services, stream, paused, context.RequestAborted);
    }

    /// <summary>A pause has been done when nothing is unacknowledged any more; that is waited for, not for long.</summary>
    private static async Task<StreamDetails> SettledAsync(ApiServices services, StreamDefinition stream, bool paused, CancellationToken cancellationToken)
    {
        long start = services.Time.GetTimestamp();
        StreamDetails shape = Of(services, stream);
        while (paused && shape.Unacknowledged > 0 && services.Time.GetElapsedTime(start) < PausePatience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), services.Time, cancellationToken);
            shape = Of(services, stream);
        }

        return shape;
    }

    private static StreamDefinition Named(ApiServices services, HttpContext context)
    {
        string name = context.Request.RouteValues["stream"] as string ?? "";
        return services.Catalog.FindStream(name)
            ?? throw ApiProblem.NoSuch($"There is no stream {name}: there are ", name, services.Catalog.Streams.Select(stream => stream.Name));
    }

    private static StreamDetails Of(ApiServices services, StreamDefinition stream) => Of(services, stream, services.Facts.Take());

    private static StreamDetails Of(ApiServices services, StreamDefinition stream, NodeFacts facts)
    {
        StreamStatus? status = facts.Streams.GetValueOrDefault(stream.Name);
        QueueLength? lag = facts.Lag.TryGetValue(stream.Name, out QueueLength length) ? length : null;
        Engine.Intake.StreamSettings settings = services.Settings.Engine.Amqp.Of(stream);
        return new StreamDetails
        {
            Name = stream.Name,
            Page = stream.Page,
            Exchange = stream.Exchange,
            Queue = stream.Queue,
            Enabled = settings.Enabled,
            Paused = status?.IsPaused ?? false,
            State = !settings.Enabled ? "disabled"
                : status is null ? "waiting"
                : status.IsPaused ? "paused"
                : status.Failing is null ? "running" : "failing",
            Failing = status?.Failing,
            Prefetch = settings.Prefetch ?? services.Settings.Engine.Intake.Prefetch,
            Lag = LastKnown.Now(lag),
            LagLastKnown = LastKnown.Of(lag),
            Unacknowledged = status?.Unacknowledged ?? 0,
            DeadLettersByReason = services.Tallies.Of(stream.Name).Reasons,
            Totals = Tallies.Of(services.Tallies.Counts(stream.Name)),
            Rates = Rates.Of(services.Tallies.Rates(stream.Name)),
        };
    }
}

/// <summary>All streams.</summary>
internal sealed record StreamList(IReadOnlyList<StreamDetails> Streams);

/// <summary>A stream and how it fares.</summary>
internal sealed record StreamDetails
{
    public required string Name { get; init; }
    public required string Page { get; init; }
    public required string Exchange { get; init; }
    public required string Queue { get; init; }
    public required bool Enabled { get; init; }
    public required bool Paused { get; init; }
    public required string State { get; init; }
    public required string? Failing { get; init; }
    public required int Prefetch { get; init; }
    public required long? Lag { get; init; }
    public LastKnown? LagLastKnown { get; init; }
    public required long Unacknowledged { get; init; }
    public required IReadOnlyDictionary<string, long> DeadLettersByReason { get; init; }
    public required Tallies Totals { get; init; }
    public required Rates Rates { get; init; }
}

/// <summary>What was known last of a number that is not known now, and when that was: it is unknown since.</summary>
/// <param name="Value">The number then.</param>
/// <param name="At">When, in epoch milliseconds.</param>
internal sealed record LastKnown(long Value, long At)
{
    /// <summary>How long a queue is, or null where that is not known now.</summary>
    public static long? Now(QueueLength? queue) => queue is { IsKnown: true } known ? known.Messages : null;

    /// <summary>How long a queue was, where that is not known now; null where it is, and where it never was.</summary>
    public static LastKnown? Of(QueueLength? queue) => queue is { IsKnown: false } last ? new LastKnown(last.Messages, last.At.ToUnixTimeMilliseconds()) : null;
}

/// <summary>Counts since the node started.</summary>
internal sealed record Tallies(long Deliveries, long Events, long Duplicates, long Unidentified, long Retries, long Parked, long DeadLetters)
{
    public static Tallies Of(long[] counts) => new(counts[(int)TallyKind.Deliveries], counts[(int)TallyKind.Events], counts[(int)TallyKind.Duplicates],
        counts[(int)TallyKind.Unidentified], counts[(int)TallyKind.Retries], counts[(int)TallyKind.Parked], counts[(int)TallyKind.DeadLetters]);
}

/// <summary>Counts a second, over the last seconds.</summary>
internal sealed record Rates(double Deliveries, double Events, double Duplicates, double Retries, double Parked, double DeadLetters)
{
    public static Rates Of(double[] rates) => new(rates[(int)TallyKind.Deliveries], rates[(int)TallyKind.Events], rates[(int)TallyKind.Duplicates],
        rates[(int)TallyKind.Retries], rates[(int)TallyKind.Parked], rates[(int)TallyKind.DeadLetters]);
}

/// <summary>What changes from second to second; what a delta leaves out is as it was.</summary>
internal sealed record LiveUpdate
{
    public required long Now { get; init; }
    public required bool Ready { get; init; }
    public required string State { get; init; }
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>The state of all nodes together; null where it is one node's own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public OperatingState? Cluster { get; init; }
    public required Rates Rates { get; init; }
    public required Tallies Totals { get; init; }
    public required long? Lag { get; init; }
    public LastKnown? LagLastKnown { get; init; }
    public required long? Parked { get; init; }
    public required long? DeadLetters { get; init; }
    public LastKnown? DeadLettersLastKnown { get; init; }
    public required long ResidentBytes { get; init; }
    public required IReadOnlyDictionary<string, LiveStream> Streams { get; init; }
    public required DateOnly Today { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public IReadOnlyDictionary<string, NamedValues>? TodayTotals { get; init; }

    /// <summary>What the unions of distinct columns lack, by page.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public IReadOnlyDictionary<string, string>? TodayWhy { get; init; }

    /// <summary>Each node by its id; null where it is one node's own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public IReadOnlyDictionary<string, LiveNode>? Nodes { get; init; }

    internal sealed record LiveNode(string State, double Events, double Deliveries, double Duplicates, double DeadLetters, long ResidentBytes,
        long Unacknowledged);

    internal sealed record LiveStream(string State, double Events, double Deliveries, double Duplicates, double DeadLetters, long? Lag, long Unacknowledged)
    {
        public LastKnown? LagLastKnown { get; init; }
    }
}
