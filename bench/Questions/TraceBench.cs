using System.Globalization;
using DataLoad.Bench.Core;
using DataLoad.Bench.Recovery;
using DataLoad.Bench.Reporting;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using DataLoad.Engine.Storage.Sqlite;
using DataLoad.Engine.Tracing;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace DataLoad.Bench.Questions;

/// <summary>How long the way of a session takes to find, and what the index for it takes on disk and costs to make.</summary>
internal static class TraceBench
{
    private const int SessionEvents = 8;
    private const int Lookups = 50;

    private const int EventsOfSmallBlocks = 200_000;

    // All of the journal, as if it had been sealed while it was persisted.
    private static readonly SessionIndexSettings Settings = new() { SealBlocks = 1 };

    /// <summary>Measures and writes <c>trace.md</c> and <c>trace.json</c>.</summary>
    public static async Task<int> RunAsync(BenchArguments arguments)
    {
        int events = arguments.Number("--events", arguments.Quick ? 500_000 : 10_000_000);
        var table = new FigureTable("trace", arguments.Output);
        foreach ((int some, int blockEvents) in new[] { (events, 500), (Math.Min(events, EventsOfSmallBlocks), 1) })
        {
            string file = Path.Combine(arguments.Folder, $"trace{blockEvents}.db");
            await using var sqlite = new SqlStore(SqliteDatabase.ForStore(file));
            await RunAsync(table, sqlite, "SQLite", EngineUnderTest.SqlitePartitions, some, blockEvents, () => SizeOfAsync(file));
        }

        string postgres = arguments.Text("--postgres");
        await using var store = new SqlStore(PostgreSqlDatabase.ForStore(new PostgreSqlStoreOptions { ConnectionString = postgres, NodeId = EngineUnderTest.NodeId }));
        await RunAsync(table, store, "PostgreSQL", EngineUnderTest.PostgreSqlPartitions, events, 500, () => SizeOfTableAsync(postgres));
        table.Print();
        return 0;
    }

    /// <summary>All pages of a file, those that are free included.</summary>
    private static async Task<double> SizeOfAsync(string file)
    {
        await using var connection = new SqliteConnection($"Data Source={file}");
        await connection.OpenAsync();
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        return Convert.ToDouble(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    /// <summary>A table with its index and what lies beside it, those rows included that were replaced and wait to be overwritten.</summary>
    private static async Task<double> SizeOfTableAsync(string server)
    {
        await using var connection = new NpgsqlConnection(PostgreSqlConnectionString.Parse(server).ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = connection.CreateCommand();
        command.CommandText = "SELECT pg_total_relation_size('dataload_snapshot')";
        return Convert.ToDouble(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    /// <summary>Fills a journal, indexes it as a Partition fills a gap and merges, and asks for sessions.</summary>
    /// <param name="table">Takes the figures.</param>
    /// <param name="store">The store, of which nothing else is used.</param>
    /// <param name="name">What the figures name it by.</param>
    /// <param name="partitions">How many Partitions it has.</param>
    /// <param name="events">How many events.</param>
    /// <param name="blockEvents">How many events a block has.</param>
    /// <param name="size">Measures the store's table of snapshots, in bytes.</param>
    public static async Task RunAsync(FigureTable table, IStore store, string name, int partitions, int events, int blockEvents, Func<Task<double>> size)
    {
        await JournalFiller.FillAsync(
            store, partitions, events, topics: 1_000, even: true, sessionEvents: SessionEvents, groupEvents: Math.Max(1, blockEvents * partitions));
        await using var reading = JournalSystem.Start(store.JournalConnection);
        string of = string.Create(CultureInfo.InvariantCulture, $"{events:N0} events, {blockEvents} a block, {SessionEvents} a session, {partitions} Partitions, {name}");
        double before = await size();
        var meter = Meter.Start();
        double rows = 0;
        double stored = 0;
        for (int partition = 0; partition < partitions; partition++)
        {
            SessionIndex index = await IndexAsync(store, reading.Reader, partition);
            rows += index.Segments.Sum(segment => segment.RowCount);
            await foreach (Snapshot row in store.Snapshots.ListAsync(partition, SnapshotKind.SessionSegments, [], default))
            {
                stored += row.Bytes.Length + row.Key.Length;
            }
        }

        table.Add($"index of sessions, rows alone: {of}", "bytes an event", Goal.AtMost(4), stored / events);
        table.Add($"index of sessions, on disk: {of}", "bytes an event", Goal.AtMost(4), (await size() - before) / events);
        table.Add($"index of sessions, made from the journal and merged: {of}", "µs CPU an event", goal: null, meter.CpuSeconds * 1e6 / events);
        await AskAsync(table, store, reading.Reader, partitions, partitions == EngineUnderTest.SqlitePartitions ? 1 : new TraceSettings().PartitionsAtOnce, events, of);
    }

    private static async Task<SessionIndex> IndexAsync(IStore store, JournalReader journal, int partition)
    {
        const long Epoch = 1;
        await store.Partitions.RaiseEpochAsync(partition, Epoch, default);
        var index = new SessionIndex(partition, Settings);
        var indexing = new SessionIndexing(partition, Catalog.Default, Settings, journal, store.Snapshots);
        long highest = await journal.FindHighestAsync(partition, 0, default);
        while (index.FindGap(0, highest) is { } gap)
        {
            SessionWrites filled = await indexing.FillAsync(Epoch, gap, default);
            await store.Snapshots.SaveAsync(filled.Writes, default);
            index.Stored(filled.Segment);
            while (index.PlanMerge() is { Count: > 0 } inputs)
            {
                SessionWrites merged = await SessionMerge.RunAsync(partition, Epoch, inputs, store.Snapshots, default);
                await store.Snapshots.SaveAsync(merged.Writes, default);
                index.Stored(merged.Segment);
            }
        }

        return index;
    }

    private static async Task AskAsync(FigureTable table, IStore store, JournalReader journal, int partitions, int partitionsAtOnce, int events, string of)
    {
        var trace = new SessionTrace(Catalog.Default, partitions, journal, store.Partitions, store.Snapshots, new TraceSettings { PartitionsAtOnce = partitionsAtOnce });
        var random = new Random(5);
        double[] seconds = new double[Lookups];
        long found = 0;
        long blocks = 0;
        long scanned = 0;
        long hit = 0;
        for (int i = 0; i < Lookups; i++)
        {
            string session = JournalFiller.SessionOf(random.Next(events / SessionEvents));
            var meter = Meter.Start();
            TracedSession<long> traced = await trace.RunAsync<long>(session, EventPlace.Start, 500,
                partition => (decoder, _) => (partition * 1_000_000_000_000L) + decoder.SequenceNr, default);
            seconds[i] = meter.WallSeconds;
            found += traced.Events;
            blocks += traced.Blocks;
            scanned += traced.ScannedBlocks;
            hit += traced.Items.Distinct().Count();
        }

        if (found == 0)
        {
            throw new InvalidOperationException($"{of}: nothing was found.");
        }

        table.Add($"trace a session: {of}", "seconds", Goal.AtMost(1), seconds);
        table.Add($"longest of {Lookups} such: {of}", "seconds", Goal.AtMost(1), seconds.Max());
        table.Add($"events found of a session: {of}", "", goal: null, found / (double)Lookups);
        table.Add($"blocks read of the index for it: {of}", "", goal: null, blocks / (double)Lookups);
        table.Add($"of them in vain: {of}", "", goal: null, (blocks - hit) / (double)Lookups);
        table.Add($"entries read through beside it: {of}", "", goal: null, scanned / (double)Lookups);
    }
}
