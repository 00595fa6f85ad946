using System.Globalization;
using DataLoad.Bench.Core;
using DataLoad.Bench.Recovery;
using DataLoad.Bench.Reporting;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.Sqlite;

namespace DataLoad.Bench.Growth;

/// <summary>What an event costs as things grow: Counters, Partitions, journal; and whether memory keeps its budget. CPU of the whole process, SQLite.</summary>
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
            [even, even with { Name = "1,000 live Counters, evenly", Topics = 1_000 }, even with { Name = "100,000 live Counters, evenly", Topics = 100_000 }]);
        await CompareAsync(
            table, arguments.Folder, events, runs,
            [new GrowthCase("1,000 topics, evenly", Topics: 1_000, Even: true), new GrowthCase("1 hot topic", Topics: 1, Even: true)]);
        await CompareAsync(
            table, arguments.Folder, events, runs,
            [.. ((int[])[1, 8, 64, 256]).Select(partitions =>
                new GrowthCase(string.Create(CultureInfo.InvariantCulture, $"{partitions} Partitions"), Topics: 1_000,
                Even: false) { Partitions = partitions })]);
        await CompareAsync(
            table, arguments.Folder, events, runs,
            [.. ((int[])[100_000 / scale, 1_000_000 / scale, 10_000_000 / scale])
                .Select(journal => new GrowthCase(string.Create(CultureInfo.InvariantCulture, $"a journal of {journal:N0} events"), Topics: 1_000,
                Even: false) { JournalEvents = journal })]);
        await BudgetAsync(table, arguments.Folder, counters: 200_000 / scale, budgetBytes: (24L << 20) / scale);
        table.Print();
        return 0;
    }

    private static async Task CompareAsync(FigureTable table, string folder, int events, int runs, GrowthCase[] cases)
    {
        double smallest = 0;
        foreach (GrowthCase @case in cases)
        {
            double[] micros = await MeasureAsync(folder, events, runs, @case);
            double median = new Figure { What = "", Unit = "", Runs = micros }.Median;
            smallest = smallest == 0 ? median : smallest;
            table.Add(@case.Name, "CPU µs an event", Goal.AtMost(MostGrowth * smallest), micros);
        }
    }

    private static async Task<double[]> MeasureAsync(string folder, int events, int runs, GrowthCase @case)
    {
        string file = Path.Combine(folder, "growth.db");
        double[] micros = new double[runs];
        await using (var store = new SqlStore(SqliteDatabase.ForStore(file)))
        {
            if (@case.JournalEvents > 0)
            {
                await JournalFiller.FillAsync(store, @case.Partitions, @case.JournalEvents, @case.Topics);
            }

            var settings = new PartitionSettings { Partitions = @case.Partitions };
            await using EngineUnderTest engine = await EngineUnderTest.StartAsync(store, settings, new IntakeSettings { Prefetch = Prefetch });
            await engine.FeedAsync(new ShareBodies(events, @case.Topics, 1_000_000, seed: 30, @case.Even), 0, events);
            await engine.KeepAsync();
            for (int run = 0; run < runs; run++)
            {
                var bodies = new ShareBodies(events, @case.Topics, 1_000_000, seed: 31 + (ulong)run, @case.Even);
                var meter = Meter.Start();
                await engine.FeedAsync(bodies, 0, events);
                micros[run] = meter.CpuSeconds / events * 1e6;
            }
        }

        Remove(file);
        return micros;
    }

    /// <summary>Ten times more Counters than the budget holds, met in turn.</summary>
    private static async Task BudgetAsync(FigureTable table, string folder, int counters, long budgetBytes)
    {
        string file = Path.Combine(folder, "budget.db");
        var settings = new PartitionSettings { Partitions = EngineUnderTest.SqlitePartitions, MemoryBudgetBytes = budgetBytes };
        await using (var store = new SqlStore(SqliteDatabase.ForStore(file)))
        {
            await using EngineUnderTest engine = await EngineUnderTest.StartAsync(store, settings, new IntakeSettings());
            var bodies = new ShareBodies(counters * 2, counters, users: 1_000_000, seed: 40, even: true);
            using var sampling = new CancellationTokenSource();
            Task<(long Bytes, int Counters)> sampler = SampleMostAsync(engine, sampling.Token);
            await engine.FeedAsync(bodies, 0, bodies.Count);
            await sampling.CancelAsync();
            (long most, int resident) = await sampler;
            string met = string.Create(CultureInfo.InvariantCulture, $"{counters:N0} Counters met in turn, at most {resident:N0} of them resident");
            table.Add(string.Create(CultureInfo.InvariantCulture, $"most memory held, as a part of its budget of {budgetBytes >> 20} MiB: {met}"),
                "of the budget", Goal.AtMost(1), (double)most / budgetBytes);
        }

        Remove(file);
    }

    private static async Task<(long Bytes, int Counters)> SampleMostAsync(EngineUnderTest engine, CancellationToken stop)
    {
        (long Bytes, int Counters) most = default;
        while (!stop.IsCancellationRequested)
        {
            most = (Math.Max(most.Bytes, engine.Node.Budget.UsedBytes),
                Math.Max(most.Counters, engine.Node.Registry.Partitions.Sum(status => status.Counters)));
            await Task.Delay(5, CancellationToken.None);
        }

        return most;
    }

    private static void Remove(string file)
    {
        foreach (string left in Directory.EnumerateFiles(Path.GetDirectoryName(file)!, Path.GetFileNameWithoutExtension(file) + "*"))
        {
            File.Delete(left);
        }
    }
}
