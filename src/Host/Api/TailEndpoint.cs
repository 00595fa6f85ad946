using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Watching;
using DataLoad.Host.Access;

namespace DataLoad.Host.Api;

/// <summary>Events as they are counted. What comes faster than it is wanted is dropped and counted, and no Partition waits.</summary>
internal static class TailEndpoint
{
    private const int PeersWaiting = 1000;

    private static readonly TaskCompletionSource<bool> Never = new();
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    public static void Map(RouteGroupBuilder api, ApiServices services) => api.MapRead("/tail", async context =>
    {
        var query = new ApiQuery(context.Request.Query);
        StreamDefinition? stream = query.Stream(services.Catalog);
        TopicKey? topic = query.Topic();
        int rate = query.Int("rate", 1, 1000) ?? 50;
        bool users = query.Flag("users");
        bool isLocal = query.Flag(PeerEvents.LocalParameter);
        if (users)
        {
            await UsersAsync(services, context, "tail", $"stream={stream?.Name} topic={topic}");
        }

        var wanted = new TailFilter(stream, topic, rate, users);
        return await Watch.RunAsync(services, context, (events, token) => RunAsync(services, context, events, wanted, isLocal, token), isLocal);
    });

    /// <summary>Who may see users, and that they did.</summary>
    public static async Task UsersAsync(ApiServices services, HttpContext context, string action, string detail)
    {
        if (Caller.Of(context).Role < AccessRole.Analyst)
        {
            throw new ApiProblem(StatusCodes.Status403Forbidden, "users=true takes the analyst's token or the operator's: it shows who did what.");
        }

        await services.Audit.RunAsync(context, $"{action}.users", "", detail, () => Task.CompletedTask);
    }

    private static async Task RunAsync(ApiServices services, HttpContext context, EventStream events, TailFilter wanted, bool isLocal,
        CancellationToken cancellationToken)
    {
        using Watch<PersistedBlock> watch = services.Node.Persisted.Begin(services.Settings.Http.TailBlocks);
        await using PeerEvents? peers = isLocal ? null : new PeerEvents(services, context, PeersWaiting, cancellationToken);
        var reader = new EntryReader(services.Catalog, wanted.Users);
        var shown = new ShownRate(wanted.Rate);
        Task<bool> more = watch.Items.WaitToReadAsync(cancellationToken).AsTask();
        Task<bool> others = WaitAsync();
        while (true)
        {
            await Task.WhenAny(more, others, Task.Delay(Beat, services.Time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            bool any = more.IsCompleted || others.IsCompleted;
            while (watch.Items.TryRead(out PersistedBlock block))
            {
                reader.Open(block);
                while (reader.Next())
                {
                    if (wanted.Wants(reader.Event.Stream, reader.Event.Topic) && shown.MayShow(services.NowMs))
                    {
                        await events.WriteAsync("counted", reader.Show(block.Partition), ApiJson.Default.CountedEvent, cancellationToken);
                    }
                }
            }

            while (peers?.Events.TryRead(out PeerEvent one) == true)
            {
                await PassOnAsync(one);
            }

            more = more.IsCompleted ? watch.Items.WaitToReadAsync(cancellationToken).AsTask() : more;
            others = others.IsCompleted ? WaitAsync() : others;
            long dropped = shown.TakeDropped() + watch.TakeDropped() + (peers?.TakeDropped() ?? 0);
            if (dropped > 0)
            {
                await events.WriteAsync("dropped", new DroppedEvents(dropped), ApiJson.Default.DroppedEvents, cancellationToken);
            }

            await (any ? events.FlushAsync(cancellationToken) : events.BeatAsync(cancellationToken));
        }

        Task<bool> WaitAsync() => peers?.Events.WaitToReadAsync(cancellationToken).AsTask() ?? Never.Task;

        async Task PassOnAsync(PeerEvent one)
        {
            switch (one.Name)
            {
                case "counted" when shown.MayShow(services.NowMs):
                    await events.WriteAsync(one.Name, one.Data, cancellationToken);
                    break;
                case "dropped":
                    shown.Dropped(DroppedEvents.Read(one.Data));
                    break;
                case PeerEvents.Away:
                    var away = new AwayNode(one.Node, Encoding.UTF8.GetString(one.Data));
                    await events.WriteAsync(PeerEvents.Away, away, ApiJson.Default.AwayNode, cancellationToken);
                    break;
            }
        }
    }

    /// <summary>Which events a caller wants, and how many a second.</summary>
    private sealed record TailFilter(StreamDefinition? Stream, TopicKey? Topic, int Rate, bool Users)
    {
        public bool Wants(StreamDefinition stream, TopicKey topic) => (Stream is null || Stream == stream) && (Topic is not { } wanted || wanted.Equals(topic));
    }

    /// <summary>Lets so many through a second, and counts the others.</summary>
    private sealed class ShownRate(int rate)
    {
        private long _second;
        private int _shown;
        private long _dropped;

        public bool MayShow(long nowMs)
        {
            long now = nowMs / 1000;
            _shown = now == _second ? _shown : 0;
            _second = now;
            bool may = _shown++ < rate;
            _dropped += may ? 0 : 1;
            return may;
        }

        public void Dropped(long count) => _dropped += count;

        public long TakeDropped()
        {
            long dropped = _dropped;
            _dropped = 0;
            return dropped;
        }
    }
}

/// <summary>A node whose events are not among those that are shown, and why.</summary>
internal sealed record AwayNode(string Node, string Why);
