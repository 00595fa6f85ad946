using System.Diagnostics;
using DataLoad.Engine.Contract;
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
    [InlineData(1000)]
    [InlineData(100)]
    public async Task Flushes(int count)
    {
        await using SqlStore store = await database.CreateStoreAsync("measure");
        Page act = Catalog.Default.PageNamed("act");
        await store.Statistics.EnsureTableAsync(act, Some.None);
        await Some.EpochAsync(store, 0);
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
