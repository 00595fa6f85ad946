using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Watching;
using DataLoad.Host.Access;

namespace DataLoad.Host.Api;

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
