using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

/// <summary>What every store answers when people ask of the statistics tables.</summary>
public abstract class StatisticsQueriesConformance : ConformanceBase
{
    private const int Shard = 1;
    private const long Large = 999_999_999_999_999_99;

    private static readonly int Day1 = new DateOnly(2024, 2, 28).DayNumber;

    private static readonly Page Page = new()
    {
        Id = 9,
        Name = "questions",
        Table = "data_load_questions",
        Metrics = [Metric.Count("visit_cnt"), Metric.Amount("pay_amount"), Metric.Distinct("visit_user_cnt")],
    };

    private long _epoch;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _epoch = (await OwnAsync(Shard))[0];
        await Store.Statistics.EnsureTableAsync(Page, Token);
    }

    [Fact]
    public async Task A_topic_has_the_sum_of_its_days_exact_to_the_hundredth_however_amounts_are_stored()
    {
        // Whole, with decimals, and beyond what a double holds.
        await PutAsync(Row("act", 5, 0, 3, 1200, 2), Row("act", 5, 1, 4, 1, 3), Row("act", 5, 2, 5, Large, 4), Row("act", 5, 9, 100, 100, 100));

        TopicTotalsPage page = await Store.Queries.TopAsync(Page, new TopicQuery { Filter = Days(0, 2) }, Token);

        page.Total.ShouldBe(1);
        TopicTotals topic = page.Topics.Single();
        (topic.TopicType, topic.TopicId, topic.Days).ShouldBe(("act", 5, 3));
        topic.Values.ShouldBe([12, Large + 1201, 9]);
    }

    [Fact]
    public async Task Topics_come_in_the_order_of_a_metric_and_equal_ones_in_that_of_type_and_id()
    {
        await PutAsync(Row("b", 2, 0, 5, 10, 0), Row("a", 10, 0, 5, 30, 0), Row("a", 9, 0, 5, 20, 0), Row("Z", 1, 0, 9, 0, 0), Row("é", 1, 0, 1, 0, 0));

        (await NamesAsync(new TopicQuery { Sort = 0 })).ShouldBe(["Z/1", "a/9", "a/10", "b/2", "é/1"]);
        (await NamesAsync(new TopicQuery { Sort = 0, Descending = false })).ShouldBe(["é/1", "a/9", "a/10", "b/2", "Z/1"]);
        (await NamesAsync(new TopicQuery { Sort = 1 })).ShouldBe(["a/10", "a/9", "b/2", "Z/1", "é/1"]);
        (await NamesAsync(new TopicQuery { Descending = false })).ShouldBe(["Z/1", "a/9", "a/10", "b/2", "é/1"]);
        (await NamesAsync(new TopicQuery())).ShouldBe(["é/1", "b/2", "a/10", "a/9", "Z/1"]);
    }

    [Fact]
    public async Task Pages_join_without_gap_or_overlap_and_each_tells_how_many_there_are()
    {
        await PutAsync([.. Enumerable.Range(0, 25).Select(i => Row("act", i, 0, i / 3, 0, 0))]);

        var names = new List<string>();
        for (int offset = 0; offset < 30; offset += 10)
        {
            TopicTotalsPage page = await Store.Queries.TopAsync(Page, new TopicQuery { Sort = 0, Offset = offset, Limit = 10 }, Token);
            page.Total.ShouldBe(25);
            names.AddRange(page.Topics.Select(topic => $"{topic.TopicId}"));
        }

        names.Count.ShouldBe(25);
        names.Distinct(StringComparer.Ordinal).Count().ShouldBe(25);
        names[0].ShouldBe("24");
    }

    [Fact]
    public async Task A_search_finds_text_anywhere_in_type_and_id_and_takes_wildcards_for_what_they_are()
    {
        await PutAsync(Row("Summer_Sale", 12, 0, 1, 0, 0), Row("winter", 120, 0, 1, 0, 0), Row("50%'off", 3, 0, 1, 0, 0));

        (await NamesAsync(new TopicQuery { Search = "sUMMer" })).ShouldBe(["Summer_Sale/12"]);
        (await NamesAsync(new TopicQuery { Search = "r/12" })).ShouldBe(["winter/120"]);
        (await NamesAsync(new TopicQuery { Search = "12", Descending = false })).ShouldBe(["Summer_Sale/12", "winter/120"]);
        (await NamesAsync(new TopicQuery { Search = "%'" })).ShouldBe(["50%'off/3"]);
        (await NamesAsync(new TopicQuery { Search = "r_1" })).ShouldBeEmpty();
        (await NamesAsync(new TopicQuery { Filter = new StatisticsFilter(TopicType: "winter") })).ShouldBe(["winter/120"]);
    }

    [Fact]
    public async Task Totals_sum_all_rows_of_the_days_and_count_topics_once()
    {
        await PutAsync(Row("a", 1, 0, 1, 10, 1), Row("a", 1, 1, 2, 20, 2), Row("b", 1, 1, 4, 40, 4), Row("b", 1, 2, 8, 80, 8));

        StatisticsTotals totals = await Store.Queries.TotalsAsync(Page, Days(0, 1), Token);

        totals.Topics.ShouldBe(2);
        totals.Values.ShouldBe([7, 70, 7]);
        StatisticsTotals none = await Store.Queries.TotalsAsync(Page, Days(50, 60), Token);
        none.Topics.ShouldBe(0);
        none.Values.ShouldBe([0, 0, 0]);
    }

    [Fact]
    public async Task A_series_has_a_sum_a_day_the_oldest_first_and_keeps_the_latest_where_there_are_more()
    {
        await PutAsync(Row("a", 1, 0, 1, 10, 1), Row("b", 1, 2, 2, 25, 2), Row("a", 1, 2, 3, 30, 3), Row("a", 1, 3, 4, 40, 4));

        IReadOnlyList<DayTotals> all = await Store.Queries.SeriesAsync(Page, StatisticsFilter.All, 10, Token);
        all.Select(day => day.Day - Day1).ShouldBe([0, 2, 3]);
        all[1].Values.ShouldBe([5, 55, 5]);
        (await Store.Queries.SeriesAsync(Page, StatisticsFilter.All, 2, Token)).Select(day => day.Day - Day1).ShouldBe([2, 3]);
        (await Store.Queries.SeriesAsync(Page, new StatisticsFilter(TopicType: "b", TopicId: 1), 10, Token)).Single().Values.ShouldBe([2, 25, 2]);
    }

    [Fact]
    public async Task Types_of_topics_are_told_once_each_in_the_order_of_code_points()
    {
        await PutAsync(Row("b", 2, 0, 5, 10, 0), Row("a", 10, 0, 5, 30, 0), Row("a", 9, 1, 5, 20, 0), Row("Z", 1, 0, 9, 0, 0), Row("é", 1, 0, 1, 0, 0));

        (await Store.Queries.TypesAsync(Page, 10, Token)).ShouldBe(["Z", "a", "b", "é"]);
        (await Store.Queries.TypesAsync(Page, 2, Token)).ShouldBe(["Z", "a"]);
    }

    [Fact]
    public async Task The_parts_of_a_topic_or_a_value_are_summed_over_days_in_the_order_of_a_metric_or_of_value_and_topic()
    {
        StatisticsTable table = await PutPartsAsync(
            Part("a", 1, 0, "B", 2, 1, 10, 3), Part("a", 1, 1, "B", 2, 2, 25, 4), Part("a", 1, 1, "B", 10, 3, 5, 1), Part("a", 1, 1, "", 0, 3, 1, 2), Part("a", 1, 9, "", 0, 90, 1, 2),
            Part("b", 7, 1, "B", 2, 8, 70, 8), Part("Z", 3, 0, "B", 2, 8, 60, 8));
        var topic = new PartQuery { Filter = Days(0, 2) with { TopicType = "a", TopicId = 1 }, Metrics = [0, 2], Sort = 0 };

        PartTotalsPage parts = await Store.Queries.PartsAsync(table, topic, Token);

        parts.Total.ShouldBe(3);
        parts.Items.Select(part => (part.Topic, $"{part.Value}", part.Day, part.Rows)).ShouldBe(
        [
            (new TopicKey("a", 1), "parent=:0", 0, 1), (new TopicKey("a", 1), "parent=B:2", 0, 2), (new TopicKey("a", 1), "parent=B:10", 0, 1),
        ]);
        parts.Items.Select(part => part.Values).ShouldBe([[3, 0, 2], [3, 0, 7], [3, 0, 1]]);
        (await Store.Queries.PartsAsync(table, topic with { Sort = 2 }, Token)).Items.Select(part => part.Values[2]).ShouldBe([7, 2, 1]);
        (await Store.Queries.PartsAsync(table, topic with { Sort = 2, Descending = false, Offset = 1, Limit = 1 }, Token)).Items.Select(part => part.Values[2]).ShouldBe([2]);
        (await Store.Queries.PartsAsync(table, topic with { Sort = null }, Token)).Items.Select(part => part.Value!.Value.Id).ShouldBe([10, 2, 0]);

        PartTotalsPage value = await Store.Queries.PartsAsync(
            table, new PartQuery { Filter = Days(0, 2) with { Part = BreakdownValue.Of(Breakdown.Parent, "B", 2) }, Metrics = [1, 0], Sort = 0 }, Token);
        value.Items.Select(part => part.Topic).ShouldBe([new TopicKey("Z", 3), new TopicKey("b", 7), new TopicKey("a", 1)]);
        value.Items.Select(part => part.Values).ShouldBe([[8, 60, 0], [8, 70, 0], [3, 35, 0]]);
    }

    [Fact]
    public async Task The_parts_of_a_day_are_summed_over_topics_and_values()
    {
        StatisticsTable table = await PutPartsAsync(
            Part("a", 1, 0, "B", 2, 1, 10, 3), Part("a", 1, 1, "B", 2, 2, 25, 4), Part("a", 1, 1, "B", 10, 3, 5, 1), Part("b", 7, 1, "B", 2, 8, 70, 8));
        var query = new PartQuery { IsByDay = true, Metrics = [0, 1, 2] };

        PartTotalsPage days = await Store.Queries.PartsAsync(table, query, Token);

        days.Total.ShouldBe(2);
        days.Items.Select(day => (day.Topic, day.Value, day.Day - Day1, day.Rows)).ShouldBe([(null, null, 1, 3), (null, null, 0, 1)]);
        days.Items.Select(day => day.Values).ShouldBe([[13, 100, 13], [1, 10, 3]]);
        (await Store.Queries.PartsAsync(table, query with { Sort = 2, Descending = false }, Token)).Items.Select(day => day.Day - Day1).ShouldBe([0, 1]);
    }

    [Fact]
    public async Task The_days_of_topics_are_told_once_each_and_in_order()
    {
        StatisticsTable table = await PutPartsAsync(
            Part("a", 1, 3, "B", 2, 1, 10, 3), Part("a", 1, 1, "B", 2, 2, 25, 4), Part("a", 1, 1, "B", 10, 3, 5, 1), Part("b", 7, 1, "B", 2, 8, 70, 8), Part("b", 1, 1, "B", 3, 8, 70, 8));

        IReadOnlyDictionary<TopicKey, IReadOnlyList<int>> some = await Store.Queries.DaysAsync(table, StatisticsFilter.All, [new TopicKey("a", 1), new TopicKey("c", 7)], Token);
        some.Select(topic => ($"{topic.Key}", string.Join(',', topic.Value.Select(day => day - Day1)))).ShouldBe([($"{new TopicKey("a", 1)}", "1,3")]);
        (await Store.Queries.DaysAsync(table, Days(0, 1) with { Part = BreakdownValue.Of(Breakdown.Parent, "B", 2) }, topics: null, Token)).Keys
            .ShouldBe([new TopicKey("a", 1), new TopicKey("b", 7)], ignoreOrder: true);

        // More than are named in one statement.
        await PutAsync([.. Enumerable.Range(0, 1_100).Select(id => Row("many", id, id % 3, 1, 1, 1))]);
        IReadOnlyDictionary<TopicKey, IReadOnlyList<int>> many = await Store.Queries.DaysAsync(
            Page, StatisticsFilter.All, [.. Enumerable.Range(0, 1_200).Select(id => new TopicKey("many", id))], Token);
        many.Count.ShouldBe(1_100);
        many.ShouldAllBe(topic => topic.Value.Single() - Day1 == topic.Key.Id % 3);
    }

    private async Task<StatisticsTable> PutPartsAsync(params StatisticsRow[] rows)
    {
        var table = new StatisticsTable(Page, Breakdown.Parent);
        await Store.Statistics.EnsureTableAsync(table, Token);
        (await Store.Statistics.FlushAsync(table, rows, correct: false, Token)).ShouldBeEmpty();
        return table;
    }

    private StatisticsRow Part(string type, int id, int day, string parent, int parentId, params long[] values) =>
        Row(type, id, day, values) with { Part = BreakdownValue.Of(Breakdown.Parent, parent, parentId) };

    private async Task<IEnumerable<string>> NamesAsync(TopicQuery query) =>
        (await Store.Queries.TopAsync(Page, query, Token)).Topics.Select(topic => $"{topic.TopicType}/{topic.TopicId}");

    private async Task PutAsync(params StatisticsRow[] rows) => (await Store.Statistics.FlushAsync(Page, rows, correct: false, Token)).ShouldBeEmpty();

    private static StatisticsFilter Days(int from, int to) => new(From: Day1 + from, To: Day1 + to);

    private StatisticsRow Row(string type, int id, int day, params long[] values) => new(type, id, Day1 + day, 1, values, Shard, _epoch);
}
