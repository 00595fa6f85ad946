using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
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

    /// <inheritdoc/>
    public ValueTask<PartTotalsPage> PartsAsync(StatisticsTable table, PartQuery query, CancellationToken cancellationToken) => calls.RunAsync(
        "Queries.Parts",
        state =>
        {
            // Of values that are not asked for nothing is told.
            int[] left = [.. Enumerable.Range(0, table.Page.Metrics.Length).Except(query.Metrics)];
            PartTotals[] all = [.. Rows(state, table, query.Filter)
                .GroupBy(row => query.IsByDay ? (Type: "", Id: 0, row.Day, Part: null) : (Type: row.TopicType, Id: row.TopicId, Day: 0, row.Part))
                .Select(rows => new PartTotals(
                    query.IsByDay ? null : new TopicKey(rows.Key.Type, rows.Key.Id), rows.Key.Part, rows.Key.Day, rows.Count(), Sum(table.Page, rows)))];
            foreach (PartTotals one in all)
            {
                Array.ForEach(left, metric => one.Values[metric] = 0);
            }

            Comparison<PartTotals> byKey = (one, other) => (one.Value is { } value ? new MemoryKey(value.Text, value.Id, 0).CompareTo(new MemoryKey(other.Value!.Value.Text, other.Value.Value.Id, 0)) : 0)
                is var part && part != 0 ? part : Key(one).CompareTo(Key(other));
            Array.Sort(all, (one, other) => query.Sort is int sort && one.Values[sort] != other.Values[sort]
                ? one.Values[sort].CompareTo(other.Values[sort]) * (query.Descending ? -1 : 1)
                : byKey(one, other) * (query is { Sort: null, Descending: true } ? -1 : 1));
            return new PartTotalsPage(all.Length, [.. all.Skip(query.Offset).Take(query.Limit)]);
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<TopicKey, IReadOnlyList<int>>> DaysAsync(
        StatisticsTable table, StatisticsFilter filter, IReadOnlyCollection<TopicKey>? topics, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyDictionary<TopicKey, IReadOnlyList<int>>>(
            "Queries.Days",
            state => Rows(state, table, filter)
                .GroupBy(row => new TopicKey(row.TopicType, row.TopicId))
                .Where(rows => topics is null || topics.Contains(rows.Key))
                .ToDictionary(rows => rows.Key, rows => (IReadOnlyList<int>)[.. rows.Select(row => row.Day).Distinct().Order()]),
            cancellationToken);

    private static MemoryKey Key(PartTotals part) => new(part.Topic?.Type ?? "", part.Topic?.Id ?? 0, part.Day);

    private static MemoryKey Key(TopicTotals topic) => new(topic.TopicType, topic.TopicId, 0);

    private static IEnumerable<StatisticsRow> Rows(MemoryStoreState state, StatisticsTable of, StatisticsFilter filter)
    {
        MemoryTable table = state.Table(of);
        return Enumerable.Range(0, table.Rows.Count)
            .Select(place => table.Read(of.Page, place))
            .Where(row => filter.Matches(of.Page.Name, row.TopicType, row.TopicId, row.Day) && (filter.Part is null || filter.Part == row.Part));
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
