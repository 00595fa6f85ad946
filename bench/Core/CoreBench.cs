using System.Globalization;
using DataLoad.Bench.Reporting;
using DataLoad.Demo;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.Sqlite;

namespace DataLoad.Bench.Core;

/// <summary>
/// The core without a broker: encoded deliveries to journaled (SQLite, every commit on disk) and applied; and of that,
/// decoding and applying by themselves. Rates are events a CPU second of the whole process: what one core does.
/// </summary>
internal static class CoreBench
{
    private const int Topics = 1_000;
    private const int Users = 1_000_000;

    private static readonly StreamDefinition Share = Catalog.Default.FindStream("act.share")!;

    /// <summary>Measures and writes <c>core.md</c> and <c>core.json</c>.</summary>
    public static async Task<int> RunAsync(BenchArguments arguments)
    {
        int events = arguments.Number("--events", arguments.Quick ? 200_000 : 500_000);
        int runs = arguments.Number("--runs", arguments.Quick ? 3 : 5);
        var table = new FigureTable("core", arguments.Output);
        Decode(table, runs);
        Apply(table, runs);

        // As one stream is set by default, and with less under way, so that blocks are small.
        await DeliverAsync(table, arguments.Folder, events, runs, prefetch: 2_000);
        await DeliverAsync(table, arguments.Folder, events, runs, prefetch: 10_000);

        table.Print();
        return 0;
    }

    private static void Decode(FigureTable table, int runs)
    {
        var bodies = new ShareBodies(100_000, Topics, Users, seed: 1);
        var decoder = new BodyDecoder(Share, 65_536);
        var fields = new MessageFields(Share);
        double[] rates = new double[runs];
        double bytes = 0;
        for (int run = -2; run < runs; run++)
        {
            const int Rounds = 20;
            var meter = Meter.Start();
            for (int round = 0; round < Rounds; round++)
            {
                for (int i = 0; i < bodies.Count; i++)
                {
                    if (decoder.Decode("application/json", "UTF-8", bodies[i], fields) is { } rejection)
                    {
                        throw new InvalidOperationException(rejection.Error);
                    }
                }
            }

            double seconds = meter.CpuSeconds;
            bytes = (double)meter.Bytes / Rounds / bodies.Count;
            if (run >= 0)
            {
                rates[run] = Rounds * bodies.Count / seconds;
            }
        }

        table.Add(string.Create(CultureInfo.InvariantCulture, $"decode the common body alone ({bodies.MeanBytes:0} bytes of JSON)"), "bodies a CPU second",
            Goal.AtLeast(2_000_000), rates);
        table.Add("decode: allocated", "bytes a body", goal: null, bytes);
    }

    private static void Apply(FigureTable table, int runs)
    {
        var plan = new CountingPlan(Catalog.Default);
        Page page = Catalog.Default.PageNamed(Share.Page);
        const int Events = 1_000_000;
        var dice = new Dice(2);
        var topic = new Zipf(Topics, 1.0);
        var user = new Zipf(Users, 0.8);
        int[] counterOf = [.. Enumerable.Range(0, Events).Select(_ => topic.Draw(dice))];
        int[] userOf = [.. Enumerable.Range(0, Events).Select(_ => 1 + user.Draw(dice))];
        double[] fresh = new double[runs];
        double[] known = new double[runs];
        var @event = new BusinessEvent();
        @event.Reset(Share);
        for (int run = -1; run < runs; run++)
        {
            Counter[] counters = [.. Enumerable.Range(1, Topics)
                .Select(id => new Counter(new CounterId(page.Id, new TopicKey("ACTIVITY", id), 739_000), page))];
            double first = Pass(1);
            const int Again = 4;
            double again = 0;
            for (int pass = 1; pass <= Again; pass++)
            {
                again += Pass(1 + ((long)pass * Events));
            }

            if (run >= 0)
            {
                fresh[run] = Events / first;
                known[run] = Again * Events / again;
            }

            double Pass(long sequenceNr)
            {
                var meter = Meter.Start();
                for (int i = 0; i < Events; i++)
                {
                    @event.WuId = userOf[i];
                    counters[counterOf[i]].Apply(plan, @event, sequenceNr + i);
                }

                return meter.CpuSeconds;
            }
        }

        table.Add("apply act.share to 1,000 Counters alone (Zipf), users seen before", "events a CPU second", Goal.AtLeast(10_000_000), known);
        table.Add("the same from empty Counters, their sets growing", "events a CPU second", goal: null, fresh);
    }

    private static async Task DeliverAsync(FigureTable table, string folder, int events, int runs, int prefetch)
    {
        string file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"core-{prefetch}.db"));
        await using var store = new SqlStore(SqliteDatabase.ForStore(file));
        await using EngineUnderTest engine = await EngineUnderTest.StartAsync(
            store, new PartitionSettings { Partitions = EngineUnderTest.SqlitePartitions }, new IntakeSettings { Prefetch = prefetch });
        var bodies = new ShareBodies(events, Topics, Users, seed: 3);
        await engine.FeedAsync(bodies, 0, events);
        double raw = bodies.MeanBytes;
        double[] cpu = new double[runs];
        double[] wall = new double[runs];
        double[] bytes = new double[runs];
        for (int run = 0; run < runs; run++)
        {
            bodies = new ShareBodies(events, Topics, Users, seed: 4 + (ulong)run);
            var meter = Meter.Start();
            await engine.FeedAsync(bodies, 0, events);
            wall[run] = events / meter.WallSeconds;
            cpu[run] = events / meter.CpuSeconds;
            bytes[run] = (double)meter.Bytes / events;
        }

        string at = string.Create(CultureInfo.InvariantCulture, $"{prefetch:N0} unacknowledged");
        table.Add($"deliveries of act.share to journaled and applied, {at}", "events a CPU second", Goal.AtLeast(500_000), cpu);
        table.Add($"the same, on the wall, {at}", "events a second", goal: null, wall);
        table.Add($"the same, allocated, {at}", "bytes an event", Goal.AtMost(150), bytes);
        await engine.StopAsync();
        await JournalSize.AddAsync(table, store, (double)events * (runs + 1), raw, at);
    }
}
