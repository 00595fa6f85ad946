using System.Globalization;
using DataLoad.Bench.Core;
using DataLoad.Bench.Reporting;
using DataLoad.Bench.Stores;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Sharding;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using DataLoad.Engine.Storage.Sqlite;

namespace DataLoad.Bench.Recovery;

/// <summary>How fast a node comes back: a journal behind the last checkpoint, and Counters in snapshots.</summary>
internal static class RecoveryBench
{
    // The journal is replayed and nothing else: what is flushed and checkpointed after is not recovery's.
    private static readonly ShardingSettings Settings = new()
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
        var table = new FigureTable("recovery", arguments.Output);

        var sqlite = new SqlStore(SqliteDatabase.ForStore(Path.Combine(arguments.Folder, "recovery.db")));
        await using (sqlite.ConfigureAwait(false))
        {
            await ReplayAsync(table, sqlite, "SQLite", events, runs, goal: 1_000_000).ConfigureAwait(false);
        }

        var counters = new SqlStore(SqliteDatabase.ForStore(Path.Combine(arguments.Folder, "counters.db")));
        await using (counters.ConfigureAwait(false))
        {
            await CountersAsync(table, counters, arguments.Quick ? 20_000 : 100_000, runs).ConfigureAwait(false);
        }

        var postgres = new SqlStore(PostgreSqlDatabase.ForStore(new PostgreSqlStoreOptions { ConnectionString = arguments.Text("--postgres"), NodeId = EngineUnderTest.NodeId }));
        await using (postgres.ConfigureAwait(false))
        {
            await ReplayAsync(table, postgres, "PostgreSQL", events, runs, goal: 500_000).ConfigureAwait(false);
        }

        table.Print();
        return 0;
    }

    private static async Task ReplayAsync(FigureTable table, IStore store, string name, int events, int runs, double goal)
    {
        await JournalFiller.FillAsync(store, await EngineUnderTest.AcquireAsync(store, Settings.Shards).ConfigureAwait(false), events, topics: 1_000).ConfigureAwait(false);
        (double[] wall, double[] cpu) = await RecoverAsync(store, runs, events).ConfigureAwait(false);
        string what = string.Create(CultureInfo.InvariantCulture, $"replay of {events:N0} events behind the checkpoint, {name}");
        table.Add(what, "events a second", Goal.AtLeast(goal), [.. wall.Select(seconds => events / seconds)]);
        table.Add("the same, of the engine's own CPU", "events a CPU second", goal: null, [.. cpu.Select(seconds => events / seconds)]);
    }

    private static async Task CountersAsync(FigureTable table, IStore store, int counters, int runs)
    {
        EngineUnderTest engine = await EngineUnderTest.StartAsync(store, new ShardingSettings(), new IntakeSettings { Prefetch = 20_000 }).ConfigureAwait(false);
        await using (engine.ConfigureAwait(false))
        {
            var bodies = new ShareBodies(counters * 2, counters, users: 1_000_000, seed: 21, even: true);
            await engine.FeedAsync(bodies, 0, bodies.Count).ConfigureAwait(false);
            await engine.StopAsync().ConfigureAwait(false);
        }

        // And a crash after each Counter was met once more.
        await JournalFiller.FillAsync(store, await EngineUnderTest.AcquireAsync(store, Settings.Shards).ConfigureAwait(false), counters, counters, even: true).ConfigureAwait(false);
        (double[] wall, _) = await RecoverAsync(store, runs, counters).ConfigureAwait(false);
        table.Add(
            string.Create(CultureInfo.InvariantCulture, $"until a node with {counters:N0} Counters in snapshots takes events, as many events behind its checkpoint touching all of them, SQLite"),
            "seconds", Goal.AtMost(5), wall);
    }

    private static async Task<(double[] Wall, double[] Cpu)> RecoverAsync(IStore store, int runs, int events)
    {
        double[] wall = new double[runs];
        double[] cpu = new double[runs];
        for (int run = 0; run < runs; run++)
        {
            var meter = Meter.Start();
            EngineUnderTest engine = await EngineUnderTest.StartAsync(new StoreOver(store) { Snapshots = new HeldSnapshots(store.Snapshots) }, Settings, new IntakeSettings()).ConfigureAwait(false);
            await using (engine.ConfigureAwait(false))
            {
                (wall[run], cpu[run]) = (meter.WallSeconds, meter.CpuSeconds);
                long replayed = engine.Region.Status.Sum(status => status.SequenceNr - status.CheckpointSequenceNr);
                if (replayed != events)
                {
                    throw new InvalidOperationException($"{replayed} events were replayed, {events} are behind the checkpoint");
                }
            }
        }

        return (wall, cpu);
    }
}
