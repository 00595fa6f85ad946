using System.Globalization;
using DataLoad.Bench.Core;
using DataLoad.Bench.Recovery;
using DataLoad.Bench.Reporting;
using DataLoad.Demo;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Explaining;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Questions;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using DataLoad.Engine.Storage.Sqlite;

namespace DataLoad.Bench.Questions;

/// <summary>How long a person waits: for different people over a month, united from the sets that Counters keep, and for the events that made a cell.</summary>
internal static class QuestionsBench
{
    private const int Days = 30;
    private const int PeopleADay = 10_000;
    private const int Population = 5_000_000;
    private const int CountersAtOnce = 100;
    private const int FirstDay = 739_600;

    private static readonly Page Act = Catalog.Default.PageNamed("act");
    private static readonly int Visitors = Act.IndexOf("visit_user_cnt");
    private static readonly int Buyers = Act.IndexOf("buy_user_cnt");

    /// <summary>Measures and writes <c>questions.md</c> and <c>questions.json</c>.</summary>
    public static async Task<int> RunAsync(BenchArguments arguments)
    {
        int runs = arguments.Number("--runs", arguments.Quick ? 1 : 3);
        int topics = arguments.Number("--topics", arguments.Quick ? 100 : 1_000);
        int parents = arguments.Number("--parents", arguments.Quick ? 3_000 : 20_000);
        int events = arguments.Number("--events", arguments.Quick ? 500_000 : 5_000_000);
        var table = new FigureTable("questions", arguments.Output);
        await using (var sqlite = new SqlStore(SqliteDatabase.ForStore(Path.Combine(arguments.Folder, "questions.db"))))
        {
            await AskAsync(table, sqlite, "SQLite", EngineUnderTest.SqlitePartitions, topics, runs);
            await AskPartsAsync(table, sqlite, "SQLite", EngineUnderTest.SqlitePartitions, parents, runs);
        }

        await using (var postgres = new SqlStore(PostgreSqlDatabase.ForStore(new PostgreSqlStoreOptions
        {
            ConnectionString = arguments.Text("--postgres"),
            NodeId = EngineUnderTest.NodeId,
        })))
        {
            await AskAsync(table, postgres, "PostgreSQL", EngineUnderTest.PostgreSqlPartitions, topics, runs);
            await AskPartsAsync(table, postgres, "PostgreSQL", EngineUnderTest.PostgreSqlPartitions, parents, runs);
        }

        await using (var journal = new SqlStore(SqliteDatabase.ForStore(Path.Combine(arguments.Folder, "explain.db"))))
        {
            await ExplainAsync(table, journal, EngineUnderTest.SqlitePartitions, events, runs);
        }

        table.Print();
        return 0;
    }

    // As many as a page of a list shows.
    private const int ListedTopics = 50;

    private static async Task AskAsync(FigureTable table, IStore store, string name, int partitions, int topics, int runs)
    {
        await KeepAsync(store, partitions, topics);
        var questions = new PeopleQuestions(new KeptSets(store.Snapshots, partitions), new QuestionSettings());
        foreach (int some in new[] { Math.Min(100, topics), topics }.Distinct())
        {
            TopicKey[] named = some == topics && topics > 100 ? [] : [.. Enumerable.Range(1, some).Select(id => new TopicKey("ACTIVITY", id))];
            var scope = new QuestionScope(Act, [.. Enumerable.Range(FirstDay, Days)], named);
            string of = string.Create(CultureInfo.InvariantCulture, $"a month of {some:N0} topics with {PeopleADay:N0} people a day each, {name}");
            Goal goal = Goal.AtMost(some <= 100 ? 2 : 15);
            if (named.Length >= ListedTopics)
            {
                Dictionary<TopicKey, IReadOnlyList<int>> listed = named.Take(ListedTopics).ToDictionary(topic => topic, _ => scope.Days);
                await MeasureAsync(table, string.Create(CultureInfo.InvariantCulture, $"a list of {ListedTopics} of those {some}, two columns united over the days of each, {name}"),
                    Goal.AtMost(2), runs, async () => (await questions.DistinctByTopicAsync(Act, listed, [Visitors, Buyers], default)).Values.Sum(answer => answer.Counts[0]));
            }

            await MeasureAsync(table, $"distinct: {of}", goal, runs, async () => (await questions.DistinctAsync(scope, [Visitors], default)).Counts[0]);
            await MeasureAsync(table, $"funnel of two steps: {of}", goal, runs, async () => (await questions.FunnelAsync(scope, [Visitors, Buyers], default)).Counts[1]);
            await MeasureAsync(table, $"retention after 1 and 7 days: {of}", goal, runs, async () =>
                (await questions.RetentionAsync(scope, Visitors, Buyers, [1, 7], FirstDay + Days - 1, default)).Rows.Sum(row => row.Returned.Values.Sum()));
        }
    }

