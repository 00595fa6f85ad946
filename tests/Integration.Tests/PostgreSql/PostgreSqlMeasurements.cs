using System.Diagnostics;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using Xunit;

namespace DataLoad.Integration.Tests.PostgreSql;

/// <summary>How fast the hot calls are; run on demand (<c>-explicit only</c>).</summary>
public sealed class PostgreSqlMeasurements(TestDatabase database, ITestOutputHelper output) : IClassFixture<TestDatabase>
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);

    [Theory(Explicit = true)]
    [InlineData(16, 4 * 1024)]
    [InlineData(16, 32 * 1024)]
    [InlineData(1, 4 * 1024)]
    public async Task Journal_appends(int blocks, int bytes)
    {
        await using SqlStore store = await database.CreateStoreAsync("measure");
        int[] shards = [.. Enumerable.Range(0, blocks)];
        await store.Leases.AcquireAsync(Some.Node("measure"), shards, Some.Long, Some.None);
        long next = 1;
        double rate = await RateAsync(async () =>
        {
            JournalBlock[] group = [.. shards.Select(shard => Some.Block(shard, 1, next, next, bytes))];
            next++;
            await store.Journal.AppendAsync(group, Some.None);
        });
        output.WriteLine($"append of {blocks} x {bytes} B: {rate:F0} calls/s, {rate * blocks * bytes / 1e6:F1} MB/s");
    }

    [Theory(Explicit = true)]
    [InlineData(1000)]
    [InlineData(100)]
    public async Task Flushes(int count)
    {
        await using SqlStore store = await database.CreateStoreAsync("measure");
        Page act = Catalog.Default.PageNamed("act");
        await store.Statistics.EnsureTableAsync(act, Some.None);
        await store.Leases.AcquireAsync(Some.Node("measure"), [0], Some.Long, Some.None);
        long sequenceNr = 1;
        double rate = await RateAsync(async () =>
        {
            sequenceNr++;
            StatisticsRow[] rows =
            [
                .. Enumerable.Range(0, count).Select(i => Some.Row(
                    0, 1, sequenceNr, "topic", i * 7919 % 100_003, 0, [.. act.Metrics.Select((_, metric) => sequenceNr + metric)])),
            ];
            await store.Statistics.FlushAsync(act, rows, correct: false, Some.None);
        });
        output.WriteLine($"flush of {count} rows x {act.Metrics.Length} metrics: {1000 / rate:F1} ms");
    }

    private static async Task<double> RateAsync(Func<Task> call)
    {
        for (int i = 0; i < 8; i++)
        {
            await call();
        }

        var clock = Stopwatch.StartNew();
        int calls = 0;
        while (clock.Elapsed < Duration)
        {
            await call();
            calls++;
        }

        return calls / clock.Elapsed.TotalSeconds;
    }
}
