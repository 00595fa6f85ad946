using Akka.Actor;
using DataLoad.Engine.Auditing;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataLoad.Host.Tests.Commands;

/// <summary>A store in a file that a real node filled, and that can be tampered with.</summary>
internal sealed class CountedStore(string path) : IAsyncDisposable
{
    public const int Partitions = 8;
    public const int Day = 739_220;
    private static readonly TimeSpan Never = TimeSpan.FromDays(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly CountingPlan Plan = new(Catalog.Default);

    private readonly SqlStore _store = new(SqliteDatabase.ForStore(path));
    private long _batches;

    public static Page Act => Catalog.Default.PageNamed("act");

    public static TopicKey Topic(int id) => new("activity", id);

    /// <summary>Runs a node without intake, has events counted, and stops in order: all is flushed.</summary>
    public async Task CountAsync(params (int Topic, int User)[] events)
    {
        using var metrics = new EngineMetrics();
        var node = new ClusterNode(
            new EngineSettings { Partitions = new PartitionSettings { Partitions = Partitions, FlushInterval = Never, CheckpointInterval = Never } },
            new NodeServices
            {
                Info = new NodeInfo(Guid.NewGuid().ToString("N"), "", "secret"),
                Catalog = Catalog.Default,
                Store = _store,
                Lookup = new SqlLookup(SqliteDatabase.ForReading(path)),
                Metrics = metrics,
                Time = TimeProvider.System,
                Loggers = NullLoggerFactory.Instance,
            });
        await node.RunOfflineAsync(
            client => Task.WhenAll(BatchesOf(events).Select(batch => client.Region.Ask<Accepted>(batch, Patience))),
            CancellationToken.None);
    }

    /// <summary>Has the row written that a change makes of a topic's row, under the Epoch in force.</summary>
    public async Task TamperAsync(int topic, Func<StatisticsRow, StatisticsRow> change)
    {
        StatisticsRow row = await OwnAsync(await RowAsync(topic));
        await _store.Statistics.RemoveAsync(Act, [row], CancellationToken.None);
        await _store.Statistics.FlushAsync(Act, [change(row)], correct: true, CancellationToken.None);
    }

    public async Task RemoveAsync(int topic) => await _store.Statistics.RemoveAsync(Act, [await OwnAsync(await RowAsync(topic))], CancellationToken.None);

    public async Task<VerificationReport> VerifyAsync(int maxDifferences = 1000)
    {
        await using JournalSystem journal = JournalSystem.Start(_store.JournalConnection);
        return await new Verification(Plan, _store, journal.Reader,
            new VerificationOptions { Partitions = Partitions, MaxDifferences = maxDifferences, PartitionsPerRead = 3 })
            .RunAsync(progress: null, CancellationToken.None);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private async Task<StatisticsRow> RowAsync(int topic) =>
        await _store.Statistics.ReadAsync(Act, new StatisticsFilter("act", "activity", topic), CancellationToken.None).FirstAsync();

    private async Task<StatisticsRow> OwnAsync(StatisticsRow row)
    {
        int partition = new TopicKey(row.TopicType, row.TopicId).ShardOf(Partitions);
        return row with { Shard = partition, Epoch = (await _store.Partitions.LoadAsync(partition, CancellationToken.None)).Epoch };
    }

    private IEnumerable<EventBatch> BatchesOf((int Topic, int User)[] events)
    {
        var source = Guid.NewGuid();
        var @event = new BusinessEvent();
        foreach (IGrouping<int, (int Topic, int User)> group in events.GroupBy(one => Topic(one.Topic).ShardOf(Partitions)))
        {
            var builder = new EventBatchBuilder(group.Key);
            foreach ((int topic, int user) in group)
            {
                @event.Reset(Catalog.Default.FindStream("act.share")!);
                @event.Topic = Topic(topic);
                @event.Day = Day;
                @event.TimeMs = 1_732_900_000_000;
                @event.WuId = user;
                @event.SetText(EventText.SessionStr, "s"u8);
                builder.Add(@event, Act.Id);
            }

            yield return builder.Build(new BatchId(source, ++_batches));
        }
    }
}
