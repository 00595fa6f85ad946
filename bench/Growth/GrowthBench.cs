using System.Globalization;
using DataLoad.Bench.Core;
using DataLoad.Bench.Recovery;
using DataLoad.Bench.Reporting;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Sharding;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.Sqlite;

namespace DataLoad.Bench.Growth;

/// <summary>What an event costs as things grow: Counters, shards, journal; and whether memory keeps its budget. CPU of the whole process, SQLite.</summary>
internal static class GrowthBench
{
    private const double MostGrowth = 1.5;
    private const int Prefetch = 20_000;

    /// <summary>Measures and writes <c>growth.md</c> and <c>growth.json</c>.</summary>
    public static async Task<int> RunAsync(BenchArguments arguments)
    {
        int events = arguments.Number("--events", arguments.Quick ? 200_000 : 500_000);
        int runs = arguments.Number("--runs", arguments.Quick ? 1 : 3);
        int scale = arguments.Quick ? 10 : 1;
        var table = new FigureTable("growth", arguments.Output);
        var even = new GrowthCase("10 live Counters, evenly", Topics: 10, Even: true);
        await CompareAsync(
            table, arguments.Folder, events, runs,
            [even, even with { Name = "1,000 live Counters, evenly", Topics = 1_000 }, even with { Name = "100,000 live Counters, evenly", Topics = 100_000 }]).ConfigureAwait(false);
        await CompareAsync(
            table, arguments.Folder, events, runs,
            [new GrowthCase("1,000 topics, evenly", Topics: 1_000, Even: true), new GrowthCase("1 hot topic", Topics: 1, Even: true)]).ConfigureAwait(false);
        await CompareAsync(
            table, arguments.Folder, events, runs,
            [.. ((int[])[1, 8, 64, 256]).Select(shards => new GrowthCase(string.Create(CultureInfo.InvariantCulture, $"{shards} shards"), Topics: 1_000, Even: false) { Shards = shards })]).ConfigureAwait(false);
        await CompareAsync(
            table, arguments.Folder, events, runs,
            [.. ((int[])[100_000 / scale, 1_000_000 / scale, 10_000_000 / scale]).Select(journal => new GrowthCase(string.Create(CultureInfo.InvariantCulture, $"a journal of {journal:N0} events"), Topics: 1_000, Even: false) { JournalEvents = journal })]).ConfigureAwait(false);
        await BudgetAsync(table, arguments.Folder, counters: 200_000 / scale, budgetBytes: (24L << 20) / scale).ConfigureAwait(false);
        table.Print();
        return 0;
    }

    private static async Task CompareAsync(FigureTable table, string folder, int events, int runs, GrowthCase[] cases)
    {
        double smallest = 0;
        foreach (GrowthCase @case in cases)
        {
            double[] micros = await MeasureAsync(folder, events, runs, @case).ConfigureAwait(false);
            double median = new Figure { What = "", Unit = "", Runs = micros }.Median;
            smallest = smallest == 0 ? median : smallest;
            table.Add(@case.Name, "CPU µs an event", Goal.AtMost(MostGrowth * smallest), micros);
        }
    }

    private static async Task<double[]> MeasureAsync(string folder, int events, int runs, GrowthCase @case)
    {
        string file = Path.Combine(folder, "growth.db");
        var settings = new ShardingSettings { Shards = @case.Shards };
        double[] micros = new double[runs];
        var store = new SqlStore(SqliteDatabase.ForStore(file));
        await using (store.ConfigureAwait(false))
        {
            if (@case.JournalEvents > 0)
            {
                await JournalFiller.FillAsync(store, await EngineUnderTest.AcquireAsync(store, settings.Shards).ConfigureAwait(false), @case.JournalEvents, @case.Topics).ConfigureAwait(false);
            }

            EngineUnderTest engine = await EngineUnderTest.StartAsync(store, settings, new IntakeSettings { Prefetch = Prefetch }).ConfigureAwait(false);
            await using (engine.ConfigureAwait(false))
            {
                for (int run = -1; run < runs; run++)
                {
                    var bodies = new ShareBodies(events, @case.Topics, 1_000_000, seed: 30 + (ulong)(run + 1), @case.Even);
                    if (run < 0)
                    {
                        await engine.FeedAsync(bodies, 0, events).ConfigureAwait(false);
                        await engine.Region.KeepAsync().ConfigureAwait(false);
                        continue;
                    }

                    var meter = Meter.Start();
                    await engine.FeedAsync(bodies, 0, events).ConfigureAwait(false);
                    micros[run] = meter.CpuSeconds / events * 1e6;
                }
            }
        }

        Remove(file);
        return micros;
    }

    /// <summary>Ten times more Counters than the budget holds, met in turn.</summary>
    private static async Task BudgetAsync(FigureTable table, string folder, int counters, long budgetBytes)
    {
        string file = Path.Combine(folder, "budget.db");
        var settings = new ShardingSettings { MemoryBudgetBytes = budgetBytes };
        var store = new SqlStore(SqliteDatabase.ForStore(file));
        await using (store.ConfigureAwait(false))
        {
            EngineUnderTest engine = await EngineUnderTest.StartAsync(store, settings, new IntakeSettings()).ConfigureAwait(false);
            await using (engine.ConfigureAwait(false))
            {
                var bodies = new ShareBodies(counters * 2, counters, users: 1_000_000, seed: 40, even: true);
                long most = 0;
                int resident = 0;
                using var sampling = new CancellationTokenSource();
                Task sampler = Task.Run(
                    async () =>
                    {
                        while (!sampling.IsCancellationRequested)
                        {
                            most = Math.Max(most, engine.Region.Budget.UsedBytes);
                            resident = Math.Max(resident, engine.Region.Status.Sum(status => status.Counters));
                            await Task.Delay(5).ConfigureAwait(false);
                        }
                    },
                    CancellationToken.None);
                await engine.FeedAsync(bodies, 0, bodies.Count).ConfigureAwait(false);
                await sampling.CancelAsync().ConfigureAwait(false);
                await sampler.ConfigureAwait(false);
                string met = string.Create(CultureInfo.InvariantCulture, $"{counters:N0} Counters met in turn, at most {resident:N0} of them resident");
                table.Add($"most memory held, as a part of its budget of {budgetBytes >> 20} MiB: {met}", "of the budget", Goal.AtMost(1), (double)most / budgetBytes);
            }
        }

        Remove(file);
    }

    private static void Remove(string file)
    {
        foreach (string suffix in (string[])["", "-wal", "-shm", ".lock"])
        {
            File.Delete(file + suffix);
        }
    }
}
