using System.Data.Common;
using System.Globalization;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;
using LinqToDB.Data;

namespace DataLoad.Engine.Storage;

/// <summary>Questions of the statistics tables, summed by the database. A sum beyond 64 bits is its error.</summary>
internal sealed class SqlStatisticsQueries(SqlDatabase database) : IStatisticsQueries
{
    private const int IdsAtOnce = 500;

    private SqlDialect Dialect => database.Dialect;

    public async ValueTask<IReadOnlyList<string>> TypesAsync(Page page, int limit, CancellationToken cancellationToken) => await database.ReadAsync(
        (db, token) => db.QueryToListAsync(
            reader => reader.GetString(0),
            $"SELECT {Dialect.Read("topic_type", "text")} FROM {Table(page)} GROUP BY topic_type ORDER BY {Dialect.ByCodePoint("topic_type")} LIMIT {limit}",
            token),
        cancellationToken);

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
                reader => new DayTotals(Day(reader, page, 0), Values(reader, page, 1)),
                $"SELECT {Dialect.Read("stat_date", "date")}{Sums(page)} FROM {Table(page)} {conditions.Where} GROUP BY 1 ORDER BY 1 DESC LIMIT {limit}",
                token,
                conditions.Parameters),
            cancellationToken);
        days.Reverse();
        return days;
    }

    public ValueTask<PartTotalsPage> PartsAsync(StatisticsTable table, PartQuery query, CancellationToken cancellationToken)
    {
        Breakdown breakdown = table.Breakdown ?? throw new ArgumentException($"The table {table.Name} has no parts.", nameof(table));
        var filter = new SqlStatisticsFilter(Dialect, query.Filter);
        string[] key = query.IsByDay ? ["stat_date"]
            : breakdown.IdColumn() is { } id ? [breakdown.TextColumn(), id, "topic_type", "topic_id"]
            : [breakdown.TextColumn(), "topic_type", "topic_id"];
        string group = string.Join(", ", key);
        string from = $"FROM {Dialect.Quote(table.Name)} {filter.Where} GROUP BY {group}";
        string direction = query.Descending ? "DESC" : "ASC";
        IEnumerable<string> order = key.Select(column => $"{(IsText(column) ? Dialect.ByCodePoint(column) : column)} {(query.Sort is null ? direction : "ASC")}");
        order = query.Sort is { } sort ? order.Prepend($"{key.Length + 2 + IndexOf(query.Metrics, sort)} {direction}") : order;
        string columns = string.Join(", ", key.Select(column => Dialect.Read(column, IsText(column) ? "text" : column is "stat_date" ? "date" : "int")));
        return database.ReadAsync(
            async (db, token) => new PartTotalsPage(
                await db.ExecuteAsync<long>($"SELECT count(*) FROM (SELECT 1 {from}) t", token, filter.Parameters),
                await db.QueryToListAsync(
                    Read,
                    $"""
                    SELECT {columns}, count(*){string.Concat(query.Metrics.Select(metric => Sum(table.Page.Metrics[metric])))}
                    {from} ORDER BY {string.Join(", ", order)} LIMIT {query.Limit} OFFSET {query.Offset}
                    """,
                    token,
                    filter.Parameters)),
            cancellationToken);

        PartTotals Read(DbDataReader reader)
        {
            long[] values = new long[table.Page.Metrics.Length];
            for (int i = 0; i < query.Metrics.Count; i++)
            {
                values[query.Metrics[i]] = reader.GetInt64(key.Length + 1 + i);
            }

            int rows = (int)reader.GetInt64(key.Length);
            return query.IsByDay
                ? new PartTotals(null, null, Day(reader, table, 0), rows, values)
                : new PartTotals(
                    new TopicKey(reader.GetString(key.Length - 2), reader.GetInt32(key.Length - 1)),
                    BreakdownValue.Of(breakdown, reader.GetString(0), breakdown.IdColumn() is null ? 0 : reader.GetInt32(1)), 0, rows, values);
        }

        static bool IsText(string column) => column is not ("stat_date" or "topic_id") && !string.Equals(column, Breakdown.Parent.IdColumn(), StringComparison.Ordinal);
    }

    public async ValueTask<IReadOnlyDictionary<TopicKey, IReadOnlyList<int>>> DaysAsync(
        StatisticsTable table, StatisticsFilter filter, IReadOnlyCollection<TopicKey>? topics, CancellationToken cancellationToken)
    {
        var days = new Dictionary<TopicKey, IReadOnlyList<int>>();
        HashSet<TopicKey>? wanted = topics?.ToHashSet();
        List<int[]?> chunks = wanted is null ? [null] : [.. wanted.Select(topic => topic.Id).Distinct().Chunk(IdsAtOnce)];
        foreach (int[]? ids in chunks)
        {
            var conditions = new SqlStatisticsFilter(Dialect, filter);
            if (ids is not null)
            {
                conditions.Add($"topic_id IN ({string.Join(',', ids)})");
            }

            foreach ((TopicKey topic, int day) in await database.ReadAsync(
                (db, token) => db.QueryToListAsync(
                    reader => (new TopicKey(reader.GetString(0), reader.GetInt32(1)), Day(reader, table, 2)),
                    $"""
                    SELECT DISTINCT {Dialect.Read("topic_type", "text")}, {Dialect.Read("topic_id", "int")}, {Dialect.Read("stat_date", "date")}
                    FROM {Dialect.Quote(table.Name)} {conditions.Where} ORDER BY 3
                    """,
                    token,
                    conditions.Parameters),
                cancellationToken))
            {
                if (wanted is null || wanted.Contains(topic))
                {
                    if (!days.TryGetValue(topic, out IReadOnlyList<int>? known))
                    {
                        days.Add(topic, known = new List<int>());
                    }

                    ((List<int>)known).Add(day);
                }
            }
        }

        return days;
    }

    private Task<long> CountTopicsAsync(DataConnection db, Page page, SqlStatisticsFilter filter, CancellationToken cancellationToken) => db.ExecuteAsync<long>(
        $"SELECT count(*) FROM (SELECT 1 FROM {Table(page)} {filter.Where} GROUP BY topic_type, topic_id) t", cancellationToken, filter.Parameters);

    private string Table(Page page) => Dialect.Quote(page.Table);

    private string Sums(Page page) => string.Concat(page.Metrics.Select(Sum));

    private string Sum(Metric metric) =>
        $", {(metric.Kind == MetricKind.Amount ? Dialect.SumOfAmounts(Dialect.Quote(metric.Column)) : Dialect.SumOfCounts(Dialect.Quote(metric.Column)))}";

    private static int IndexOf(IReadOnlyList<int> metrics, int metric)
    {
        int place = metrics.Index().Where(one => one.Item == metric).Select(one => one.Index).DefaultIfEmpty(-1).First();
        return place >= 0 ? place : throw new ArgumentException($"Metric {metric} decides the order and is not summed.", nameof(metric));
    }

    private int Day(DbDataReader reader, StatisticsTable table, int column) => Dialect.TryReadDay(reader, column, out int day)
        ? day
        : throw new StoreException(
            $"{database.Name}: the table '{table.Name}' has stat_date = '{reader.GetValue(column)}', which is no day; mend or remove those rows.");

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
