using System.Text.Json;
using DataLoad.Host.Watching;
using DataLoad.Host.Web;

namespace DataLoad.Host.Api;

/// <summary>Live rates: all of it once, and then what has changed, every second or so.</summary>
internal static class LiveEndpoint
{
    // Each node tells one about as often as they are taken.
    private const int PeersWaiting = 16 * PeerEvents.MaxPeers;

    private static readonly TimeSpan TotalsPatience = TimeSpan.FromSeconds(30);

    public static void Map(RouteGroupBuilder api, ApiServices services) =>
        api.MapRead("/live", context =>
        {
            bool isLocal = new ApiQuery(context.Request.Query).Flag(PeerEvents.LocalParameter);
            return Watch.RunAsync(services, context, (events, token) => RunAsync(services, context, events, isLocal, token), isLocal);
        });

    private static async Task RunAsync(ApiServices services, HttpContext context, EventStream events, bool isLocal, CancellationToken cancellationToken)
    {
        await using PeerEvents? peers = isLocal ? null : new PeerEvents(services, context, PeersWaiting, cancellationToken);
        var others = new Others();
        LiveUpdate last = await TakeAsync(services, await services.Health.JudgeAsync(cancellationToken), others, isLocal, cancellationToken);
        await events.WriteAsync("snapshot", last, ApiJson.Default.LiveUpdate, cancellationToken);
        await events.FlushAsync(cancellationToken);
        using var timer = new PeriodicTimer(services.Settings.Http.LiveInterval, services.Time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            Hear(peers, others);
            LiveUpdate now = await TakeAsync(services, services.Health.LookAgain(), others, isLocal, cancellationToken);
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

    private static void Hear(PeerEvents? peers, Others others)
    {
        while (peers?.Events.TryRead(out PeerEvent one) == true)
        {
            if (one.Name is PeerEvents.Gone || (one.Name is "snapshot" or "delta" && Read(one.Data) is null))
            {
                others.Updates.Remove(one.Node);
            }
            else if (one.Name is "snapshot" or "delta")
            {
                others.Silent.Remove(one.Node);
                others.Updates[one.Node] = LiveSum.Merge(one.Name is "snapshot" ? null : others.Updates.GetValueOrDefault(one.Node), Read(one.Data)!);
            }
            else if (one.Name is PeerEvents.Away)
            {
                others.Silent[one.Node] = Encoding.UTF8.GetString(one.Data);
            }
            else if (one.Name is PeerEvents.Left)
            {
                others.Silent.Remove(one.Node);
            }
        }
    }

    /// <returns>Null for what a node of another version may tell.</returns>
    private static LiveUpdate? Read(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ApiJson.Default.LiveUpdate);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task<LiveUpdate> TakeAsync(ApiServices services, ReadinessReport ready, Others others, bool isLocal,
        CancellationToken cancellationToken)
    {
        // The sums of the day are of the store, whoever asks.
        LiveUpdate own = Take(services, ready, isLocal ? null : await TodayAsync(services, cancellationToken));
        return isLocal ? own : LiveSum.Of(services.Info.Id, own, others.Updates) with
        {
            Cluster = ClusterState.Of(services, new OperatingState(own.State, own.Reasons), others.States, others.Silent),
        };
    }

    private static LiveUpdate Take(ApiServices services, ReadinessReport ready, IReadOnlyDictionary<Page, TodayTotals.PageTotals>? today)
    {
        NodeFacts facts = services.Facts.Take();
        return new LiveUpdate
        {
            Now = services.NowMs,
            Ready = ready.IsReady,
            State = ready.State,
            Reasons = ready.Reasons,
            Rates = Rates.Of(services.Tallies.Rates(stream: null)),
            Totals = Tallies.Of(services.Tallies.Counts(stream: null)),
            Lag = LastKnown.Now(facts.TotalLag),
            LagLastKnown = LastKnown.Of(facts.TotalLag),
            Parked = facts.Parked,
            DeadLetters = LastKnown.Now(facts.DeadLetters),
            DeadLettersLastKnown = LastKnown.Of(facts.DeadLetters),
            ResidentBytes = services.Node.Budget.UsedBytes,
            Streams = StreamEndpoints.All(services).ToDictionary(
                stream => stream.Name,
                stream => new LiveUpdate.LiveStream(stream.State, stream.Rates.Events, stream.Rates.Deliveries, stream.Rates.Duplicates,
                    stream.Rates.DeadLetters, stream.Lag, stream.Unacknowledged)
                {
                    LagLastKnown = stream.LagLastKnown,
                },
                StringComparer.Ordinal),
            Today = services.Today.Today,
            TodayTotals = today?.ToDictionary(
                page => page.Key.Name, page => NamedValues.Of(page.Key, page.Value.Values, columns: null, page.Value.Gaps.AreKnown), StringComparer.Ordinal),
            TodayWhy = today?.Where(page => page.Value.Gaps.Why is not null)
                .ToDictionary(page => page.Key.Name, page => page.Value.Gaps.Why!, StringComparer.Ordinal),
        };
    }

    private static async Task<IReadOnlyDictionary<Page, TodayTotals.PageTotals>?> TodayAsync(ApiServices services, CancellationToken cancellationToken)
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(TotalsPatience);
            return await services.Today.GetAsync(patience.Token);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested
            && e is System.Data.Common.DbException or Engine.Storage.StoreException or OperationCanceledException or TimeoutException)
        {
            // The store is away, which the node's state says; rates go on.
            return null;
        }
    }

    /// <summary>What other nodes told last, and why those are silent that should tell.</summary>
    private sealed record Others
    {
        public Dictionary<string, LiveUpdate> Updates { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, string> Silent { get; } = new(StringComparer.Ordinal);

        public IEnumerable<KeyValuePair<string, OperatingState>> States =>
            Updates.Select(other => KeyValuePair.Create(other.Key, new OperatingState(other.Value.State, other.Value.Reasons)));
    }
}
