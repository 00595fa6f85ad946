using System.Globalization;
using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>Questions of the statistics tables, summed by the server.</summary>
internal sealed class PostgreSqlStatisticsQueries(NpgsqlDataSource source) : IStatisticsQueries
{
    /// <inheritdoc/>
    public async ValueTask<TopicTotalsPage> TopAsync(Page page, TopicQuery query, CancellationToken cancellationToken)
    {
        var where = new Conditions(query.Filter with { TopicId = null }, query.Search);
        long total = await CountTopicsAsync(page, where, cancellationToken);
        string direction = query.Descending ? "DESC" : "ASC";
        string key = "topic_type COLLATE \"C\"";
        string order = query.Sort is int sort
            ? string.Create(CultureInfo.InvariantCulture, $"{4 + sort} {direction}, {key}, topic_id")
            : $"{key} {direction}, topic_id {direction}";
        await using NpgsqlCommand select = source.CreateCommand(string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT topic_type::text, topic_id::int, count(*){Sums(page)} FROM {Table(page)} {where} GROUP BY topic_type, topic_id ORDER BY {order} LIMIT {query.Limit} OFFSET {query.Offset}"));
        where.AddTo(select);
        await using NpgsqlDataReader reader = await select.ExecuteReaderAsync(cancellationToken);
        var topics = new List<TopicTotals>();
        while (await reader.ReadAsync(cancellationToken))
        {
            topics.Add(new TopicTotals(reader.GetString(0), reader.GetInt32(1), (int)reader.GetInt64(2), Values(reader, page, 3)));
        }

        return new TopicTotalsPage(total, topics);
    }

    /// <inheritdoc/>
    public async ValueTask<StatisticsTotals> TotalsAsync(Page page, StatisticsFilter filter, CancellationToken cancellationToken)
    {
        var where = new Conditions(filter, search: null);
        long topics = await CountTopicsAsync(page, where, cancellationToken);
        await using NpgsqlCommand select = source.CreateCommand($"SELECT 0{Sums(page)} FROM {Table(page)} {where}");
        where.AddTo(select);
        await using NpgsqlDataReader reader = await select.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new StatisticsTotals(topics, Values(reader, page, 1));
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DayTotals>> SeriesAsync(Page page, StatisticsFilter filter, int limit, CancellationToken cancellationToken)
    {
        var where = new Conditions(filter, search: null);
        await using NpgsqlCommand select = source.CreateCommand(string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT stat_date::date{Sums(page)} FROM {Table(page)} {where} GROUP BY stat_date ORDER BY stat_date DESC LIMIT {limit}"));
        where.AddTo(select);
        await using NpgsqlDataReader reader = await select.ExecuteReaderAsync(cancellationToken);
        var days = new List<DayTotals>();
        while (await reader.ReadAsync(cancellationToken))
        {
            days.Add(new DayTotals((await reader.GetFieldValueAsync<DateOnly>(0, cancellationToken)).DayNumber, Values(reader, page, 1)));
        }

        days.Reverse();
        return days;
    }

    private async ValueTask<long> CountTopicsAsync(Page page, Conditions where, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand count = source.CreateCommand($"SELECT count(*) FROM (SELECT FROM {Table(page)} {where} GROUP BY topic_type, topic_id) t");
        where.AddTo(count);
        return (long)(await count.ExecuteScalarAsync(cancellationToken))!;
    }

    private static string Table(Page page) => PostgreSqlStatisticsSql.Quote(page.Table);

    /// <summary>A sum beyond 64 bits is the server's error, which names it.</summary>
    private static string Sums(Page page)
    {
        var sql = new StringBuilder();
        foreach (Metric metric in page.Metrics)
        {
            string column = PostgreSqlStatisticsSql.Quote(metric.Column);
            sql.Append(metric.Kind == MetricKind.Amount ? $", (COALESCE(sum({column}), 0) * 100)::bigint" : $", COALESCE(sum({column}), 0)::bigint");
        }

        return sql.ToString();
    }

    private static long[] Values(NpgsqlDataReader reader, Page page, int first)
    {
        long[] values = new long[page.Metrics.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = reader.GetInt64(first + i);
        }

        return values;
    }

    /// <summary>The conditions of a question, and their parameters anew for each command.</summary>
    private sealed class Conditions
    {
        private readonly List<string> _conditions = [];
        private readonly List<Func<NpgsqlParameter>> _parameters = [];

        public Conditions(StatisticsFilter filter, string? search)
        {
            Add(filter.TopicType, "topic_type = {0}", Parameter.Of);
            Add(search?.ToLowerInvariant(), "position({0} IN lower(topic_type || '/' || topic_id)) > 0", Parameter.Of);
            Add(filter.TopicId, "topic_id = {0}");
            AddDay(filter.From, "stat_date >= {0}");
            AddDay(filter.To, "stat_date <= {0}");
        }

        public void AddTo(NpgsqlCommand command)
        {
            foreach (Func<NpgsqlParameter> parameter in _parameters)
            {
                command.Parameters.Add(parameter());
            }
        }

        public override string ToString() => _conditions.Count == 0 ? "" : $"WHERE {string.Join(" AND ", _conditions)}";

        private void Add(string? value, string condition, Func<string, NpgsqlParameter> parameter)
        {
            if (value is not null)
            {
                Add(condition, () => parameter(value));
            }
        }

        private void Add(int? value, string condition)
        {
            if (value is int number)
            {
                Add(condition, () => Parameter.Of(number));
            }
        }

        private void AddDay(int? value, string condition)
        {
            if (value is int day)
            {
                DateOnly date = DateOnly.FromDayNumber(Math.Clamp(day, DateOnly.MinValue.DayNumber, DateOnly.MaxValue.DayNumber));
                Add(condition, () => Parameter.Of(date));
            }
        }

        private void Add(string condition, Func<NpgsqlParameter> parameter)
        {
            _parameters.Add(parameter);
            _conditions.Add(string.Format(CultureInfo.InvariantCulture, condition, $"${_parameters.Count}"));
        }
    }
}
