using System.Globalization;
using DataLoad.Bench.Core;
using DataLoad.Bench.Reporting;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using DataLoad.Engine.Storage.Sqlite;

namespace DataLoad.Bench.Recovery;

/// <summary>How fast a node comes back: a journal behind the last checkpoint, and Counters in snapshots.</summary>
internal static class RecoveryBench
{
    // The journal is replayed and nothing else: what is flushed and checkpointed after is not recovery's.
    private static readonly PartitionSettings Replaying = new()
    {
        CheckpointInterval = TimeSpan.FromDays(1),
        CheckpointEvents = long.MaxValue,
        FlushInterval = TimeSpan.FromHours(1),
        MemoryBudgetBytes = 4L << 30,
    };

    /// <summary>Measures and writes <c>recovery.md</c> and <c>recovery.json</c>.</summary>
    public static async Task<int> RunAsync(BenchArguments arguments)
    {
        int events = arguments.Number("--events", arguments.Quick ? 1_000_000 : 5_000_000);
        int runs = arguments.Number("--runs", arguments.Quick ? 2 : 3);
        int counters = arguments.Number("--counters", arguments.Quick ? 20_000 : 100_000);
        var table = new FigureTable("recovery", arguments.Output);

        await using (var sqlite = new SqlStore(SqliteDatabase.ForStore(Path.Combine(arguments.Folder, "recovery.db"))))
        {
            await ReplayAsync(table, sqlite, "SQLite", EngineUnderTest.SqlitePartitions, events, runs, goal: 1_000_000);
        }

        await using (var snapshots = new SqlStore(SqliteDatabase.ForStore(Path.Combine(arguments.Folder, "counters.db"))))
        {
            await CountersAsync(table, snapshots, EngineUnderTest.SqlitePartitions, counters, runs);
        }

        var options = new PostgreSqlStoreOptions { ConnectionString = arguments.Text("--postgres"), NodeId = EngineUnderTest.NodeId };
        await using (var postgres = new SqlStore(PostgreSqlDatabase.ForStore(options)))
        {
            await ReplayAsync(table, postgres, "PostgreSQL", EngineUnderTest.PostgreSqlPartitions, events, runs, goal: 500_000);
        }

        table.Print();
        return 0;
    }

    private static async Task ReplayAsync(FigureTable table, IStore store, string name, int partitions, int events, int runs, double goal)
    {
        await JournalFiller.FillAsync(store, partitions, events, topics: 1_000);
        (double[] wall, double[] cpu) = await RecoverAsync(store, partitions, runs, events);
        string what = string.Create(CultureInfo.InvariantCulture, $"replay of {events:N0} events behind the checkpoint, {name}");
        table.Add(what, "events a second", Goal.AtLeast(goal), [.. wall.Select(seconds => events / seconds)]);
        table.Add("the same, of the engine's own CPU", "events a CPU second", goal: null, [.. cpu.Select(seconds => events / seconds)]);
    }

    private static async Task CountersAsync(FigureTable table, IStore store, int partitions, int counters, int runs)
    {
        var settings = new PartitionSettings { Partitions = partitions };
        await using (EngineUnderTest engine = await EngineUnderTest.StartAsync(store, settings, new IntakeSettings { Prefetch = 20_000 }))
        {
            var bodies = new ShareBodies(counters * 2, counters, users: 1_000_000, seed: 21, even: true);
            await engine.FeedAsync(bodies, 0, bodies.Count);
            await engine.StopAsync();
        }

        // And a crash after each Counter was met once more.
        await JournalFiller.FillAsync(store, partitions, counters, counters, even: true);
        (double[] wall, _) = await RecoverAsync(store, partitions, runs, counters);
        table.Add(
            string.Create(CultureInfo.InvariantCulture,
                $"until a node with {counters:N0} Counters in snapshots takes events, as many events behind its checkpoint touching all of them, SQLite"),
            "seconds", Goal.AtMost(5), wall);
    }

    /// <summary>Starts a node over a store that one crashed over, again and again: until its Partitions serve and its Counters have applied what was replayed.</summary>
    private static async Task<(double[] Wall, double[] Cpu)> RecoverAsync(IStore store, int partitions, int runs, int events)
    {
        double[] wall = new double[runs];
        double[] cpu = new double[runs];
        for (int run = 0; run < runs; run++)
        {
            var meter = Meter.Start();
            await using EngineUnderTest engine = await EngineUnderTest.StartAsync(store, Replaying with { Partitions = partitions }, new IntakeSettings());
            await engine.WhenAppliedAsync();
            (wall[run], cpu[run]) = (meter.WallSeconds, meter.CpuSeconds);
            long replayed = (await engine.StatusAsync()).Sum(status => status.EventsSinceCheckpoint);
            if (replayed != events)
            {
                throw new InvalidOperationException($"{replayed} events were replayed, {events} are behind the checkpoint");
            }
        }

        return (wall, cpu);
    }
}
