using System.Diagnostics;
using System.Globalization;
using DataLoad.Bench.Core;
using DataLoad.Bench.Reporting;
using DataLoad.Demo;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using DataLoad.Engine.Watching;
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

    // More than are persisted before the watch looks: it does at once.
    private const int WatchedBlocks = 65_536;

    private readonly BenchArguments _arguments;
    private readonly FreshnessWatch _watch = new();
    private readonly string _amqp;

    private FreshnessBench(BenchArguments arguments) => (_arguments, _amqp) = (arguments, arguments.Text("--amqp"));

    /// <summary>Measures and writes <c>freshness.md</c> and <c>freshness.json</c>.</summary>
    public static async Task<int> RunAsync(BenchArguments arguments)
    {
        var table = new FigureTable("freshness", arguments.Output);
        await new FreshnessBench(arguments).MeasureAsync(table, backlog: 0);
        await new FreshnessBench(arguments).MeasureAsync(table, backlog: arguments.Number("--backlog", arguments.Quick ? 100_000 : 300_000));
        table.Print();
        return 0;
    }

    private async Task MeasureAsync(FigureTable table, int backlog)
    {
        await using (SpringPublisher publisher = await SpringPublisher.ConnectAsync(_amqp))
        {
            var bodies = new ShareBodies(Math.Max(1, backlog), 1_000, 1_000_000, seed: 51);
            foreach (int[] chunk in Enumerable.Range(0, backlog).Chunk(20_000))
            {
                await publisher.PublishAsync([.. chunk.Select(i =>
                    new WireMessage(ContractStreams.BearShare, bodies[i].ToArray()) { ContentType = "application/json", ContentEncoding = "UTF-8" })]);
            }
        }

        string nodeId = $"bench-{Guid.NewGuid():n}";
        await using var postgres = new SqlStore(
            PostgreSqlDatabase.ForStore(new PostgreSqlStoreOptions { ConnectionString = _arguments.Text("--postgres"), NodeId = nodeId }));
        using var metrics = new EngineMetrics();
        using var stop = new CancellationTokenSource();
        ClusterNode node = MakeNode(nodeId, postgres, metrics);
        Task watching;
        using (Watch<PersistedBlock> persisted = node.Persisted.Begin(WatchedBlocks))
        {
            watching = _watch.WatchAsync(persisted);
            Task running = node.RunAsync(stop.Token);
            while (!node.IsServing)
            {
                await (running.IsCompleted ? running : Task.Delay(20));
            }

            (long from, long to) = await PublishAsync(backlog, watching);
            Report(table, backlog, from, to);
            await stop.CancelAsync();
            await running;
        }

        await watching;
    }

    /// <summary>Publishes for as long as is measured, and waits until all of it is counted.</summary>
    private async Task<(long From, long To)> PublishAsync(int backlog, Task watching)
    {
        using var publishing = new CancellationTokenSource();
        Task<int> published = Task.Run(() => SteadyPublisher.RunAsync(_amqp, PerSecond, publishing.Token));

        // The first seconds compile the program, but for a backlog, which does not last.
        await Task.Delay(TimeSpan.FromSeconds(backlog == 0 ? 5 : 1));
        long from = Stopwatch.GetTimestamp();
        if (backlog == 0)
        {
            await Task.Delay(TimeSpan.FromSeconds(_arguments.Quick ? 10 : 60));
        }
        else
        {
            await WhenDrainedAsync();
        }

        long to = Stopwatch.GetTimestamp();
        await publishing.CancelAsync();
        int expected = await published;
        while (_watch.Journaled < expected || _watch.Unflushed > 0)
        {
            await (watching.IsCompleted ? watching : Task.Delay(50));
        }

        return (from, to);
    }

    private async Task WhenDrainedAsync()
    {
        var factory = new ConnectionFactory { Uri = new Uri(_amqp) };
        await using IConnection connection = await factory.CreateConnectionAsync();
        await using IChannel channel = await connection.CreateChannelAsync();
        while (await channel.MessageCountAsync(ContractStreams.BearShare.Queue) > 0)
        {
            await Task.Delay(50);
        }
    }

    private void Report(FigureTable table, int backlog, long from, long to)
    {
        double seconds = Stopwatch.GetElapsedTime(from, to).TotalSeconds;
        string during = backlog == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{PerSecond:N0} messages/s for {seconds:0} s")
            : string.Create(CultureInfo.InvariantCulture, $"{PerSecond:N0} messages/s for the {seconds:0.0} s in which {backlog:N0} of another stream drain");
        double flushMs = new PartitionSettings().FlushInterval.TotalMilliseconds;
        Add("publish to journaled", _watch.MsToJournal, backlog == 0 ? 50 : 500);
        Add("publish to the table", _watch.MsToTable, flushMs + (backlog == 0 ? 250 : 500));

        void Add(string what, Func<long, long, double[]> between, double goal)
        {
            double[] all = between(from, to);
            table.Add($"{what}, p99, {during}", "ms", Goal.AtMost(goal), Percentile(all, 0.99));
            table.Add($"{what}, median, {during}", "ms", goal: null, Percentile(all, 0.5));
            long tenth = (to - from) / 10;
            table.Add($"{what}, p99 of each tenth of the time, {during}", "ms", goal: null,
                [.. Enumerable.Range(0, 10).Select(i => between(from + (i * tenth), from + ((i + 1) * tenth))).Where(some => some.Length > 0)
                .Select(some => Percentile(some, 0.99))]);
        }
    }

    private static double Percentile(double[] sorted, double part) => sorted[Math.Min(sorted.Length - 1, (int)Math.Ceiling(sorted.Length * part) - 1)];

    private ClusterNode MakeNode(string nodeId, SqlStore postgres, EngineMetrics metrics) => new(
        new EngineSettings { Amqp = new AmqpSettings { Url = _amqp } },
        new NodeServices
        {
            Info = new NodeInfo(nodeId, "", ""),
            Catalog = Catalog.Default,
            Store = new StoreOver(postgres, new WatchedStatistics(postgres.Statistics, _watch)),
            Lookup = new NoLookup(),
            Akka = EngineUnderTest.Silent,
            Metrics = metrics,
            Time = TimeProvider.System,
            Loggers = NullLoggerFactory.Instance,
        });
}
