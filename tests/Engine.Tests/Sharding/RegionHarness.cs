using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Node;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Sharding;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage.Memory;
using DataLoad.Engine.Tests.Journaling;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;

namespace DataLoad.Engine.Tests.Sharding;

/// <summary>A region over a database in memory that outlives it.</summary>
internal sealed class RegionHarness : IAsyncDisposable
{
    public static readonly ShardingSettings Brisk = new()
    {
        Shards = 3,
        FlushInterval = TimeSpan.FromMilliseconds(1),
        CheckpointInterval = TimeSpan.FromMilliseconds(1),
    };

    private static readonly CountingPlan Plan = new(Catalog.Default);

    private readonly BusinessEvent _event = new();
    private CancellationTokenSource _running = new();
    private int _starts;
    private string _node = "";

    public MemoryStoreState State { get; } = new();

    public ShardingSettings Settings { get; set; } = Brisk;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public EngineMetrics Metrics { get; } = new();

    public bool Adopt { get; set; }

    /// <summary>Set up before the region runs: where faults are switched on.</summary>
    public Action<MemoryStore>? OnStore { get; set; }

    public MemoryStore Store { get; private set; } = null!;

    public ShardRegion Region { get; private set; } = null!;

    public Task Running { get; private set; } = Task.CompletedTask;

    public IReadOnlyList<ShardLease> Leases { get; private set; } = [];

    public static Page PageOf(string name) => Catalog.Default.PageNamed(name);

    /// <summary>Starts a new node over the database.</summary>
    public async Task<RegionHarness> StartAsync(bool recovered = true)
    {
        State.EndSession(_node);
        _node = $"node-{++_starts}";
        Store = new MemoryStore(State, pageRows: 3);
        await Store.MigrateAsync(default);
        Leases = (await Store.Leases.AcquireAsync(
            new NodeInfo { Id = _node, Address = "", Secret = "" }, [.. Enumerable.Range(0, Settings.Shards)], TimeSpan.FromHours(1), default)).Granted;
        await new Adoption(Store, Catalog.Default, NullLogger.Instance).RunAsync(Leases, Adopt, default);
        OnStore?.Invoke(Store);
        Region = new ShardRegion(
            new ShardRegionOptions
            {
                Plan = Plan,
                Settings = Settings,
                Store = Store,
                Metrics = Metrics,
                Time = Time,
                Logger = NullLogger.Instance,
                Backoff = new Backoff(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2)),
            },
            Leases);
        _running = new CancellationTokenSource();
        Running = Region.RunAsync(_running.Token);
        if (recovered)
        {
            await Region.Recovered;
        }

