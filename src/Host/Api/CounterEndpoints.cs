using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;
using DataLoad.Host.Questions;

namespace DataLoad.Host.Api;

/// <summary>The statistics tables: topics, one of them, totals and series.</summary>
internal static class CounterEndpoints
{
    private const int MaxDays = 1000;

    public static void Map(RouteGroupBuilder api, ApiServices services)
    {
        api.MapRead("/counters", ApiJson.Default.TopicList, context => TopAsync(services, context));
        api.MapRead("/counters.csv", context => CounterCsv.WriteAsync(services, context));
        api.MapRead("/totals", ApiJson.Default.TotalsList, context => TotalsAsync(services, context));
        api.MapRead("/series", ApiJson.Default.DailySeries, context => SeriesAsync(services, context));
        api.MapRead("/topic", ApiJson.Default.TopicDetails, context => TopicAsync(services, context, withTotal: true));
        api.MapRead("/topic.csv", context => TopicCsv.WriteAsync(services, context));
    }

    /// <summary>The topics that a request asks for.</summary>
    public static TopicQuery QueryOf(ApiQuery query, Page page, DateOnly from, DateOnly to)
    {
        string sort = query.Text("sort") ?? page.Metrics[0].Column;
        int? metric = string.Equals(sort, "topic", StringComparison.Ordinal) ? null : ApiQuery.MetricOf(page, "sort", sort);
        return new TopicQuery
        {
            Filter = new StatisticsFilter(TopicType: query.Text("type", 128), From: from.DayNumber, To: to.DayNumber),
            Search = query.Search,
            Sort = metric,
            Descending = string.Equals(query.OneOf("order", "desc", "asc"), "desc", StringComparison.Ordinal),
            Offset = query.Offset,
            Limit = query.Limit,
        };
    }

    private static async Task<TopicList> TopAsync(ApiServices services, HttpContext context)
    {
        var query = new ApiQuery(context.Request.Query);
        Page page = query.Page(services.Catalog);
        (DateOnly from, DateOnly to) = query.Days(services.Today);
        int[]? columns = query.Metrics(page);
        TopicQuery topics = QueryOf(query, page, from, to);
        (TopicTotalsPage found, UnionGaps all, IReadOnlyDictionary<TopicKey, UnionGaps> ofTopics) =
            await services.Unions.ReadTopicsAsync(page, topics, columns, context.RequestAborted);
        return new TopicList(page.Name, from, to, topics.Sort is int sort ? page.Metrics[sort].Column : "topic", topics.Descending ? "desc" : "asc",
            topics.Offset, topics.Limit, found.Total,
            [
                .. found.Topics.Select(topic => new TopicList.TopicRow(topic.TopicType, topic.TopicId, topic.Days,
                    NamedValues.Of(page, topic.Values, columns, isDistinctKnown: topic.Days == 1 || all.AreKnown), ofTopics.GetValueOrDefault(RowUnions.KeyOf(topic))?.Why)),
            ],
            all.IsNone, all.Why);
    }

    private static async Task<TotalsList> TotalsAsync(ApiServices services, HttpContext context)
    {
        (DateOnly from, DateOnly to) = new ApiQuery(context.Request.Query).Days(services.Today);
        var pages = new List<TotalsList.PageTotals>();
        foreach (Page page in services.Catalog.Pages)
        {
            var filter = new StatisticsFilter(From: from.DayNumber, To: to.DayNumber);
            StatisticsTotals totals = await services.Store.Queries.TotalsAsync(page, filter, context.RequestAborted);
            IReadOnlyList<DayTotals> days = await services.Store.Queries.SeriesAsync(
                page, filter, services.Settings.Questions.MaxDays + 1, context.RequestAborted);
            UnionGaps gaps = await services.Unions.PutTotalAsync(
                page, [.. days.Select(day => day.Day)], topics: [], totals.Values, columns: null, context.RequestAborted);
            pages.Add(new TotalsList.PageTotals(
                page.Name, totals.Topics, NamedValues.Of(page, totals.Values, columns: null, gaps.AreKnown), gaps.IsNone, gaps.Why));
        }

        return new TotalsList(from, to, pages);
    }

    private static async Task<DailySeries> SeriesAsync(ApiServices services, HttpContext context)
    {
        var query = new ApiQuery(context.Request.Query);
        Page page = query.Page(services.Catalog);
        (DateOnly from, DateOnly to) = query.Days(services.Today);
        int[]? columns = query.Metrics(page);
        TopicKey? topic = query.Topic();
        var filter = new StatisticsFilter(TopicType: topic?.Type, TopicId: topic?.Id, From: from.DayNumber, To: to.DayNumber);
        IReadOnlyList<DayTotals> days = await services.Store.Queries.SeriesAsync(page, filter, MaxDays, context.RequestAborted);
        UnionGaps gaps = topic is null ? await services.Unions.PutDaysAsync(page, days, columns, context.RequestAborted) : UnionGaps.None;
        return new DailySeries(
            page.Name,
            [.. (columns ?? [.. Enumerable.Range(0, page.Metrics.Length)]).Select(place => page.Metrics[place].Column)],
            [.. days.Select(day => new DailySeries.DayTotals(DateOnly.FromDayNumber(day.Day), NamedValues.Of(page, day.Values, columns, gaps.AreKnown)))],
            gaps.IsNone,
            gaps.Why);
    }

