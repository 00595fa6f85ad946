using System.Collections.Concurrent;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Sharding;

/// <summary>
/// Routes events to shards and runs those that this node owns, with the writers that they share. Where a shard is not
/// owned here, its events would go to the shard's durable queue; one node owns them all for now.
/// </summary>
public sealed class ShardRegion
{
    private const int PooledBatches = 4096;

    private readonly ShardContext _context;
    private readonly Shard[] _shards;
    private readonly ConcurrentQueue<ShardBatch> _pool = new();

    /// <summary>Makes a region of the shards that a node was granted; <see cref="RunAsync"/> runs them.</summary>
    /// <param name="options">What the region works with.</param>
    /// <param name="leases">A lease for every shard.</param>
    public ShardRegion(ShardRegionOptions options, IReadOnlyList<ShardLease> leases)
    {
        IStore store = options.Store;
        EngineMetrics metrics = options.Metrics;
        Budget = new MemoryBudget(options.Settings.MemoryBudgetBytes);
        _context = new ShardContext
        {
            Plan = options.Plan,
            Settings = options.Settings,
            Journal = store.Journal,
            Snapshots = store.Snapshots,
            Statistics = store.Statistics,
            Budget = Budget,
            Metrics = metrics,
            Counted = options.Counted,
            Time = options.Time,
            Logger = options.Logger,
            Backoff = options.Backoff,
            JournalWriter = new GroupWriter<JournalBlock>(
                Writer("the journal", options, (time, blocks) =>
                {
                    metrics.JournalSeconds.Record(time.TotalSeconds);
                    metrics.JournalGroup.Record(blocks);
                }) with
                { MaxItems = options.Settings.MaxGroupBlocks },
                store.Journal.AppendAsync,
                options.Logger),
            SnapshotWriter = new GroupWriter<SnapshotWrite>(
                Writer("snapshots", options, (time, _) => metrics.SnapshotSeconds.Record(time.TotalSeconds)),
                store.Snapshots.SaveAsync,
                options.Logger),
            FlushWriter = new GroupWriter<FlushRow>(
                Writer("statistics", options, (time, _) => metrics.FlushSeconds.Record(time.TotalSeconds)),
                (rows, token) => FlushAsync(store.Statistics, rows, token),
                options.Logger),
        };
        _shards = [.. leases.OrderBy(lease => lease.Shard).Select(lease => new Shard(_context, lease, Recycle))];
    }

    /// <summary>How many shards there are.</summary>
    public int Shards => _context.Settings.Shards;

    /// <summary>The memory that the shards share.</summary>
    public MemoryBudget Budget { get; }

    /// <summary>What the shards say of themselves.</summary>
    public IEnumerable<ShardStatus> Status => _shards.Select(shard => shard.Status);

    /// <summary>The last failure's message of a writer that is failing, or null.</summary>
    public string? Failing => _context.JournalWriter.Failing ?? _context.FlushWriter.Failing ?? _context.SnapshotWriter.Failing;

    /// <summary>Done when all shards have recovered.</summary>
    public Task Recovered => Task.WhenAll(_shards.Select(shard => shard.Recovered.Task));

