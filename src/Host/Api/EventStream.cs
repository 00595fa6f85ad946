using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Watching;
using DataLoad.Host.Access;

namespace DataLoad.Host.Api;

/// <summary>Server-sent events on a response.</summary>
internal sealed class EventStream(HttpContext context)
{
    private static readonly byte[] EndOfEvent = "\n\n"u8.ToArray();
    private static readonly byte[] Comment = ":\n\n"u8.ToArray();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        await BeatAsync(cancellationToken);
    }

    /// <summary>Tells the other side, and whatever stands between, that the stream lives.</summary>
    public async Task BeatAsync(CancellationToken cancellationToken)
    {
        await context.Response.Body.WriteAsync(Comment, cancellationToken);
        await FlushAsync(cancellationToken);
    }

    /// <summary>Writes an event, which goes out with the next <see cref="FlushAsync"/>.</summary>
    public async Task WriteAsync<T>(string name, T data, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        await context.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"event: {name}\ndata: "), cancellationToken);
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(data, type), cancellationToken);
        await context.Response.Body.WriteAsync(EndOfEvent, cancellationToken);
    }

    public Task FlushAsync(CancellationToken cancellationToken) => context.Response.Body.FlushAsync(cancellationToken);
}

/// <summary>Runs a request that lasts until its caller goes or the node stops, one of a bounded number.</summary>
internal static class Watch
{
    public static async Task<IResult> RunAsync(ApiServices services, HttpContext context, Func<EventStream, CancellationToken, Task> work)
    {
        if (!await services.Watchers.WaitAsync(TimeSpan.Zero, context.RequestAborted))
        {
            throw new ApiProblem(StatusCodes.Status429TooManyRequests,
                $"{services.Settings.Http.MaxWatchers} watch already: end one, or raise dataload.http.max-watchers.");
        }

        CancellationToken stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            var stream = new EventStream(context);
            await stream.StartAsync(ends.Token);
            await work(stream, ends.Token);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // Nobody watches any more.
        }
        finally
        {
            services.Watchers.Release();
        }

        return Results.Empty;
    }
}

/// <summary>Live rates: all of it once, and then what has changed, every second or so.</summary>
internal static class LiveEndpoint
{
    private static readonly TimeSpan TotalsPatience = TimeSpan.FromSeconds(30);

    public static void Map(RouteGroupBuilder api, ApiServices services) =>
        api.MapRead("/live", context => Watch.RunAsync(services, context, (events, token) => RunAsync(services, events, token)));

    private static async Task RunAsync(ApiServices services, EventStream events, CancellationToken cancellationToken)
    {
        LiveUpdate last = await TakeAsync(services, cancellationToken);
        await events.WriteAsync("snapshot", last, ApiJson.Default.LiveUpdate, cancellationToken);
        await events.FlushAsync(cancellationToken);
        using var timer = new PeriodicTimer(services.Settings.Http.LiveInterval, services.Time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            LiveUpdate now = await TakeAsync(services, cancellationToken);
            await events.WriteAsync("delta", Delta(last, now), ApiJson.Default.LiveUpdate, cancellationToken);
            await events.FlushAsync(cancellationToken);
            last = now;
        }
    }

    private static LiveUpdate Delta(LiveUpdate last, LiveUpdate now) => now with
    {
        Streams = now.Streams.Where(stream => stream.Value != last.Streams[stream.Key])
            .ToDictionary(stream => stream.Key, stream => stream.Value, StringComparer.Ordinal),
        TodayTotals = now.TodayTotals?
            .Where(page => last.TodayTotals?.TryGetValue(page.Key, out NamedValues? before) != true || !before!.Entries.AsSpan()
                .SequenceEqual(page.Value.Entries))
            .ToDictionary(page => page.Key, page => page.Value, StringComparer.Ordinal) is { Count: > 0 } changed ? changed : null,
    };

