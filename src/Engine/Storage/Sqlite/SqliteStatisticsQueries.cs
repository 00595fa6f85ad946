using System.Globalization;
using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>Questions of the statistics tables, summed by SQLite. Amounts are summed in hundredths, exactly.</summary>
internal sealed class SqliteStatisticsQueries(SqliteDatabase database) : IStatisticsQueries
{
    private const string Text = "lower(topic_type || '/' || topic_id)";

    /// <inheritdoc/>
    public ValueTask<TopicTotalsPage> TopAsync(Page page, TopicQuery query, CancellationToken cancellationToken) => database.ReadAsync(
        session =>
        {
            StatisticsFilter filter = query.Filter with { TopicId = null };
            string where = Where(filter, query.Search);
            using SqliteStatement count = session.Use($"SELECT count(*) FROM (SELECT 1 FROM {Table(page)} WHERE {where} GROUP BY topic_type, topic_id)");
            long total = Bind(count, filter, query.Search).Scalar();
            string direction = query.Descending ? "DESC" : "ASC";
            string order = query.Sort is int sort
                ? string.Create(CultureInfo.InvariantCulture, $"{4 + sort} {direction}, 1, 2")
                : $"1 {direction}, 2 {direction}";
            using SqliteStatement select = session.Use(
                $"SELECT topic_type, topic_id, count(*){Sums(page)} FROM {Table(page)} WHERE {where} GROUP BY topic_type, topic_id ORDER BY {order} LIMIT ?8 OFFSET ?9");
            Bind(select, filter, query.Search).Bind(8, query.Limit).Bind(9, query.Offset);
            var topics = new List<TopicTotals>();
            while (select.Step())
            {
                topics.Add(new TopicTotals(select.Text(0), (int)select.Int64(1), (int)select.Int64(2), Values(select, page, 3)));
            }

            return new TopicTotalsPage(total, topics);
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<StatisticsTotals> TotalsAsync(Page page, StatisticsFilter filter, CancellationToken cancellationToken) => database.ReadAsync(
        session =>
        {
            using SqliteStatement count = session.Use($"SELECT count(*) FROM (SELECT 1 FROM {Table(page)} WHERE {Where(filter, search: null)} GROUP BY topic_type, topic_id)");
            long topics = Bind(count, filter, search: null).Scalar();
            using SqliteStatement select = session.Use($"SELECT 0{Sums(page)} FROM {Table(page)} WHERE {Where(filter, search: null)}");
            Bind(select, filter, search: null).Step();
            return new StatisticsTotals(topics, Values(select, page, 1));
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DayTotals>> SeriesAsync(Page page, StatisticsFilter filter, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<DayTotals>>(
            session =>
            {
                using SqliteStatement select = session.Use(
                    $"SELECT substr(stat_date, 1, 10){Sums(page)} FROM {Table(page)} WHERE {Where(filter, search: null)} GROUP BY 1 ORDER BY 1 DESC LIMIT ?8");
                Bind(select, filter, search: null).Bind(8, limit);
                var days = new List<DayTotals>();
                while (select.Step())
                {
                    days.Add(new DayTotals(DateOnly.ParseExact(select.Text(0), "yyyy-MM-dd", CultureInfo.InvariantCulture).DayNumber, Values(select, page, 1)));
                }

                days.Reverse();
                return days;
            },
            cancellationToken);

    private static string Table(Page page) => SqliteStatisticsSql.Quote(page.Table);

    private static string Where(StatisticsFilter filter, string? search) =>
        search is null ? SqliteStatisticsSql.Filter(filter) : $"{SqliteStatisticsSql.Filter(filter)} AND instr({Text}, ?3) > 0";

    private static SqliteStatement Bind(SqliteStatement statement, StatisticsFilter filter, string? search)
    {
        if (search is not null)
        {
            statement.Bind(3, search.ToLowerInvariant());
        }

        if (filter.TopicType is not null)
        {
            statement.Bind(4, filter.TopicType);
        }

        if (filter.TopicId is int id)
        {
            statement.Bind(5, id);
        }

        if (filter.From is int from)
        {
            statement.Bind(6, Day(from));
        }

        if (filter.To is int to)
        {
            statement.Bind(7, Day(to));
        }

        return statement;
    }

    private static string Sums(Page page)
    {
        var sql = new StringBuilder();
        foreach (Metric metric in page.Metrics)
        {
            string column = SqliteStatisticsSql.Quote(metric.Column);
            sql.Append(metric.Kind != MetricKind.Amount
                ? $", sum({column})"
                // How SqliteAmount stores them: whole ones as INTEGER, others as REAL, the largest as digits.
                : $", sum(CASE typeof({column}) WHEN 'integer' THEN {column} * 100 WHEN 'real' THEN CAST(round({column} * 100) AS INTEGER) ELSE CAST(replace(CAST({column} AS TEXT), '.', '') AS INTEGER) END)");
        }

        return sql.ToString();
    }

    private static long[] Values(SqliteStatement row, Page page, int first)
    {
        long[] values = new long[page.Metrics.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = row.Int64(first + i);
        }

        return values;
    }

    private static string Day(int day) => DateOnly.FromDayNumber(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
