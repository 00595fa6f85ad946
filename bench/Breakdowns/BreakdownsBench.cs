using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using DataLoad.Bench.Core;
using DataLoad.Bench.Reporting;
using DataLoad.Demo;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.Sqlite;

namespace DataLoad.Bench.Breakdowns;

/// <summary>What breakdowns cost: engines with none, with that by parent and with all three take the same deliveries in turn, to journaled and applied, in one
/// process; and what a flush and a checkpoint of all of it cost then.</summary>
internal static class BreakdownsBench
{
    private const int Topics = 1_000;
    private const int Users = 1_000_000;
    private const int Parents = 50;

    private static readonly (string Name, ImmutableArray<Breakdown> On)[] Kinds =
        [("none", []), ("parent", [Breakdown.Parent]), ("all three", [Breakdown.Parent, Breakdown.Channel, Breakdown.QrCode])];

    /// <summary>Measures and writes <c>breakdowns.md</c> and <c>breakdowns.json</c>.</summary>
    public static async Task<int> RunAsync(BenchArguments arguments)
    {
        int events = arguments.Number("--events", arguments.Quick ? 100_000 : 400_000);
        int runs = arguments.Number("--runs", arguments.Quick ? 3 : 9);
        var table = new FigureTable("breakdowns", arguments.Output);
        var engines = new List<EngineUnderTest>();
        var stores = new List<SqlStore>();
        foreach ((string name, ImmutableArray<Breakdown> on) in Kinds)
        {
            var store = new SqlStore(SqliteDatabase.ForStore(Path.Combine(arguments.Folder, $"{name}.db")));
            stores.Add(store);
            engines.Add(await EngineUnderTest.StartAsync(store, new PartitionSettings { Partitions = EngineUnderTest.SqlitePartitions },
                new IntakeSettings { Prefetch = 10_000 }, CatalogWith(on)));
        }

        double[][] cpu = [.. Kinds.Select(_ => new double[runs])];
        double[][] kept = [.. Kinds.Select(_ => new double[runs])];
        for (int run = -1; run < runs; run++)
        {
            var bodies = new ShareBodies(events, Topics, Users, seed: 10 + (ulong)run, parents: Parents);
            for (int turn = 0; turn < Kinds.Length; turn++)
            {
                // Each is first, second and last in turn.
                int kind = (turn + run + 1) % Kinds.Length;
                var meter = Meter.Start();
                await engines[kind].FeedAsync(bodies, 0, events);
                double fed = meter.CpuSeconds;
                await engines[kind].KeepAsync();
                if (run >= 0)
                {
                    cpu[kind][run] = fed * 1e6 / events;
                    kept[kind][run] = (meter.CpuSeconds - fed) * 1e6 / events;
                }
            }
        }

        for (int kind = 0; kind < Kinds.Length; kind++)
        {
            table.Add($"deliveries of act.share to journaled and applied: {Kinds[kind].Name}", "CPU µs an event", goal: null, cpu[kind]);
            table.Add($"flush and checkpoint of all that behind it: {Kinds[kind].Name}", "CPU µs an event", goal: null, kept[kind]);
        }

        for (int kind = 1; kind < Kinds.Length; kind++)
        {
            double[] more = [.. cpu[kind].Zip(cpu[0], (with, without) => 100 * (with / without - 1))];
            table.Add($"the same, {Kinds[kind].Name} beside none, in the same run", "% more", kind == 1 ? Goal.AtMost(15) : null, more);
        }

        Memory(table);
        foreach (EngineUnderTest engine in engines)
        {
            await engine.StopAsync();
            await engine.DisposeAsync();
        }

        foreach (SqlStore store in stores)
        {
            await store.DisposeAsync();
        }

        table.Print();
        return 0;
    }

    /// <summary>A Counter of a topic that 10,000 people shared, by as many parents.</summary>
    private static void Memory(FigureTable table)
    {
        foreach ((string name, ImmutableArray<Breakdown> on) in Kinds)
        {
            Catalog catalog = CatalogWith(on);
            var plan = new CountingPlan(catalog);
            Page page = catalog.PageNamed("act");
            var counter = new Counter(new CounterId(page.Id, new TopicKey("ACTIVITY", 1), 739_000), page);
            var @event = new BusinessEvent();
            StreamDefinition share = catalog.FindStream("act.share")!;
            var dice = new Dice(3);
            var parent = new Zipf(Parents, 1.0);
            for (int i = 1; i <= 10_000; i++)
            {
                @event.Reset(share);
                @event.WuId = i;
                @event.ParentTopicId = 1 + parent.Draw(dice);
                @event.SetText(EventText.ParentTopicType, "BEAR"u8);
                @event.SetText(EventText.ChannelType, Encoding.UTF8.GetBytes(Channels[dice.Below(Channels.Length)]));
                counter.Apply(plan, @event, i);
            }

            table.Add(string.Create(CultureInfo.InvariantCulture, $"memory of a Counter, 10,000 people by {Parents} parents and {Channels.Length} channels: {name}"),
                "bytes", goal: null, counter.ResidentBytes);
        }
    }

    private static readonly string[] Channels = ["WECHAT", "MOMENTS", "QQ", "WEIBO", "H5"];

    private static Catalog CatalogWith(ImmutableArray<Breakdown> on) =>
        Catalog.Default.WithBreakdowns(Catalog.Default.Pages.ToDictionary(page => page.Name, _ => on, StringComparer.Ordinal));
}