    /// <summary>Runs the shards until they are stopped.</summary>
    /// <exception cref="StaleEpochException">A shard was taken over by another owner.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var writers = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var shards = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] writing =
        [
            Task.Run(() => _context.JournalWriter.RunAsync(writers.Token), CancellationToken.None),
            Task.Run(() => _context.SnapshotWriter.RunAsync(writers.Token), CancellationToken.None),
            Task.Run(() => _context.FlushWriter.RunAsync(writers.Token), CancellationToken.None),
        ];
        List<Task> running = [.. _shards.Select(shard => Task.Run(() => shard.RunAsync(shards.Token), CancellationToken.None))];
        try
        {
            await WhenAllOrFirstFailureAsync(running).ConfigureAwait(false);
        }
        finally
        {
            await shards.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await writers.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Asks all shards to finish, flush, checkpoint and end; <see cref="RunAsync"/> returns then.</summary>
    public void Stop()
    {
        foreach (Shard shard in _shards)
        {
            shard.Stop();
        }
    }

    /// <summary>Writes all changed rows to the statistics tables now.</summary>
    public Task FlushAsync() => Task.WhenAll(_shards.Select(shard => shard.FlushAllAsync()));

    /// <summary>Flushes and checkpoints all shards now.</summary>
    public Task KeepAsync() => Task.WhenAll(_shards.Select(shard => shard.KeepAsync()));

    /// <summary>A topic's Counters that are in memory: those of the given days, and those that wait for their flush.</summary>
    /// <param name="page">The page.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="days">Days, as <see cref="DateOnly.DayNumber"/>.</param>
    /// <returns>Rows as a flush would write them now.</returns>
    public Task<IReadOnlyList<StatisticsRow>> LookAsync(Page page, TopicKey topic, IReadOnlyCollection<int> days) =>
        _shards[topic.ShardOf(Shards)].LookAsync(page, topic, days);

    /// <summary>
    /// Computes the Counters that a filter means anew from the journal, and corrects their rows. A shard whose journal is
    /// damaged does not keep the others from it.
    /// </summary>
    /// <param name="filter">Which Counters. One topic's are in one shard, and only that is read.</param>
    /// <param name="progress">Told after each shard.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="StoredFormatException">The journal or baseline of some shards is damaged; the other shards are done.</exception>
    public async Task<RebuildResult> RebuildAsync(StatisticsFilter filter, Action<int>? progress = null)
    {
        var total = new RebuildResult(0, 0, 0);
        int done = 0;
        var damages = new List<StoredFormatException>();
        foreach (Shard shard in _shards)
        {
            try
            {
                if (MayHold(shard, filter))
                {
                    RebuildResult result = await shard.RebuildAsync(filter).ConfigureAwait(false);
                    total = new RebuildResult(total.Counters + result.Counters, total.Corrected + result.Corrected, total.Removed + result.Removed);
                }
            }
            catch (StoredFormatException e)
            {
                damages.Add(e);
            }

            progress?.Invoke(++done);
        }

        return damages.Count == 0
            ? total
            : throw new StoredFormatException($"{string.Join(' ', damages.Select(damage => damage.Message))} What it holds was not rebuilt; of the other shards, {total.Counters} Counters were computed and {total.Corrected} rows corrected.", damages[0]);
    }

    private bool MayHold(Shard shard, StatisticsFilter filter) =>
        filter.TopicType is not { } type || filter.TopicId is not { } id || new TopicKey(type, id).ShardOf(Shards) == shard.Number;

    internal byte PageOf(StreamDefinition stream) => _context.Plan.PageByStream[stream.Id].Id;

    internal ShardBatch Rent(IDeliverySink sink)
    {
        if (!_pool.TryDequeue(out ShardBatch? batch))
        {
            batch = new ShardBatch();
        }

        batch.Reset(sink);
        return batch;
    }

    internal void Recycle(ShardBatch batch)
    {
        if (_pool.Count < PooledBatches && batch.IsSmall)
        {
            _pool.Enqueue(batch);
        }
    }

    internal ValueTask PostAsync(int shard, ShardBatch batch, CancellationToken cancellationToken) => _shards[shard].PostAsync(batch, cancellationToken);

    private static async Task WhenAllOrFirstFailureAsync(List<Task> running)
    {
        while (running.Count > 0)
        {
            Task done = await Task.WhenAny(running).ConfigureAwait(false);
            await done.ConfigureAwait(false);
            running.Remove(done);
        }
    }

    private static async ValueTask<IReadOnlyList<int>> FlushAsync(IStatisticsStore statistics, IReadOnlyList<FlushRow> rows, CancellationToken cancellationToken)
    {
        var stale = new List<int>();
        foreach (IGrouping<(Page Page, bool Correct), FlushRow> group in rows.GroupBy(row => (row.Page, row.Correct)))
        {
            stale.AddRange(await statistics.FlushAsync(group.Key.Page, [.. group.Select(row => row.Row)], group.Key.Correct, cancellationToken).ConfigureAwait(false));
        }

        return stale;
    }

    private static GroupWriterOptions Writer(string name, ShardRegionOptions options, Action<TimeSpan, int> observe) => new()
    {
        Name = name,
        Capacity = options.Settings.Shards * 2,
        Backoff = options.Backoff,
        Time = options.Time,
        Observe = observe,
    };
}
