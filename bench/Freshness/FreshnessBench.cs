using System.Diagnostics;
using System.Globalization;
using DataLoad.Bench.Core;
using DataLoad.Bench.Reporting;
using DataLoad.Bench.Stores;
using DataLoad.Demo;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Intake.Amqp;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Node;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;

namespace DataLoad.Bench.Freshness;

/// <summary>
/// How long a message takes from its publishing to the journal and to its row, at a steady rate, with the default
/// settings over RabbitMQ and PostgreSQL; and the same while a backlog of another stream drains. Node and publisher
/// share this process, and so one clock.
/// </summary>
internal sealed class FreshnessBench
{
    private const int PerSecond = 1_000;

    private readonly BenchArguments _arguments;
    private readonly FreshnessWatch _watch = new();
    private readonly string _amqp;

    private FreshnessBench(BenchArguments arguments) => (_arguments, _amqp) = (arguments, arguments.Text("--amqp"));

    /// <summary>Measures and writes <c>freshness.md</c> and <c>freshness.json</c>.</summary>
    public static async Task<int> RunAsync(BenchArguments arguments)
    {
        var table = new FigureTable("freshness", arguments.Output);
        await new FreshnessBench(arguments).MeasureAsync(table, backlog: 0).ConfigureAwait(false);
        await new FreshnessBench(arguments).MeasureAsync(table, backlog: arguments.Number("--backlog", arguments.Quick ? 100_000 : 300_000)).ConfigureAwait(false);
        table.Print();
        return 0;
    }

    private async Task MeasureAsync(FigureTable table, int backlog)
    {
        SpringPublisher publisher = await SpringPublisher.ConnectAsync(_amqp).ConfigureAwait(false);
        await using (publisher.ConfigureAwait(false))
        {
            var bodies = new ShareBodies(Math.Max(1, backlog), 1_000, 1_000_000, seed: 51);
            foreach (int[] chunk in Enumerable.Range(0, backlog).Chunk(20_000))
            {
                await publisher.PublishAsync([.. chunk.Select(i => new WireMessage(ContractStreams.BearShare, bodies[i].ToArray()) { ContentType = "application/json", ContentEncoding = "UTF-8" })]).ConfigureAwait(false);
            }
        }

        string nodeId = $"bench-{Guid.NewGuid():n}";
        var postgres = new SqlStore(PostgreSqlDatabase.ForStore(new PostgreSqlStoreOptions { ConnectionString = _arguments.Text("--postgres"), NodeId = nodeId }));
        await using (postgres.ConfigureAwait(false))
        {
            using var metrics = new EngineMetrics();
            using var stop = new CancellationTokenSource();
            EngineNode node = MakeNode(nodeId, postgres, metrics);
            Task running = node.RunAsync(stop.Token);
            while (!node.IsServing)
            {
                await (running.IsCompleted ? running : Task.Delay(20)).ConfigureAwait(false);
            }

            (long from, long to) = await PublishAsync(backlog).ConfigureAwait(false);
            Report(table, backlog, from, to);
            await stop.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(false);
        }
    }

    /// <summary>Publishes for as long as is measured, and waits until all of it is counted.</summary>
    private async Task<(long From, long To)> PublishAsync(int backlog)
    {
        using var publishing = new CancellationTokenSource();
        Task<int> published = Task.Run(() => SteadyPublisher.RunAsync(_amqp, PerSecond, publishing.Token));

        // The first seconds compile the program, but for a backlog, which does not last.
        await Task.Delay(TimeSpan.FromSeconds(backlog == 0 ? 5 : 1)).ConfigureAwait(false);
        long from = Stopwatch.GetTimestamp();
        if (backlog == 0)
        {
            await Task.Delay(TimeSpan.FromSeconds(_arguments.Quick ? 10 : 60)).ConfigureAwait(false);
        }
        else
        {
            await WhenDrainedAsync().ConfigureAwait(false);
        }

        long to = Stopwatch.GetTimestamp();
        await publishing.CancelAsync().ConfigureAwait(false);
        int expected = await published.ConfigureAwait(false);
        while (_watch.Journaled < expected || _watch.Unflushed > 0)
        {
            await Task.Delay(50).ConfigureAwait(false);
        }

        return (from, to);
    }

    private async Task WhenDrainedAsync()
    {
        var factory = new ConnectionFactory { Uri = new Uri(_amqp) };
        await using IConnection connection = await factory.CreateConnectionAsync().ConfigureAwait(false);
        await using IChannel channel = await connection.CreateChannelAsync().ConfigureAwait(false);
        while (await channel.MessageCountAsync(ContractStreams.BearShare.Queue).ConfigureAwait(false) > 0)
        {
            await Task.Delay(50).ConfigureAwait(false);
        }
    }

    private void Report(FigureTable table, int backlog, long from, long to)
    {
        double seconds = Stopwatch.GetElapsedTime(from, to).TotalSeconds;
        string during = backlog == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{PerSecond:N0} messages/s for {seconds:0} s")
            : string.Create(CultureInfo.InvariantCulture, $"{PerSecond:N0} messages/s for the {seconds:0.0} s in which {backlog:N0} of another stream drain");
        double flushMs = new Engine.Sharding.ShardingSettings().FlushInterval.TotalMilliseconds;
        Add("publish to journaled", _watch.MsToJournal, backlog == 0 ? 50 : 500);
        Add("publish to the table", _watch.MsToTable, flushMs + (backlog == 0 ? 250 : 500));

        void Add(string what, Func<long, long, double[]> between, double goal)
        {
            double[] all = between(from, to);
            table.Add($"{what}, p99, {during}", "ms", Goal.AtMost(goal), Percentile(all, 0.99));
            table.Add($"{what}, median, {during}", "ms", goal: null, Percentile(all, 0.5));
            long tenth = (to - from) / 10;
            table.Add($"{what}, p99 of each tenth of the time, {during}", "ms", goal: null, [.. Enumerable.Range(0, 10).Select(i => between(from + (i * tenth), from + ((i + 1) * tenth))).Where(some => some.Length > 0).Select(some => Percentile(some, 0.99))]);
        }
    }

    private static double Percentile(double[] sorted, double part) => sorted[Math.Min(sorted.Length - 1, (int)Math.Ceiling(sorted.Length * part) - 1)];

    private EngineNode MakeNode(string nodeId, SqlStore postgres, EngineMetrics metrics) => new(
        new EngineSettings { Amqp = new AmqpSettings { Url = _amqp } },
        new NodeServices
        {
            Info = new NodeInfo { Id = nodeId, Address = "", Secret = "" },
            Catalog = Catalog.Default,
            Store = new StoreOver(postgres) { Journal = new WatchedJournal(postgres.Journal, _watch), Statistics = new WatchedStatistics(postgres.Statistics, _watch) },
            Lookup = new NoLookup(),
            Metrics = metrics,
            Time = TimeProvider.System,
            Loggers = NullLoggerFactory.Instance,
        });
}
