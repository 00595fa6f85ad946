using System.Globalization;
using System.Text.Json.Serialization;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Host.Api;

/// <summary>The journal of a Partition or topic, decoded, a bounded piece at a time.</summary>
internal static class JournalEndpoint
{
    public static void Map(RouteGroupBuilder api, ApiServices services) => api.MapRead("/journal", async context =>
    {
        var query = new ApiQuery(context.Request.Query);
        int shards = services.Settings.Engine.Partitions.Partitions;
        TopicKey? topic = query.Topic();
        StreamDefinition? stream = query.Stream(services.Catalog);
        int shard = query.Int("shard", 0, shards - 1) ?? topic?.ShardOf(shards) ?? throw ApiProblem.Bad("Name a shard, or a topic by type and id.");
        JournalPlace after = query.Text("after") is { } text ? JournalPlace.Parse(text) : JournalPlace.Start;
        JournalReader journal = services.Node.Journal ?? throw ApiProblem.NotServing();
        bool users = query.Flag("users");
        if (users)
        {
            await TailEndpoint.UsersAsync(services, context, "journal", $"shard={shard} topic={topic} after={after}");
        }

        return Results.Json(await ReadAsync(services, journal, shard, topic, stream, after, query.Limit, users, context.RequestAborted),
            ApiJson.Default.JournalPage);
    });

    private static async Task<JournalPage> ReadAsync(ApiServices services, JournalReader journal, int shard, TopicKey? topic, StreamDefinition? stream,
        JournalPlace after, int limit, bool users, CancellationToken cancellationToken)
    {
        var reader = new EntryReader(services.Catalog, users);
        var entries = new List<CountedEvent>();
        int scanned = 0;
        long baseline = (await services.Store.Partitions.LoadAsync(shard, cancellationToken)).Baseline;
        JournalPlace last = after;
        await foreach (PersistedBlock block in journal.ReadAsync(shard, Math.Max(baseline, after.FirstBlock - 1), cancellationToken))
        {
            reader.Open(block);
            while (reader.Next())
            {
                var place = new JournalPlace(block.SequenceNr, reader.Index);
                if (place <= after)
                {
                    continue;
                }

                if (entries.Count == limit || scanned++ == services.Settings.Http.JournalScan)
                {
                    return new JournalPage(shard, entries, last.ToString());
                }

                last = place;
                if ((topic is not { } wanted || reader.Event.Topic.Equals(wanted)) && (stream is null || reader.Event.Stream == stream))
                {
                    entries.Add(reader.Show(shard));
                }
            }
        }

        return new JournalPage(shard, entries, Next: null);
    }

    /// <summary>A place in a Partition's journal: a block, and one of its entries or, without an index, all of them.</summary>
    private readonly record struct JournalPlace(long SequenceNr, int? Index)
    {
        public static JournalPlace Start => new(0, null);

        /// <summary>The first block that may hold an entry behind it.</summary>
        public long FirstBlock => Index is null ? SequenceNr + 1 : SequenceNr;

        public static bool operator <=(JournalPlace one, JournalPlace other) =>
            one.SequenceNr < other.SequenceNr || (one.SequenceNr == other.SequenceNr && one.Index <= (other.Index ?? int.MaxValue));

        public static bool operator >=(JournalPlace one, JournalPlace other) => other <= one;

        public static JournalPlace Parse(string text)
        {
            string[] parts = text.Split('.');
            return parts.Length <= 2
                && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long sequenceNr)
                && int.TryParse(parts.Length == 2 ? parts[1] : "0", NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                    ? new JournalPlace(sequenceNr, parts.Length == 2 ? index : null)
                    : throw ApiProblem.Bad($"after={text} is no place in the journal: expected a SequenceNr, or what 'next' told, such as 1200 or 1200.35.");
        }

        public override string ToString() => $"{SequenceNr}{(Index is { } index ? $".{index}" : "")}";
    }
}

/// <summary>A page of journal entries, and behind which place the next one begins: <c>SequenceNr.index</c>.</summary>
internal sealed record JournalPage(int Shard, IReadOnlyList<CountedEvent> Entries, string? Next);

/// <summary>A journal entry, decoded. Who it was about is told to operators alone, when they ask.</summary>
internal sealed record CountedEvent
{
    public required int Shard { get; init; }

    /// <summary>The number of its block.</summary>
    public required long SequenceNr { get; init; }

    /// <summary>Its place in that block, from 0.</summary>
    public required int Index { get; init; }

    public required long JournaledAt { get; init; }

    public required string Stream { get; init; }

    public required string Type { get; init; }

    public required int Id { get; init; }

    public required DateOnly Day { get; init; }

    public required long Time { get; init; }

    public required string Identity { get; init; }

    public string? ChannelType { get; init; }

    public string? QrCode { get; init; }

    public string? ParentType { get; init; }

    public int? ParentId { get; init; }

    public required NamedValues Facts { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? UserId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Session { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? BusinessKey { get; init; }
}

/// <summary>How many events were not shown since the last word of it.</summary>
internal sealed record DroppedEvents(long Count);
