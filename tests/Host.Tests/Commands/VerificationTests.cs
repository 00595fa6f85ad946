using DataLoad.Engine.Auditing;
using DataLoad.Engine.Statistics;
using DataLoad.Host.Commands;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Commands;

/// <summary>What a verification says of a store that a node filled.</summary>
public sealed class VerificationTests : IAsyncDisposable
{
    private static readonly int ShareCount = CountedStore.Act.IndexOf("share_cnt");
    private readonly string _directory = Directory.CreateTempSubdirectory("verify-").FullName;
    private readonly CountedStore _store;

    public VerificationTests() => _store = new CountedStore(Path.Combine(_directory, "dataload.db"));

    [Fact]
    public async Task Rows_that_a_node_wrote_are_what_the_journal_gives_until_one_is_tampered_with()
    {
        await _store.CountAsync([.. Enumerable.Range(1, 20).Select(i => (i % 7, i))]);
        await _store.CountAsync((1, 100), (1, 101));
        VerificationReport report = await _store.VerifyAsync();
        (report.IsClean, report.Rows, report.Events, report.NotFlushedYet).ShouldBe((true, 7, 22, 0));

        await _store.TamperAsync(1, row => With(row, ShareCount, 99));

        (await _store.VerifyAsync()).Differences.ShouldHaveSingleItem().ShouldBe(new Difference(DifferenceKind.Value, "data_load_act_date", "activity", 1, CountedStore.Day)
        {
            Column = "share_cnt",
            RowValue = 99,
            JournalValue = 5,
        });
    }

    [Fact]
    public async Task Differences_beyond_the_limit_are_counted_and_said_so()
    {
        await _store.CountAsync([.. Enumerable.Range(1, 5).Select(i => (i, 1))]);
        foreach (int topic in Enumerable.Range(1, 5))
        {
            await _store.RemoveAsync(topic);
        }

        VerificationReport report = await _store.VerifyAsync(maxDifferences: 2);

        report.Differences.Count.ShouldBe(2);
        report.DifferenceCount.ShouldBe(5);
        var output = new StringWriter();
        VerifyCommand.Print(report, output);
        output.ToString().ShouldContain("the row is missing");
        output.ToString().ShouldContain("… and 3 more.");
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static StatisticsRow With(StatisticsRow row, int metric, long value)
    {
        long[] values = [.. row.Values];
        values[metric] = value;
        return row with { Values = values };
    }
}
