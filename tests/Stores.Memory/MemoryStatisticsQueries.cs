using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Storage.Memory;

/// <summary>Questions of the statistics tables in memory.</summary>
internal sealed class MemoryStatisticsQueries(MemoryCalls calls) : IStatisticsQueries
{
    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> TypesAsync(Page page, int limit, CancellationToken cancellationToken) => calls.RunAsync<IReadOnlyList<string>>(
        "Queries.Types",
        state => [.. Rows(state, page, StatisticsFilter.All).Select(row => row.TopicType).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(limit)],
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<TopicTotalsPage> TopAsync(Page page, TopicQuery query, CancellationToken cancellationToken) => calls.RunAsync(
        "Queries.Top",
        state =>
        {
            TopicTotals[] topics = [.. Rows(state, page, query.Filter with { TopicId = null })
                .Where(row => query.Search is null || $"{row.TopicType}/{row.TopicId}".Contains(query.Search, StringComparison.OrdinalIgnoreCase))
                .GroupBy(row => (row.TopicType, row.TopicId))
                .Select(rows => new TopicTotals(rows.Key.TopicType, rows.Key.TopicId, rows.Count(), Sum(page, rows)))];
            IOrderedEnumerable<TopicTotals> ordered = query.Sort is not int sort ? topics.OrderBy(_ => 0)
                : query.Descending ? topics.OrderByDescending(topic => topic.Values[sort])
                : topics.OrderBy(topic => topic.Values[sort]);

            // Without a metric the direction is that of type and id themselves.
            bool backwards = query is { Sort: null, Descending: true };
            ordered = backwards ? ordered.ThenByDescending(Key) : ordered.ThenBy(Key);
            return new TopicTotalsPage(topics.Length, [.. ordered.Skip(query.Offset).Take(query.Limit)]);
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<StatisticsTotals> TotalsAsync(Page page, StatisticsFilter filter, CancellationToken cancellationToken) => calls.RunAsync(
        "Queries.Totals",
        state =>
        {
            StatisticsRow[] rows = [.. Rows(state, page, filter)];
            return new StatisticsTotals(rows.DistinctBy(row => (row.TopicType, row.TopicId)).LongCount(), Sum(page, rows));
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DayTotals>> SeriesAsync(Page page, StatisticsFilter filter, int limit, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<DayTotals>>(
            "Queries.Series",
            state => [.. Rows(state, page, filter)
                .GroupBy(row => row.Day)
                .OrderByDescending(rows => rows.Key)
                .Take(limit)
                .Select(rows => new DayTotals(rows.Key, Sum(page, rows)))
                .Reverse()],
            cancellationToken);

    private static MemoryKey Key(TopicTotals topic) => new(topic.TopicType, topic.TopicId, 0);

    private static IEnumerable<StatisticsRow> Rows(MemoryStoreState state, Page page, StatisticsFilter filter)
    {
        MemoryTable table = state.Table(page);
        return Enumerable.Range(0, table.Rows.Count)
            .Select(place => table.Read(page, place))
            .Where(row => filter.Matches(page.Name, row.TopicType, row.TopicId, row.Day));
    }

    private static long[] Sum(Page page, IEnumerable<StatisticsRow> rows)
    {
        long[] values = new long[page.Metrics.Length];
        foreach (StatisticsRow row in rows)
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = checked(values[i] + row.Values[i]);
            }
        }

        return values;
    }
}
