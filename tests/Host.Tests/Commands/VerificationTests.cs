using DataLoad.Engine.Auditing;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.Memory;
using DataLoad.Engine.Storage.Sqlite;
using DataLoad.Host.Commands;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Commands;

public sealed class VerificationTests
{
    private static readonly int ShareCount = CountedStore.Act.IndexOf("share_cnt");
    private readonly MemoryStoreState _state = new();
    private readonly CountedStore _store;

    public VerificationTests() => _store = new CountedStore(new MemoryStore(_state, pageRows: 2));

    [Fact]
    public async Task Rows_that_the_engine_wrote_are_what_the_journal_gives()
    {
        await _store.CountAsync([.. Enumerable.Range(1, 20).Select(i => (i % 7, i))]);

        VerificationReport report = await _store.VerifyAsync();

        report.IsClean.ShouldBeTrue();
        report.Rows.ShouldBe(7);
        report.Events.ShouldBe(20);
        report.NotFlushedYet.ShouldBe(0);
    }

    [Fact]
    public async Task The_same_holds_on_SQLite()
    {
        string directory = Directory.CreateTempSubdirectory("verify-").FullName;
        try
        {
            await using var sqlite = new SqlStore(SqliteDatabase.ForStore(Path.Combine(directory, "dataload.db")));
            var store = new CountedStore(sqlite);
            await store.CountAsync((1, 10), (1, 11), (2, 10));
            (await store.VerifyAsync()).IsClean.ShouldBeTrue();

            await store.TamperAsync(1, row => With(row, ShareCount, 5));

            Difference difference = (await store.VerifyAsync()).Differences.ShouldHaveSingleItem();
            difference.RowValue.ShouldBe(5);
            difference.JournalValue.ShouldBe(2);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task A_tampered_value_is_named_with_what_the_journal_gives()
    {
        await _store.CountAsync((1, 10), (1, 11), (2, 10));
        await _store.TamperAsync(1, row => With(row, ShareCount, 99));

        Difference difference = (await _store.VerifyAsync()).Differences.ShouldHaveSingleItem();

        difference.ShouldBe(new Difference
        {
            Kind = DifferenceKind.Value,
            Table = "data_load_act_date",
            TopicType = "activity",
            TopicId = 1,
            Day = CountedStore.Day,
            Column = "share_cnt",
            RowValue = 99,
            JournalValue = 2,
        });
    }

    [Fact]
    public async Task A_row_that_is_gone_though_the_checkpoint_passed_it_is_missing()
    {
        await _store.CountAsync((1, 10), (2, 10));
        await _store.RemoveAsync(2);

        Difference difference = (await _store.VerifyAsync()).Differences.ShouldHaveSingleItem();

        difference.Kind.ShouldBe(DifferenceKind.Missing);
        difference.TopicId.ShouldBe(2);
    }

    [Fact]
    public async Task A_row_without_events_is_one_that_nothing_accounts_for()
    {
        await _store.CountAsync((1, 10));
        await _store.AddAsync(77);

        Difference difference = (await _store.VerifyAsync()).Differences.ShouldHaveSingleItem();

        difference.Kind.ShouldBe(DifferenceKind.Unaccounted);
        difference.TopicId.ShouldBe(77);
    }

    [Fact]
    public async Task A_row_without_SequenceNr_was_not_written_by_the_engine()
    {
        await _store.CountAsync((1, 10));
        _state.PutForeign(CountedStore.Act, new StatisticsRow { TopicType = "activity", TopicId = 5, Day = 1, SequenceNr = null, Values = new long[CountedStore.Act.Metrics.Length] });

        VerificationReport report = await _store.VerifyAsync();

        report.Differences.ShouldHaveSingleItem().Kind.ShouldBe(DifferenceKind.Foreign);
        report.IsClean.ShouldBeFalse();
    }

    [Fact]
    public async Task A_row_is_compared_at_its_SequenceNr_while_later_events_wait_for_their_flush()
    {
        await _store.CountAsync((1, 10));
        await _store.CountAndCrashAsync((1, 11), (1, 12), (3, 10));

        VerificationReport report = await _store.VerifyAsync();

        report.IsClean.ShouldBeTrue();
        report.Events.ShouldBe(4);
        report.NotFlushedYet.ShouldBe(1);
    }

    [Fact]
    public async Task A_row_that_lags_behind_the_checkpoint_differs()
    {
        await _store.CountAsync((1, 10));
        StatisticsRow early = await _store.RowAsync(1);
        await _store.CountAsync((1, 11));
        await _store.TamperAsync(1, row => row with { SequenceNr = early.SequenceNr, Values = early.Values });

        VerificationReport report = await _store.VerifyAsync();

        report.Differences.Select(difference => (difference.Column, difference.RowValue, difference.JournalValue))
            .ShouldBe([("seq_nr", 1, 2), ("share_cnt", 1, 2), ("share_user_cnt", 1, 2)]);
    }

    [Fact]
    public async Task A_row_that_claims_an_event_which_is_not_its_own_differs()
    {
        await _store.CountAsync((1, 10));
        await _store.TamperAsync(1, row => row with { SequenceNr = 50 });

        Difference difference = (await _store.VerifyAsync()).Differences.ShouldHaveSingleItem();

        (difference.Kind, difference.RowValue, difference.JournalValue).ShouldBe((DifferenceKind.SequenceNr, 50, 1));
    }

    [Fact]
    public async Task A_damaged_block_is_reported_with_its_place_and_the_other_shards_go_on()
    {
        (int Topic, int User)[] events = [.. Enumerable.Range(0, 16).Select(i => (i, 1))];
        await _store.CountAsync(events);
        await _store.DamageAsync(3);
        int shard = CountedStore.Topic(3).ShardOf(CountedStore.Shards);
        int inShard = events.Count(e => CountedStore.Topic(e.Topic).ShardOf(CountedStore.Shards) == shard);

        VerificationReport report = await _store.VerifyAsync();

        Damage damage = report.Damages.ShouldHaveSingleItem();
        damage.Partition.ShouldBe(shard);
        damage.Message.ShouldContain($"shard {shard} is damaged in the block of SequenceNr {inShard + 1} to {inShard + 1}");
        report.Rows.ShouldBe(16 - inShard);
        report.DifferenceCount.ShouldBe(0);
        report.IsClean.ShouldBeFalse();
    }

    [Fact]
    public async Task Only_what_the_filter_means_is_compared()
    {
        await _store.CountAsync((1, 10), (2, 10));
        await _store.TamperAsync(1, row => With(row, ShareCount, 99));

        (await _store.VerifyAsync(new StatisticsFilter(TopicType: "activity", TopicId: 2))).IsClean.ShouldBeTrue();
        (await _store.VerifyAsync(new StatisticsFilter("bear"))).Rows.ShouldBe(0);
        (await _store.VerifyAsync(new StatisticsFilter("act", "activity", 1))).DifferenceCount.ShouldBe(1);
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

    private static StatisticsRow With(StatisticsRow row, int metric, long value)
    {
        long[] values = [.. row.Values];
        values[metric] = value;
        return row with { Values = values };
    }
}