    private static async Task<LiveUpdate> TakeAsync(ApiServices services, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, NamedValues>? today = await TodayAsync(services, cancellationToken);
        return new LiveUpdate
        {
            Now = services.NowMs,
            Ready = services.Node.IsServing && services.Node.Intake is { IsConnected: true } intake && !intake.Failing.Any(),
            State = NodeEndpoints.StateOf(services),
            Rates = Rates.Of(services.Tallies.Rates(stream: null)),
            Totals = Tallies.Of(services.Tallies.Counts(stream: null)),
            Lag = services.Node.Intake?.Lag.Values.Sum() ?? 0,
            Parked = services.Node.Parked,
            DeadLetters = services.Node.Intake?.DeadLetters,
            ResidentBytes = services.Node.Budget.UsedBytes,
            Streams = StreamEndpoints.All(services).ToDictionary(
                stream => stream.Name,
                stream => new LiveUpdate.LiveStream(stream.State, stream.Rates.Events, stream.Rates.Deliveries, stream.Rates.Duplicates,
                    stream.Rates.DeadLetters, stream.Lag, stream.Unacknowledged),
                StringComparer.Ordinal),
            Today = services.Today.Today,
            TodayTotals = today,
        };
    }

    private static async Task<IReadOnlyDictionary<string, NamedValues>?> TodayAsync(ApiServices services, CancellationToken cancellationToken)
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(TotalsPatience);
            IReadOnlyDictionary<Page, long[]> totals = await services.Today.GetAsync(patience.Token);
            return totals.ToDictionary(page => page.Key.Name, page => NamedValues.Of(page.Key, page.Value), StringComparer.Ordinal);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested
            && e is System.Data.Common.DbException or Engine.Storage.StoreException or OperationCanceledException or TimeoutException)
        {
            // The store is away, which the node's state says; rates go on.
            return null;
        }
    }
}

/// <summary>Events as they are counted. What comes faster than it is wanted is dropped and counted, and no Partition waits.</summary>
internal static class TailEndpoint
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    public static void Map(RouteGroupBuilder api, ApiServices services) => api.MapRead("/tail", async context =>
    {
        var query = new ApiQuery(context.Request.Query);
        StreamDefinition? stream = query.Stream(services.Catalog);
        TopicKey? topic = query.Topic();
        int rate = query.Int("rate", 1, 1000) ?? 50;
        bool users = query.Flag("users");
        if (users)
        {
            await UsersAsync(services, context, "tail", $"stream={stream?.Name} topic={topic}");
        }

        return await Watch.RunAsync(services, context, (events, token) => RunAsync(services, events, stream, topic, rate, users, token));
    });

    /// <summary>Who may see users, and that they did.</summary>
    public static async Task UsersAsync(ApiServices services, HttpContext context, string action, string detail)
    {
        if (Caller.Of(context).Role != AccessRole.Operator)
        {
            throw new ApiProblem(StatusCodes.Status403Forbidden, "users=true takes the operator's token: it shows who did what.");
        }

        await services.Audit.RunAsync(context, $"{action}.users", "", detail, () => Task.CompletedTask);
    }

    private static async Task RunAsync(ApiServices services, EventStream events, StreamDefinition? stream, TopicKey? topic, int rate, bool users,
        CancellationToken cancellationToken)
    {
        using PersistedBlocks.Watch watch = services.Node.Persisted.Begin(services.Settings.Http.TailBlocks);
        var reader = new EntryReader(services.Catalog, users);
        long second = 0;
        int shown = 0;
        long dropped = 0;
        Task<bool> more = watch.Blocks.WaitToReadAsync(cancellationToken).AsTask();
        while (true)
        {
            await Task.WhenAny(more, Task.Delay(Beat, services.Time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            bool any = more.IsCompleted;
            while (watch.Blocks.TryRead(out PersistedBlock block))
            {
                reader.Open(block);
                while (reader.Next())
                {
                    if ((stream is not null && reader.Event.Stream != stream) || (topic is { } wanted && !reader.Event.Topic.Equals(wanted)))
                    {
                        continue;
                    }

                    long now = services.NowMs / 1000;
                    shown = now == second ? shown : 0;
                    second = now;
                    if (shown++ < rate)
                    {
                        await events.WriteAsync("counted", reader.Show(block.Partition), ApiJson.Default.CountedEvent, cancellationToken);
                    }
                    else
                    {
                        dropped++;
                    }
                }
            }

            more = any ? watch.Blocks.WaitToReadAsync(cancellationToken).AsTask() : more;
            dropped += watch.TakeDropped();
            if (dropped > 0)
            {
                await events.WriteAsync("dropped", new DroppedEvents(dropped), ApiJson.Default.DroppedEvents, cancellationToken);
                dropped = 0;
            }

            await (any ? events.FlushAsync(cancellationToken) : events.BeatAsync(cancellationToken));
        }
    }
}
