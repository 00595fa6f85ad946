using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Host.Api;

/// <summary>The journal of a shard or topic, decoded, a bounded piece at a time.</summary>
internal static class JournalEndpoint
{
    public static void Map(RouteGroupBuilder api, ApiServices services) => api.MapRead("/journal", async context =>
    {
        var query = new ApiQuery(context.Request.Query);
        int shards = services.Settings.Engine.Sharding.Shards;
        TopicKey? topic = query.Topic();
        StreamDefinition? stream = query.Stream(services.Catalog);
        int shard = query.Int("shard", 0, shards - 1) ?? topic?.ShardOf(shards)
            ?? throw ApiProblem.Bad("Name a shard, or a topic by type and id.");
        long after = query.Long("after", 0, long.MaxValue) ?? 0;
        bool users = query.Flag("users");
        if (users)
        {
            await TailEndpoint.UsersAsync(services, context, "journal", $"shard={shard} topic={topic} after={after}");
        }

        return Results.Json(await ReadAsync(services, shard, topic, stream, after, query.Limit, users, context.RequestAborted), ApiJson.Default.JournalPage);
    });

    private static async Task<JournalPage> ReadAsync(ApiServices services, int shard, TopicKey? topic, StreamDefinition? stream, long after, int limit,
        bool users, CancellationToken cancellationToken)
    {
        var reader = new EntryReader(services.Catalog, users);
        var entries = new List<CountedEvent>();
        int scanned = 0;
        await foreach (JournalBlock block in services.Store.Journal.ReadAsync(shard, after, cancellationToken))
        {
            reader.Open(block);
            while (reader.Next())
            {
                if (reader.SequenceNr <= after)
                {
                    continue;
                }

                if (entries.Count == limit || scanned++ == services.Settings.Http.JournalScan)
                {
                    return new JournalPage(shard, entries, reader.SequenceNr - 1);
                }

                if ((topic is not { } wanted || reader.Event.Topic.Equals(wanted)) && (stream is null || reader.Event.Stream == stream))
                {
                    entries.Add(reader.Show(shard));
                }
            }
        }

        return new JournalPage(shard, entries, Next: null);
    }
}
