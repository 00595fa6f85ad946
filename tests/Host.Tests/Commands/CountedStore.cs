using DataLoad.Engine.Auditing;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Node;
using DataLoad.Engine.Sharding;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataLoad.Host.Tests.Commands;

/// <summary>A store that a real ShardRegion filled, and that can be tampered with.</summary>
internal sealed class CountedStore(IStore store)
{
    public const int Shards = 4;
    public const int Day = 739_220;
    private static readonly TimeSpan Never = TimeSpan.FromDays(1);
    private static readonly CountingPlan Plan = new(Catalog.Default);

    public static Page Act => Catalog.Default.PageNamed("act");

    public static TopicKey Topic(int id) => new("activity", id);

    /// <summary>Runs the shards as their owner, counts events, and stops in order: all is flushed.</summary>
    public async Task CountAsync(params (int Topic, int User)[] events)
    {
        NodeInfo info = Node();
        (ShardRegion region, _) = await OpenAsync(info);
        using var running = new CancellationTokenSource();
        Task shards = region.RunAsync(running.Token);
        await region.Recovered;
        await PostAsync(region, events);
        region.Stop();
        await shards;
        await store.Leases.ReleaseAsync(info.Id, CancellationToken.None);
    }

    /// <summary>As <see cref="CountAsync"/>, and then crashes: what is journaled is not flushed.</summary>
    public async Task CountAndCrashAsync(params (int Topic, int User)[] events)
    {
        NodeInfo info = Node();
        (ShardRegion region, _) = await OpenAsync(info);
        using var running = new CancellationTokenSource();
        Task shards = region.RunAsync(running.Token);
        await region.Recovered;
        await PostAsync(region, events);
        await running.CancelAsync();
        await shards.ContinueWith(_ => { }, TaskScheduler.Default);
        await store.Leases.ReleaseAsync(info.Id, CancellationToken.None);
    }

    /// <summary>Has the rows written that a change makes of a topic's row, as their owner.</summary>
    public async Task TamperAsync(int topic, Func<StatisticsRow, StatisticsRow> change)
    {
        StatisticsRow row = await RowAsync(topic);
        await AsOwnerAsync(async leases =>
        {
            ShardLease lease = leases[Topic(topic).ShardOf(Shards)];
            StatisticsRow owned = row with { Shard = lease.Shard, Epoch = lease.Epoch };
            await store.Statistics.RemoveAsync(Act, [owned], CancellationToken.None);
            await store.Statistics.FlushAsync(Act, [change(owned)], correct: true, CancellationToken.None);
        });
    }

    public async Task RemoveAsync(int topic)
    {
        StatisticsRow row = await RowAsync(topic);
        await AsOwnerAsync(async leases =>
        {
            ShardLease lease = leases[Topic(topic).ShardOf(Shards)];
            await store.Statistics.RemoveAsync(Act, [row with { Shard = lease.Shard, Epoch = lease.Epoch }], CancellationToken.None);
        });
    }

    /// <summary>Writes a row that no event accounts for.</summary>
    public Task AddAsync(int topic) => AsOwnerAsync(async leases =>
    {
        ShardLease lease = leases[Topic(topic).ShardOf(Shards)];
        await store.Statistics.FlushAsync(
            Act,
            [new StatisticsRow { Shard = lease.Shard, Epoch = lease.Epoch, TopicType = "activity", TopicId = topic, Day = Day, SequenceNr = 1, Values = new long[Act.Metrics.Length] }],
            correct: false,
            CancellationToken.None);
    });

    /// <summary>Appends a block of nonsense to the journal of a topic's shard.</summary>
    public Task DamageAsync(int topic) => AsOwnerAsync(async leases =>
    {
        ShardLease lease = leases[Topic(topic).ShardOf(Shards)];
        long last = await store.Journal.LastSequenceNrAsync(lease.Shard, CancellationToken.None);
        await store.Journal.AppendAsync(
            [new() { Shard = lease.Shard, Epoch = lease.Epoch, FirstSequenceNr = last + 1, LastSequenceNr = last + 1, JournaledAtMs = 1, Bytes = new byte[32] }],
            CancellationToken.None);
    });

    public Task<VerificationReport> VerifyAsync(StatisticsFilter? filter = null, int maxDifferences = 1000) =>
        new Verification(Plan, store, new VerificationOptions { Partitions = Shards, Filter = filter ?? StatisticsFilter.All, MaxDifferences = maxDifferences, PartitionsPerRead = 3 })
            .RunAsync(progress: null, CancellationToken.None);

    public async Task<StatisticsRow> RowAsync(int topic) =>
        await store.Statistics.ReadAsync(Act, new StatisticsFilter("act", "activity", topic), CancellationToken.None).FirstAsync();

    private static NodeInfo Node() => new() { Id = Guid.NewGuid().ToString("N"), Address = "", Secret = "secret" };

    private static async Task PostAsync(ShardRegion region, (int Topic, int User)[] events)
    {
        var sink = new AwaitedSink(events.Length);
        var router = new ShardRouter(region);
        router.Start(sink);
        var @event = new BusinessEvent();
        for (int i = 0; i < events.Length; i++)
        {
            @event.Reset(Catalog.Default.FindStream("act.share")!);
            @event.Topic = Topic(events[i].Topic);
            @event.Day = Day;
            @event.TimeMs = 1_732_900_000_000;
            @event.WuId = events[i].User;
            @event.SetText(EventText.SessionStr, "s"u8);
            router.Add(@event, (ulong)i);
        }

        await router.PostAsync(CancellationToken.None);
        await sink.Done;
    }

    private async Task AsOwnerAsync(Func<IReadOnlyList<ShardLease>, Task> work)
    {
        NodeInfo info = Node();
        LeaseAttempt attempt = await store.Leases.AcquireAsync(info, [.. Enumerable.Range(0, Shards)], Never, CancellationToken.None);
        await work([.. attempt.Granted.OrderBy(lease => lease.Shard)]);
        await store.Leases.ReleaseAsync(info.Id, CancellationToken.None);
    }

    private async Task<(ShardRegion Region, IReadOnlyList<ShardLease> Leases)> OpenAsync(NodeInfo info)
    {
        var settings = new EngineSettings { Sharding = new ShardingSettings { Shards = Shards, FlushInterval = Never, CheckpointInterval = Never } };
        await store.MigrateAsync(CancellationToken.None);
        await FixedValues.FixAsync(store, settings, CancellationToken.None);
        foreach (Page page in Catalog.Default.Pages)
        {
            await store.Statistics.EnsureTableAsync(page, CancellationToken.None);
        }

        LeaseAttempt attempt = await store.Leases.AcquireAsync(info, [.. Enumerable.Range(0, Shards)], Never, CancellationToken.None);
        var options = new ShardRegionOptions
        {
            Plan = Plan,
            Settings = settings.Sharding,
            Store = store,
            Metrics = new EngineMetrics(),
            Time = TimeProvider.System,
            Logger = NullLogger.Instance,
        };
        return (new ShardRegion(options, attempt.Granted), attempt.Granted);
    }

    private sealed class AwaitedSink(int expected) : IDeliverySink
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _left = expected;

        public Task Done => _done.Task;

        public void Complete(ReadOnlySpan<ulong> tags)
        {
            if (Interlocked.Add(ref _left, -tags.Length) == 0)
            {
                _done.SetResult();
            }
        }
    }
}
