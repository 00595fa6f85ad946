using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

/// <summary>What every statistics store does.</summary>
public abstract class StatisticsStoreConformance : ConformanceBase
{
    protected const int Shard = 1;

    protected static readonly int Day1 = new DateOnly(2024, 2, 29).DayNumber;

    /// <summary>A page with one metric of each kind.</summary>
    protected static Page Page { get; } = new()
    {
        Id = 9,
        Name = "conformance",
        Table = "data_load_conformance",
        Metrics = [Metric.Count("visit_cnt"), Metric.Amount("pay_amount"), Metric.Distinct("visit_user_cnt")],
    };

    protected long Epoch { get; private set; }

    /// <summary>Puts a row into the page's table as somebody else would: without SequenceNr.</summary>
    protected abstract Task PutForeignAsync(StatisticsRow row);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Epoch = (await OwnAsync(Shard))[0];
        await Store.Statistics.EnsureTableAsync(Page, Token);
    }

    [Fact]
    public async Task A_flushed_row_is_read_back_with_its_SequenceNr()
    {
        (await FlushAsync(Row("act", 5, 0, 10, 3, 1234, 2))).ShouldBeEmpty();

        StatisticsRow read = (await ReadAsync()).Single();
        read.ShouldBe(Row("act", 5, 0, 10) with { Shard = -1, Epoch = 0, Values = read.Values });
        read.Values.ShouldBe([3, 1234, 2]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(29)]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(12345678901234L)]
    [InlineData(999_999_999_999_999L)]
    [InlineData(999_999_999_999_998L)]
    [InlineData(1_000_000_000_000_001L)]
    [InlineData(9_007_199_254_740_993L)]
    [InlineData(100_000_000_000_000_000L)]
    [InlineData(999_999_999_999_999_999L)]
    public async Task An_amount_is_kept_to_the_hundredth(long hundredths)
    {
        await FlushAsync(Row("act", 5, 0, 10, 0, hundredths, 0));

        (await ReadAsync()).Single().Values[1].ShouldBe(hundredths);
    }

    [Fact]
    public async Task Every_amount_of_a_wide_sample_is_kept_to_the_hundredth()
    {
        var random = new Random(20240229);
        long[] amounts = [.. Enumerable.Range(0, 2000).Select(i => random.NextInt64(1L << (i % 59)))];

        await FlushAsync([.. amounts.Select((amount, i) => Row("act", i, 0, 1, 0, amount, 0))]);

        (await ReadAsync()).Select(row => row.Values[1]).ShouldBe(amounts);
    }

    [Fact]
    public async Task Counts_are_kept_to_64_bits()
    {
        await FlushAsync(Row("act", 5, 0, 10, long.MaxValue, 0, 5_000_000_000));

        (await ReadAsync()).Single().Values.ShouldBe([long.MaxValue, 0, 5_000_000_000]);
    }

    [Fact]
    public async Task A_row_never_moves_back_and_moves_forward_whole()
    {
        await FlushAsync(Row("act", 5, 0, 10, 3, 300, 3));

        await FlushAsync(Row("act", 5, 0, 9, 1, 100, 1));
        (await ReadAsync()).Single().Values.ShouldBe([3, 300, 3]);

        await FlushAsync(Row("act", 5, 0, 10, 9, 900, 9));
        (await ReadAsync()).Single().Values.ShouldBe([3, 300, 3]);

        await FlushAsync(Row("act", 5, 0, 11, 4, 400, 4));
        StatisticsRow read = (await ReadAsync()).Single();
        read.Values.ShouldBe([4, 400, 4]);
        read.SequenceNr.ShouldBe(11);
    }

    [Fact]
    public async Task Correcting_overwrites_at_an_equal_SequenceNr_but_not_at_a_higher_one()
    {
        await FlushAsync(Row("act", 5, 0, 10, 3, 300, 3));

        await Store.Statistics.FlushAsync(Page, [Row("act", 5, 0, 9, 1, 100, 1)], correct: true, Token);
        (await ReadAsync()).Single().Values.ShouldBe([3, 300, 3]);

        await Store.Statistics.FlushAsync(Page, [Row("act", 5, 0, 10, 2, 200, 2)], correct: true, Token);
        (await ReadAsync()).Single().Values.ShouldBe([2, 200, 2]);
    }

    [Fact]
    public async Task Rows_of_a_stale_shard_are_left_out_and_the_others_written()
    {
        long other = (await OwnAsync(2))[0];

        IReadOnlyList<int> stale = await FlushAsync(
            Row("act", 1, 0, 1, 1, 1, 1) with { Epoch = Epoch - 1 },
            Row("act", 2, 0, 1, 2, 2, 2) with { Shard = 2, Epoch = other },
            Row("act", 3, 0, 1, 3, 3, 3) with { Epoch = Epoch - 1 });

        stale.ShouldBe([Shard]);
        (await ReadAsync()).Single().TopicId.ShouldBe(2);
    }

    [Fact]
    public async Task A_zombie_flushes_and_removes_nothing_after_a_takeover()
    {
        await FlushAsync(Row("act", 5, 0, 10, 3, 300, 3));
        (IStore successor, _) = await TakeOverAsync(Shard);

        IReadOnlyList<int> stale = await AnswerAsync(
            () => Store.Statistics.FlushAsync(Page, [Row("act", 5, 0, 99, 9, 900, 9)], correct: true, Token));
        await AnswerAsync(async () =>
        {
            await Store.Statistics.RemoveAsync(Page, [Row("act", 5, 0, 10)], Token);
            return true;
        });

        stale.ShouldBe([Shard]);
        (await AllAsync(successor.Statistics.ReadAsync(Page, StatisticsFilter.All, Token))).Single().Values.ShouldBe([3, 300, 3]);
    }

    [Fact]
    public async Task Rows_are_read_in_key_order_over_many_pages()
    {
        var rows = new List<StatisticsRow>();
        foreach (string type in new[] { "B", "a", "b", "é", "活动", "\uFFFD", "\U0001F600", "" })
        {
            for (int i = 0; i < 170; i++)
            {
                rows.Add(Row(type, i / 10, i % 10, 1, i, 0, 0));
            }
        }

        StatisticsRow[] shuffled = [.. rows];
        new Random(11).Shuffle(shuffled);
        await FlushAsync(shuffled);

        List<StatisticsRow> read = await ReadAsync();

        string[] types = ["", "B", "a", "b", "é", "活动", "\uFFFD", "\U0001F600"];
        read.Select(row => (row.TopicType, row.TopicId, row.Day)).ShouldBe(
            types.SelectMany(type => rows
                .Where(row => string.Equals(row.TopicType, type, StringComparison.Ordinal))
                .Select(row => (row.TopicType, row.TopicId, row.Day))));
    }

    [Fact]
    public async Task A_filter_means_type_topic_and_days()
    {
        await FlushAsync(
            Row("act", 1, 0, 1), Row("act", 1, 1, 1), Row("act", 1, 2, 1), Row("act", 2, 1, 1), Row("ACT", 1, 1, 1), Row("card", 1, 1, 1));

        (await ReadAsync(new StatisticsFilter(TopicType: "act"))).Count.ShouldBe(4);
        (await ReadAsync(new StatisticsFilter(TopicType: "act", TopicId: 1))).Count.ShouldBe(3);
        (await ReadAsync(new StatisticsFilter(TopicId: 2))).Count.ShouldBe(1);
        (await ReadAsync(new StatisticsFilter(TopicType: "act", From: Day1 + 1))).Count.ShouldBe(3);
        (await ReadAsync(new StatisticsFilter(To: Day1))).Count.ShouldBe(1);
        (await ReadAsync(new StatisticsFilter(From: Day1 + 1, To: Day1 + 1))).Count.ShouldBe(4);
        (await ReadAsync(new StatisticsFilter(From: Day1 + 2, To: Day1 + 1))).ShouldBeEmpty();
        (await ReadAsync(new StatisticsFilter(Page: "conformance", TopicId: 2))).Count.ShouldBe(1);
        (await ReadAsync(new StatisticsFilter(Page: "another"))).ShouldBeEmpty();
        (await ReadAsync(new StatisticsFilter(TopicType: "none"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task Topics_with_quotes_and_the_longest_names_are_kept()
    {
        string[] types = ["it's", "\"quoted\"", "a;DROP TABLE x", string.Concat(Enumerable.Repeat("\U0001F600", 64))];

        await FlushAsync([.. types.Select(type => Row(type, int.MaxValue, 0, 1, 7, 0, 0))]);

        (await ReadAsync()).Select(row => row.TopicType).Order(StringComparer.Ordinal).ShouldBe(types.Order(StringComparer.Ordinal));
        (await ReadAsync(new StatisticsFilter(TopicType: "it's"))).Single().Values[0].ShouldBe(7);
    }

    [Fact]
    public async Task Foreign_rows_are_counted_and_read_in_key_order()
    {
        await FlushAsync(Row("act", 1, 0, 1, 1, 1, 1));
        (await Store.Statistics.CountForeignAsync(Page, Token)).ShouldBe(0);
        await PutForeignAsync(Row("act", 3, 0, 0, 5, 1050, 3));
        await PutForeignAsync(Row("act", 2, 0, 0, 6, 29, 4));

        (await Store.Statistics.CountForeignAsync(Page, Token)).ShouldBe(2);
        List<StatisticsRow> foreign = await AllAsync(Store.Statistics.ReadForeignAsync(Page, Token));
        foreign.Select(row => row.TopicId).ShouldBe([2, 3]);
        foreign.ShouldAllBe(row => row.SequenceNr == null && row.Shard == -1);
        foreign[0].Values.ShouldBe([6, 29, 4]);
        foreign[1].Values.ShouldBe([5, 1050, 3]);
        (await ReadAsync()).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Adopted_rows_hold_at_SequenceNr_0_with_their_values_and_are_flushed_over()
    {
        await PutForeignAsync(Row("act", 2, 0, 0, 6, 29, 4));
        await PutForeignAsync(Row("act", 3, 0, 0, 7, 30, 5));
        await FlushAsync(Row("act", 4, 0, 12, 1, 1, 1));
        List<StatisticsRow> foreign = await AllAsync(Store.Statistics.ReadForeignAsync(Page, Token));

        await Store.Statistics.AdoptAsync(Page, [foreign[0], Row("act", 4, 0, 0), Row("act", 99, 0, 0)], Token);

        (await Store.Statistics.CountForeignAsync(Page, Token)).ShouldBe(1);
        List<StatisticsRow> read = await ReadAsync();
        read.Select(row => row.SequenceNr).ShouldBe([0, null, 12]);
        read[0].Values.ShouldBe([6, 29, 4]);
        await FlushAsync(Row("act", 2, 0, 1, 8, 129, 6));
        (await ReadAsync(new StatisticsFilter(TopicId: 2))).Single().Values.ShouldBe([8, 129, 6]);
    }

    [Fact]
    public async Task Removing_takes_the_rows_of_current_epochs_only()
    {
        await FlushAsync(Row("act", 1, 0, 1), Row("act", 1, 1, 1), Row("act", 2, 0, 1));

        await Store.Statistics.RemoveAsync(
            Page, [Row("act", 1, 0, 1), Row("act", 2, 0, 1) with { Epoch = Epoch - 1 }, Row("act", 77, 0, 1)], Token);

        (await ReadAsync()).Select(row => (row.TopicId, row.Day)).ShouldBe([(1, Day1 + 1), (2, Day1)]);
    }

    [Fact]
    public async Task A_removal_that_lands_late_leaves_the_row_that_was_written_since()
    {
        await FlushAsync(Row("act", 1, 0, 9, 7, 700, 7));
        await Store.Statistics.RemoveAsync(Page, [Row("act", 1, 0, 9)], Token);
        await FlushAsync(Row("act", 1, 0, 5, 3, 300, 3));

        await Store.Statistics.RemoveAsync(Page, [Row("act", 1, 0, 9)], Token);

        (await ReadAsync()).Single().Values.ShouldBe([3, 300, 3]);
    }

    [Fact]
    public async Task A_metric_added_later_is_0_in_the_rows_that_are_there()
    {
        await FlushAsync(Row("act", 1, 0, 1, 5, 500, 5));
        Page wider = Page with { Metrics = [.. Page.Metrics, Metric.Amount("refund_amount"), Metric.Count("refund_cnt")] };

        await Store.Statistics.EnsureTableAsync(wider, Token);
        await Store.Statistics.EnsureTableAsync(wider, Token);

        (await AllAsync(Store.Statistics.ReadAsync(wider, StatisticsFilter.All, Token))).Single().Values.ShouldBe([5, 500, 5, 0, 0]);
        await Store.Statistics.FlushAsync(wider, [Row("act", 1, 0, 2, 6, 600, 6, 77, 1)], correct: false, Token);
        (await AllAsync(Store.Statistics.ReadAsync(wider, StatisticsFilter.All, Token))).Single().Values.ShouldBe([6, 600, 6, 77, 1]);
        (await ReadAsync()).Single().Values.ShouldBe([6, 600, 6]);
    }

    [Fact]
    public async Task The_pages_of_the_contract_are_kept()
    {
        foreach (Page page in Catalog.Default.Pages)
        {
            await Store.Statistics.EnsureTableAsync(page, Token);
            long[] values = [.. Enumerable.Range(1, page.Metrics.Length).Select(i => (i * 1000L) + 7)];

            await Store.Statistics.FlushAsync(page, [Row("act", 1, 0, 1, values)], correct: false, Token);

            (await AllAsync(Store.Statistics.ReadAsync(page, StatisticsFilter.All, Token))).Single().Values.ShouldBe(values);
        }
    }

    [Fact]
    public async Task Reopening_finds_the_rows()
    {
        await FlushAsync(Row("act", 1, 0, 1, 5, 501, 5));

        await ReopenAsync();

        (await ReadAsync()).Single().Values.ShouldBe([5, 501, 5]);
    }

    protected async Task<IReadOnlyList<int>> FlushAsync(params StatisticsRow[] rows) =>
        await Store.Statistics.FlushAsync(Page, rows, correct: false, Token);

    protected Task<List<StatisticsRow>> ReadAsync(StatisticsFilter? filter = null) =>
        AllAsync(Store.Statistics.ReadAsync(Page, filter ?? StatisticsFilter.All, Token));

    protected StatisticsRow Row(string type, int id, int day, long sequenceNr, params long[] values) =>
        new(type, id, Day1 + day, sequenceNr, values.Length == 0 ? [1, 100, 1] : values, Shard, Epoch);
}
