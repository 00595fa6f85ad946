using System.Data.Common;
using System.Globalization;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;
using LinqToDB.Data;

namespace DataLoad.Engine.Storage;

/// <summary>Questions of the statistics tables, summed by the database. A sum beyond 64 bits is its error.</summary>
internal sealed class SqlStatisticsQueries(SqlDatabase database) : IStatisticsQueries
{
    private SqlDialect Dialect => database.Dialect;

    public ValueTask<TopicTotalsPage> TopAsync(Page page, TopicQuery query, CancellationToken cancellationToken)
    {
        var filter = new SqlStatisticsFilter(Dialect, query.Filter with { TopicId = null }, query.Search);
        string direction = query.Descending ? "DESC" : "ASC";
        string key = Dialect.ByCodePoint("topic_type");
        string order = query.Sort is int sort
            ? string.Create(CultureInfo.InvariantCulture, $"{4 + sort} {direction}, {key}, topic_id")
            : $"{key} {direction}, topic_id {direction}";
        return database.ReadAsync(
            async (db, token) => new TopicTotalsPage(
                await CountTopicsAsync(db, page, filter, token),
                await db.QueryToListAsync(
                    reader => new TopicTotals(reader.GetString(0), reader.GetInt32(1), (int)reader.GetInt64(2), Values(reader, page, 3)),
                    $"""
                    SELECT {Dialect.Read("topic_type", "text")}, {Dialect.Read("topic_id", "int")}, count(*){Sums(page)}
                    FROM {Table(page)} {filter.Where} GROUP BY topic_type, topic_id ORDER BY {order} LIMIT {query.Limit} OFFSET {query.Offset}
                    """,
                    token,
                    filter.Parameters)),
            cancellationToken);
    }

    public ValueTask<StatisticsTotals> TotalsAsync(Page page, StatisticsFilter filter, CancellationToken cancellationToken)
    {
        var conditions = new SqlStatisticsFilter(Dialect, filter);
        return database.ReadAsync(
            async (db, token) => new StatisticsTotals(
                await CountTopicsAsync(db, page, conditions, token),
                (await db.QueryToListAsync(
                    reader => Values(reader, page, 1), $"SELECT 0{Sums(page)} FROM {Table(page)} {conditions.Where}", token, conditions.Parameters)).Single()),
            cancellationToken);
    }

    public async ValueTask<IReadOnlyList<DayTotals>> SeriesAsync(Page page, StatisticsFilter filter, int limit, CancellationToken cancellationToken)
    {
        var conditions = new SqlStatisticsFilter(Dialect, filter);
        List<DayTotals> days = await database.ReadAsync(
            (db, token) => db.QueryToListAsync(
                reader => new DayTotals(Day(reader, page), Values(reader, page, 1)),
                $"SELECT {Dialect.Read("stat_date", "date")}{Sums(page)} FROM {Table(page)} {conditions.Where} GROUP BY 1 ORDER BY 1 DESC LIMIT {limit}",
                token,
                conditions.Parameters),
            cancellationToken);
        days.Reverse();
        return days;
    }

    private Task<long> CountTopicsAsync(DataConnection db, Page page, SqlStatisticsFilter filter, CancellationToken cancellationToken) => db.ExecuteAsync<long>(
        $"SELECT count(*) FROM (SELECT 1 FROM {Table(page)} {filter.Where} GROUP BY topic_type, topic_id) t", cancellationToken, filter.Parameters);

    private string Table(Page page) => Dialect.Quote(page.Table);

    private string Sums(Page page) => string.Concat(page.Metrics.Select(metric =>
        $", {(metric.Kind == MetricKind.Amount ? Dialect.SumOfAmounts(Dialect.Quote(metric.Column)) : Dialect.SumOfCounts(Dialect.Quote(metric.Column)))}"));

    private int Day(DbDataReader reader, Page page) => Dialect.TryReadDay(reader, 0, out int day)
        ? day
        : throw new StoreException(
            $"{database.Name}: the table '{page.Table}' has stat_date = '{reader.GetValue(0)}', which is no day; mend or remove those rows.");

    private static long[] Values(DbDataReader reader, Page page, int first)
    {
        long[] values = new long[page.Metrics.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = reader.GetInt64(first + i);
        }

        return values;
    }
}