    /// <summary>One topic with all its metrics, as live as they are.</summary>
    public static async Task<TopicDetails> TopicAsync(ApiServices services, HttpContext context, bool withTotal)
    {
        var query = new ApiQuery(context.Request.Query);
        TopicKey topic = query.Topic() ?? throw ApiProblem.Bad("type and id are missing: they name the topic.");
        int limit = query.Int("limit", 1, MaxDays) ?? 100;
        DateOnly? from = query.Day("from", services.Today);
        DateOnly? to = query.Day("to", services.Today);
        var filter = new StatisticsFilter(TopicType: topic.Type, TopicId: topic.Id, From: from?.DayNumber, To: to?.DayNumber);
        IEnumerable<Page> pages = query.Text("page") is null ? services.Catalog.Pages : [query.Page(services.Catalog)];
        var found = new List<TopicDetails.TopicPage>();
        foreach (Page page in pages)
        {
            Dictionary<int, (StatisticsRow Row, string Source)> days = [];
            await foreach (StatisticsRow row in services.Store.Statistics.ReadAsync(page, filter, context.RequestAborted))
            {
                days[row.Day] = (row, "table");
            }

            if (services.Node.Partitions is { } partitions && services.Node.IsServing)
            {
                foreach (StatisticsRow row in await partitions.TopicAsync(page, topic, [.. days.Keys], context.RequestAborted))
                {
                    if (filter.Matches(page.Name, topic.Type, topic.Id, row.Day))
                    {
                        days[row.Day] = (row, "memory");
                    }
                }
            }

            (StatisticsRow Row, string Source)[] listed = [.. days.Values.OrderByDescending(day => day.Row.Day).Take(limit)];
            (NamedValues? total, UnionGaps gaps) = withTotal ? await TotalAsync(services, page, topic, [.. listed.Select(day => day.Row)], context.RequestAborted)
                : (null, UnionGaps.None);
            found.Add(new TopicDetails.TopicPage(page.Name, [.. listed.Select(day => DayOf(page, day.Row, day.Source))], total, gaps.IsNone, gaps.Why));
        }

        return new TopicDetails(topic.Type, topic.Id, topic.ShardOf(services.Settings.Engine.Partitions.Partitions), found);
    }

    /// <summary>A topic's sums over days, and the unions of its distinct columns.</summary>
    private static async Task<(NamedValues?, UnionGaps)> TotalAsync(
        ApiServices services, Page page, TopicKey topic, StatisticsRow[] rows, CancellationToken cancellationToken)
    {
        long[] values = new long[page.Metrics.Length];
        foreach (StatisticsRow row in rows)
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = checked(values[i] + row.Values[i]);
            }
        }

        UnionGaps gaps = rows.Length <= 1 ? UnionGaps.None
            : await services.Unions.PutTotalAsync(page, [.. rows.Select(row => row.Day)], [topic], values, columns: null, cancellationToken);
        return (rows.Length == 0 ? null : NamedValues.Of(page, values, columns: null, gaps.AreKnown), gaps);
    }

    private static TopicDetails.TopicDay DayOf(Page page, StatisticsRow row, string source) =>
        new(DateOnly.FromDayNumber(row.Day), source, row.SequenceNr, NamedValues.Of(page, row.Values, columns: null, isDistinctKnown: true));
}

/// <summary>A page of topics. Distinct columns of several days are unions; <c>why</c> says what is not among them, of all or of one topic.</summary>
internal sealed record TopicList(string Page, DateOnly From, DateOnly To, string Sort, string Order, int Offset, int Limit, long Total,
    IReadOnlyList<TopicList.TopicRow> Items, bool Complete, string? Why)
{
    internal sealed record TopicRow(string Type, int Id, int Days, NamedValues Values, string? Why);
}

/// <summary>A topic's days.</summary>
internal sealed record TopicDetails(string Type, int Id, int Shard, IReadOnlyList<TopicDetails.TopicPage> Pages)
{
    /// <summary>Its days of a page, newest first, and all of them together: distinct columns are unions.</summary>
    internal sealed record TopicPage(string Page, IReadOnlyList<TopicDay> Days, NamedValues? Total, bool Complete, string? Why);

    internal sealed record TopicDay(DateOnly Day, string Source, long? SequenceNr, NamedValues Values);
}

/// <summary>The sums of every page, and the unions of its distinct columns.</summary>
internal sealed record TotalsList(DateOnly From, DateOnly To, IReadOnlyList<TotalsList.PageTotals> Pages)
{
    internal sealed record PageTotals(string Page, long Topics, NamedValues Values, bool Complete, string? Why);
}

/// <summary>A page's sums a day, and the unions of its distinct columns over topics.</summary>
internal sealed record DailySeries(string Page, IReadOnlyList<string> Metrics, IReadOnlyList<DailySeries.DayTotals> Days, bool Complete, string? Why)
{
    internal sealed record DayTotals(DateOnly Day, NamedValues Values);
}