    // As many as a page of the dashboard shows.
    private const int ListedParents = 20;

    /// <summary>A topic that many carrier pages led to, over a month: the parts of a page of the dashboard, which are summed, sorted and united.</summary>
    private static async Task AskPartsAsync(FigureTable table, IStore store, string name, int partitions, int parents, int runs)
    {
        var topic = new TopicKey("ACTIVITY", 1_000_000);
        StatisticsTable parts = await KeepPartsAsync(store, partitions, topic, parents);
        var questions = new PeopleQuestions(new KeptSets(store.Snapshots, partitions), new QuestionSettings());
        var query = new PartQuery
        {
            Filter = new StatisticsFilter(TopicType: topic.Type, TopicId: topic.Id),
            Metrics = [Act.IndexOf("visit_cnt"), Visitors],
            Sort = Visitors,
            Limit = ListedParents,
        };
        var days = new Dictionary<TopicKey, IReadOnlyList<int>> { [topic] = [.. Enumerable.Range(FirstDay, Days)] };
        string of = string.Create(CultureInfo.InvariantCulture, $"a month of a topic that {parents:N0} carrier pages led to, {name}");
        await MeasureAsync(table, $"all rows read, as the sums were made before: {of}", goal: null, runs,
            async () => await store.Statistics.ReadAsync(parts, query.Filter, default).CountAsync());
        await MeasureAsync(table, $"sums of {ListedParents}: {of}", Goal.AtMost(2), runs, async () => (await store.Queries.PartsAsync(parts, query, default)).Total);
        HashSet<BreakdownValue> listed = [.. (await store.Queries.PartsAsync(parts, query, default)).Items.Select(part => part.Value!.Value)];
        HashSet<BreakdownValue> all = [.. (await store.Queries.PartsAsync(parts, query with { Limit = parents }, default)).Items.Select(part => part.Value!.Value)];
        await MeasureAsync(table, $"people of {ListedParents} united: {of}", Goal.AtMost(2), runs,
            async () => (await questions.DistinctByPartAsync(new PartScope(Act, Breakdown.Parent, days, listed), [Visitors], default)).Values.Sum(answer => answer.Counts[0]));
        await MeasureAsync(table, $"people of all united, for their order: {of}", Goal.AtMost(15), runs,
            async () => (await questions.DistinctByPartAsync(new PartScope(Act, Breakdown.Parent, days, all), [Visitors], default)).Values.Sum(answer => answer.Counts[0]));
    }