        return this;
    }

    /// <summary>Drops the node, whatever it is doing; one that a test holds in a call of the store is left there.</summary>
    public async Task CrashAsync()
    {
        await _running.CancelAsync();
        await Running.WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Stops the node in order.</summary>
    public async Task StopAsync()
    {
        Region.Stop();
        await Running.WaitAsync(TimeSpan.FromSeconds(20));
    }

    /// <summary>Hands events to their shards in one batch each; the tag of each is its place plus a first one.</summary>
    public async Task PostAsync(TagSink sink, ulong firstTag, params EventSpec[] events)
    {
        var router = new ShardRouter(Region);
        router.Start(sink);
        for (int i = 0; i < events.Length; i++)
        {
            router.Add(events[i].Fill(_event), firstTag + (ulong)i);
        }

        await router.PostAsync(default);
    }

    /// <summary>Hands over events and waits until they are durable.</summary>
    public async Task CountAsync(params EventSpec[] events)
    {
        var sink = new TagSink();
        await PostAsync(sink, 1, events);
        await WaitFor.ConditionAsync(() => sink.Count == events.Length, "the events to be durable", Running);
    }

    /// <summary>All statistics rows, as text, without their SequenceNrs.</summary>
    public string[] Rows() => [.. RowsOf().Select(row => $"{row.Page} {row.Key.TopicType}/{row.Key.TopicId} {row.Key.Day}: {string.Join(' ', row.Values)}").Order(StringComparer.Ordinal)];

    /// <summary>What brute force says the rows must be.</summary>
    public static string[] Expected(IEnumerable<EventSpec> events)
    {
        var counters = new Dictionary<CounterId, Counter>();
        var seen = new HashSet<(byte, TopicKey, EventId)>();
        var @event = new BusinessEvent();
        long sequenceNr = 0;
        foreach (EventSpec spec in events)
        {
            if (spec.Identity.Exists && !seen.Add((spec.Stream.Id, spec.Topic, spec.Identity)))
            {
                continue;
            }

            if (!counters.TryGetValue(spec.CounterId, out Counter? counter))
            {
                counters.Add(spec.CounterId, counter = new Counter(spec.CounterId, PageOf(spec.Stream.Page)));
            }

            counter.Apply(Plan, spec.Fill(@event), ++sequenceNr);
        }

        return [.. counters.Values.Select(counter => $"{counter.Page.Name} {counter.Id.Topic} {counter.Id.Day}: {string.Join(' ', counter.Values())}").Order(StringComparer.Ordinal)];
    }

    public List<(string Page, MemoryKey Key, long? SequenceNr, long[] Values)> RowsOf()
    {
        lock (State.Gate)
        {
            return [.. Catalog.Default.Pages.SelectMany(page => Enumerable.Range(0, State.Table(page).Rows.Count)
                .Select(i => State.Table(page).Read(page, i))
                .Select(row => (page.Name, MemoryKey.Of(row), row.SequenceNr, row.Values)))];
        }
    }

    /// <summary>The events of a shard's journal with their SequenceNrs.</summary>
    public List<(long SequenceNr, EventSpec Event)> JournalOf(int shard, long through = long.MaxValue)
    {
        List<JournalBlock> blocks;
        lock (State.Gate)
        {
            blocks = State.Journals.TryGetValue(shard, out SortedList<long, JournalBlock>? journal) ? [.. journal.Values] : [];
        }

        var events = new List<(long, EventSpec)>();
        var reader = new BlockReader(Catalog.Default) { WithTexts = true };
        foreach (JournalBlock block in blocks)
        {
            reader.Open(block);
            while (reader.Next() && reader.SequenceNr <= through)
            {
                events.Add((reader.SequenceNr, EventSpec.Of(reader.Event)));
            }
        }

        return events;
    }

    public IEnumerable<EventSpec> WholeJournal() => Enumerable.Range(0, Settings.Shards).SelectMany(shard => JournalOf(shard)).Select(entry => entry.Event);

    /// <summary>Each row is the fold of the journal up to the row's SequenceNr, and so holds nothing that is not journaled.</summary>
    public void ShouldHoldNothingUnjournaled()
    {
        foreach ((string name, MemoryKey key, long? sequenceNr, long[] values) in RowsOf())
        {
            Page page = PageOf(name);
            var id = new CounterId(page.Id, new TopicKey(key.TopicType, key.TopicId), key.Day);
            var counter = new Counter(id, page);
            foreach ((long at, EventSpec spec) in JournalOf(id.Topic.ShardOf(Settings.Shards), sequenceNr ?? 0))
            {
                if (spec.CounterId == id)
                {
                    counter.Apply(Plan, spec.Fill(_event), at);
                }
            }

            values.ShouldBe(counter.Values(), $"{id} at {sequenceNr}");
            counter.SequenceNr.ShouldBe(sequenceNr!.Value);
        }
    }

    /// <summary>What a shard's checkpoint has passed and is not both snapshotted and flushed; empty where all is well.</summary>
    public List<string> BehindCheckpoint(int shard)
    {
        var behind = new List<string>();
        lock (State.Gate)
        {
            long checkpoint = State.CheckpointOf(shard).SequenceNr;
            foreach (IGrouping<CounterId, (long SequenceNr, EventSpec Event)> counter in JournalOf(shard, checkpoint).GroupBy(entry => entry.Event.CounterId))
            {
                long last = counter.Max(entry => entry.SequenceNr);
                Page page = Catalog.Default.PageById(counter.Key.PageId)!;
                bool flushed = State.Table(page).Rows.TryGetValue(new MemoryKey(counter.Key.Topic.Type, counter.Key.Topic.Id, counter.Key.Day), out (long? SequenceNr, long[] Values) row)
                    && row.SequenceNr >= last;
                bool kept = State.Snapshots.TryGetValue((shard, SnapshotKind.Counter), out SortedList<byte[], Snapshot>? snapshots)
                    && snapshots.TryGetValue(SnapshotKeys.Of(counter.Key), out Snapshot? snapshot) && snapshot.SequenceNr >= last;
                if (!flushed || !kept)
                {
                    behind.Add($"{counter.Key} at {last}: checkpoint {checkpoint}, flushed {flushed} ({row.SequenceNr}), snapshotted {kept}");
                }
            }
        }

        return behind;
    }

    public async ValueTask DisposeAsync()
    {
        await CrashAsync();
        _running.Dispose();
        Metrics.Dispose();
    }
}
