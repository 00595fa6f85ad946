using System.Text.Json;
using System.Text.Json.Serialization;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Host.Api;

/// <summary>The journal of a Partition or topic, decoded, a bounded piece at a time.</summary>
internal static class JournalEndpoint
{
    public static void Map(RouteGroupBuilder api, ApiServices services) => api.MapRead("/journal", ApiJson.Default.JournalPage, async context =>
    {
        var query = new ApiQuery(context.Request.Query);
        int shards = services.Settings.Engine.Partitions.Partitions;
        TopicKey? topic = query.Topic();
        StreamDefinition? stream = query.Stream(services.Catalog);
        int shard = query.Int("shard", 0, shards - 1) ?? topic?.ShardOf(shards) ?? throw ApiProblem.Bad("Name a shard, or a topic by type and id.");
        JournalPlace after = PlaceOf(query);
        JournalReader journal = services.Node.Journal ?? throw ApiProblem.NotServing();
        bool users = query.Flag("users");
        if (users)
        {
            await TailEndpoint.UsersAsync(services, context, "journal", $"shard={shard} topic={topic} after={after}");
        }

        return await ReadAsync(services, journal, shard, topic, stream, after, query.Limit, users, context.RequestAborted);
    });

    /// <summary>The place that <c>after</c> names; before the first entry where it is missing.</summary>
    public static JournalPlace PlaceOf(ApiQuery query) => query.Text("after") is not { } text ? JournalPlace.Start
        : JournalPlace.Parse(text)
            ?? throw ApiProblem.Bad($"after={text} is no place in the journal: expected a SequenceNr, or what 'next' told, such as 1200 or 1200.35.");

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
                if (place.IsUpTo(after))
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
}

/// <summary>A page of journal entries, and behind which place the next one begins: <c>SequenceNr.index</c>.</summary>
internal sealed record JournalPage(int Shard, IReadOnlyList<CountedEvent> Entries, string? Next);

/// <summary>A journal entry, decoded, with the number of its block and its place in that, from 0. Who it was about is told to operators alone, when they
/// ask.</summary>
internal sealed record CountedEvent
{
    public required int Shard { get; init; }
    public required long SequenceNr { get; init; }
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
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public int? UserId { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Session { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public long? BusinessKey { get; init; }
}

/// <summary>How many events, or lines of the log, were not shown since the last word of it.</summary>
internal sealed record DroppedEvents(long Count)
{
    /// <summary>How many another node says; none where it says something else.</summary>
    public static long Read(byte[] json)
    {
        try
        {
            return Math.Max(0, JsonSerializer.Deserialize(json, ApiJson.Default.DroppedEvents)?.Count ?? 0);
        }
        catch (JsonException)
        {
            return 0;
        }
    }
}

/// <summary>Turns the entries of journal blocks into what the API shows. Not thread-safe.</summary>
internal sealed class EntryReader(Catalog catalog, bool users)
{
    private readonly BlockDecoder _reader = new(catalog) { WithTexts = true, WithIdentities = users };
    private readonly EntryView _view = new(catalog, users);

    /// <summary>The place of the entry in its block, from 0.</summary>
    public int Index { get; private set; }

    public void Open(PersistedBlock block)
    {
        _reader.Open(block.Partition, block.SequenceNr, block.Block);
        Index = -1;
    }

    public bool Next()
    {
        Index++;
        return _reader.Next();
    }

    public BusinessEvent Event => _reader.Event;

    /// <summary>The entry as it is shown.</summary>
    public CountedEvent Show(int shard) => _view.Show(_reader, Index, shard);
}

/// <summary>Makes what the API shows of the entry that a decoder, with texts, stands at. Not thread-safe.</summary>
internal sealed class EntryView(Catalog catalog, bool users)
{
    private readonly Dictionary<StreamDefinition, bool[]> _amounts = [];

    /// <summary>The entry at its place in its block, from 0.</summary>
    public CountedEvent Show(BlockDecoder decoder, int index, int shard)
    {
        BusinessEvent e = decoder.Event;
        return new CountedEvent
        {
            Shard = shard,
            SequenceNr = decoder.SequenceNr,
            Index = index,
            JournaledAt = decoder.JournaledAtMs,
            Stream = e.Stream.Name,
            Type = e.Topic.Type,
            Id = e.Topic.Id,
            Day = DateOnly.FromDayNumber(e.Day),
            Time = e.TimeMs,
            Identity = e.Identity.Kind switch
            {
                IdentityKind.Key => "key",
                IdentityKind.Hash => "hash",
                IdentityKind.Content => "content",
                _ => "none",
            },
            ChannelType = Text(e, EventText.ChannelType),
            QrCode = Text(e, EventText.QrCode),
            ParentType = Text(e, EventText.ParentTopicType),
            ParentId = e.ParentTopicId,
            Facts = FactsOf(e),
            UserId = users ? e.WuId : null,
            Session = users ? Text(e, EventText.SessionStr) ?? "" : null,
            BusinessKey = users && e.Identity.Kind == IdentityKind.Key ? (long)e.Identity.Value : null,
        };
    }

    private static string? Text(BusinessEvent e, int text) => e.Text(text) is { Length: > 0 } utf8 ? Encoding.UTF8.GetString(utf8) : null;

    private NamedValues FactsOf(BusinessEvent e)
    {
        bool[] amounts = AmountsOf(e.Stream);
        return new NamedValues([.. e.Stream.Facts.Select((fact, i) => new NamedValues.Entry(fact.Name, new CellValue(e.Facts[i], amounts[i])))]);
    }

    /// <summary>A fact is an amount where it is added to a metric that is one.</summary>
    private bool[] AmountsOf(StreamDefinition stream)
    {
        if (!_amounts.TryGetValue(stream, out bool[]? amounts))
        {
            Page page = catalog.PageNamed(stream.Page);
            amounts = [.. stream.Facts.Select(fact => stream.Contributions.Any(added =>
                string.Equals(added.Fact, fact.Name, StringComparison.Ordinal) && page.Metrics[page.IndexOf(added.Column)].Kind == MetricKind.Amount))];
            _amounts.Add(stream, amounts);
        }

        return amounts;
    }
}