    private static async Task<StatisticsTable> KeepPartsAsync(IStore store, int partitions, TopicKey topic, int parents)
    {
        var table = new StatisticsTable(Act, Breakdown.Parent);
        await store.Statistics.EnsureTableAsync(table, default);
        var dice = new Dice(18);
        int partition = topic.ShardOf(partitions);
        var stored = new StoredCounters(store.Snapshots, SnapshotKind.Counter);
        for (int day = FirstDay; day < FirstDay + Days; day++)
        {
            var counter = new Counter(new CounterId(Act.Id, topic, day), Act) { SequenceNr = 1 };
            var pages = new List<PartPage>();
            for (int parent = 0; parent < parents; parent++)
            {
                if (parent % PartPage.MaxParts == 0)
                {
                    pages.Add(new PartPage(pages.Count));
                }

                CounterPart part = pages[^1].Add("BEAR"u8, parent + 1);
                part.SequenceNr = 1;
                for (int visit = 0; visit < 1 + (PeopleADay / parents); visit++)
                {
                    int user = (int)dice.Between(1, Population);
                    part.AddId(Visitors, user);
                    part.AddSum(Act.IndexOf("visit_cnt"), 1);
                    counter.AddId(Visitors, user);
                }
            }

            pages.ForEach(page => counter.AddParts(Breakdown.Parent, page, long.MaxValue));
            await store.Snapshots.SaveAsync([.. stored.WritesOf(partition, 1, counter)], default);
            await store.Statistics.FlushAsync(table, [.. pages.SelectMany(page => page.Parts).Select(part => new StatisticsRow(
                topic.Type, topic.Id, day, 1, part.Values(Act), partition, 1, part.ValueOf(Breakdown.Parent)))], correct: false, default);
        }

        return table;
    }

    private static async Task ExplainAsync(FigureTable table, IStore store, int partitions, int events, int runs)
    {
        await JournalFiller.FillAsync(store, partitions, events, topics: 1_000);
        await using var reading = JournalSystem.Start(store.JournalConnection);
        var topic = new TopicKey("ACTIVITY", 1);
        int today = DateOnly.FromDateTime(DateTime.UtcNow.AddHours(8)).DayNumber;
        string what = string.Create(CultureInfo.InvariantCulture, $"explain a cell, {events:N0} events in the journal, {partitions} Partitions, SQLite");
        await MeasureAsync(table, what, goal: null, runs, async () => (await new CellExplanation(
            new CountingPlan(Catalog.Default), reading.Reader, store.Partitions, store.Snapshots, store.Declarations).RunAsync(
            topic.ShardOf(partitions),
            new ExplainedId(Act, new CounterId(Act.Id, topic, today), Act.IndexOf("share_cnt"), Part: null),
            new ExplainedPage(JournalPlace.Start, 50, RowSequenceNr: null),
            (_, addition) => addition.Added,
            default)).LastSequenceNr);
    }

    private static async Task MeasureAsync(FigureTable table, string what, Goal? goal, int runs, Func<Task<long>> ask)
    {
        double[] seconds = new double[runs];
        for (int run = 0; run < runs; run++)
        {
            var meter = Meter.Start();
            if (await ask() == 0)
            {
                throw new InvalidOperationException($"{what}: nothing was found.");
            }

            seconds[run] = meter.WallSeconds;
        }

        table.Add(what, "seconds", goal, seconds);
    }

    /// <summary>Keeps the Counters of a month as Partitions do: random people, of which one in ten buys.</summary>
    private static async Task KeepAsync(IStore store, int partitions, int topics)
    {
        await store.MigrateAsync(default);
        for (int partition = 0; partition < partitions; partition++)
        {
            await store.Partitions.RaiseEpochAsync(partition, 1, default);
        }

        var dice = new Dice(17);
        var writes = new List<SnapshotWrite>();
        foreach (CounterId id in Enumerable.Range(1, topics).SelectMany(topic => Enumerable.Range(FirstDay, Days)
            .Select(day => new CounterId(Act.Id, new TopicKey("ACTIVITY", topic), day))))
        {
            var counter = new Counter(id, Act) { SequenceNr = 1 };
            for (int i = 0; i < PeopleADay; i++)
            {
                var user = (int)dice.Between(1, Population);
                counter.AddId(Visitors, user);
                counter.AddId(Buyers, i % 10 == 0 ? user : 0);
            }

            writes.Add(new SnapshotWrite(id.Topic.ShardOf(partitions), 1, SnapshotKind.Counter, SnapshotKeys.Of(id), 1, CounterCodec.Encode(counter)));
            if (writes.Count == CountersAtOnce)
            {
                await store.Snapshots.SaveAsync(writes, default);
                writes.Clear();
            }
        }

        await store.Snapshots.SaveAsync(writes, default);
    }
}
