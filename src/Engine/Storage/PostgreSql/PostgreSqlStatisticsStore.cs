using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>The statistics tables.</summary>
internal sealed class PostgreSqlStatisticsStore(NpgsqlDataSource source, string name) : IStatisticsStore
{
    private const int PageRows = 1000;

    /// <summary>Bounds a statement's memory here and in the server; a row of the widest page takes about 600 bytes.</summary>
    private const int StatementRows = 2000;

    private readonly ConcurrentDictionary<Page, PostgreSqlStatisticsSql> _sql = new(ReferenceEqualityComparer.Instance);

    /// <inheritdoc/>
    public async ValueTask EnsureTableAsync(Page page, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        await new PostgreSqlStatisticsTable(Sql(page), name).EnsureAsync(connection, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<int>> FlushAsync(
        Page page, IReadOnlyList<StatisticsRow> rows, bool correct, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        PostgreSqlStatisticsSql sql = Sql(page);
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        await using NpgsqlBatch batch = BeginFenced(connection, rows);
        for (int start = 0; start < rows.Count; start += StatementRows)
        {
            var chunk = new StatisticsColumns(rows, start, Math.Min(StatementRows, rows.Count - start));
            var command = new NpgsqlBatchCommand(correct ? sql.Correct : sql.Flush);
            chunk.AddFenced(command.Parameters);
            chunk.AddSequenceNrs(command.Parameters);
            chunk.AddMetrics(command.Parameters, page);
            batch.BatchCommands.Add(command);
        }

        return await PostgreSqlFence.ExecuteAsync(batch, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StatisticsRow> ReadAsync(Page page, StatisticsFilter filter, CancellationToken cancellationToken)
    {
        var conditions = new List<string>();
        var parameters = new List<Func<NpgsqlParameter>>();
        Add(filter.TopicType is not null, "topic_type = {0}", () => Parameter.Of(filter.TopicType!));
        Add(filter.TopicId is not null, "topic_id = {0}", () => Parameter.Of(filter.TopicId!.Value));
        Add(filter.From is not null, "stat_date >= {0}", () => Parameter.Of(ToDate(filter.From!.Value)));
        Add(filter.To is not null, "stat_date <= {0}", () => Parameter.Of(ToDate(filter.To!.Value)));
        Add(filter.Page is not null && !string.Equals(filter.Page, page.Name, StringComparison.Ordinal), "{0} < 0", () => Parameter.Of(0));
        return ReadAsync(page, conditions, parameters, cancellationToken);

        void Add(bool given, string condition, Func<NpgsqlParameter> parameter)
        {
            if (given)
            {
                parameters.Add(parameter);
                conditions.Add(string.Format(CultureInfo.InvariantCulture, condition, $"${parameters.Count}"));
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<long> CountForeignAsync(Page page, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand($"SELECT count(*) FROM {Sql(page).Table} WHERE seq_nr IS NULL");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StatisticsRow> ReadForeignAsync(Page page, CancellationToken cancellationToken) =>
        ReadAsync(page, ["seq_nr IS NULL"], [], cancellationToken);

    /// <inheritdoc/>
    public async ValueTask AdoptAsync(Page page, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return;
        }

        PostgreSqlStatisticsSql sql = Sql(page);
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        await using NpgsqlBatch batch = connection.CreateBatch();
        for (int start = 0; start < rows.Count; start += StatementRows)
        {
            var command = new NpgsqlBatchCommand(sql.Adopt);
            new StatisticsColumns(rows, start, Math.Min(StatementRows, rows.Count - start)).AddKeys(command.Parameters);
            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(Page page, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return;
        }

        PostgreSqlStatisticsSql sql = Sql(page);
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        await using NpgsqlBatch batch = BeginFenced(connection, rows);
        for (int start = 0; start < rows.Count; start += StatementRows)
        {
            var command = new NpgsqlBatchCommand(sql.Remove);
            var chunk = new StatisticsColumns(rows, start, Math.Min(StatementRows, rows.Count - start));
            chunk.AddFenced(command.Parameters);
            chunk.AddSequenceNrs(command.Parameters);
            batch.BatchCommands.Add(command);
        }

        await PostgreSqlFence.ExecuteAsync(batch, cancellationToken);
    }

    private static NpgsqlBatch BeginFenced(NpgsqlConnection connection, IReadOnlyList<StatisticsRow> rows)
    {
        (int[] shards, long[] epochs) = PostgreSqlFence.Distinct(rows.Select(row => (row.Shard, row.Epoch)));
        return PostgreSqlFence.Begin(connection, shards, epochs);
    }

    private async IAsyncEnumerable<StatisticsRow> ReadAsync(
        Page page, List<string> conditions, List<Func<NpgsqlParameter>> parameters, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        PostgreSqlStatisticsSql sql = Sql(page);
        int n = parameters.Count;
        string first = sql.Select(conditions, PageRows);
        string next = sql.Select(
            [.. conditions, string.Create(CultureInfo.InvariantCulture, $"({PostgreSqlStatisticsSql.KeyOrder}) > (${n + 1}, ${n + 2}, ${n + 3})")],
            PageRows);
        StatisticsRow? last = null;
        while (true)
        {
            List<StatisticsRow> rows = await ReadPageAsync(page, last is null ? first : next, parameters, last, cancellationToken);
            foreach (StatisticsRow row in rows)
            {
                yield return row;
            }

            if (rows.Count < PageRows)
            {
                yield break;
            }

            last = rows[^1];
        }
    }

    private async Task<List<StatisticsRow>> ReadPageAsync(
        Page page, string sql, List<Func<NpgsqlParameter>> parameters, StatisticsRow? after, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        foreach (Func<NpgsqlParameter> parameter in parameters)
        {
            command.Parameters.Add(parameter());
        }

        if (after is not null)
        {
            command.Parameters.Add(Parameter.Of(after.TopicType));
            command.Parameters.Add(Parameter.Of(after.TopicId));
            command.Parameters.Add(Parameter.Of(ToDate(after.Day)));
        }

        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<StatisticsRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(Read(reader, page));
        }

        return rows;
    }

    private StatisticsRow Read(NpgsqlDataReader reader, Page page)
    {
        long[] values = new long[page.Metrics.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int ordinal = PostgreSqlStatisticsSql.FirstMetric + i;
            if (page.Metrics[i].Kind != MetricKind.Amount)
            {
                values[i] = reader.GetInt64(ordinal);
            }
            else if (!Hundredths.TryFrom(reader.GetDecimal(ordinal), out values[i]))
            {
                throw new StoreException(
                    $"{name}: the table '{page.Table}' has {page.Metrics[i].Column} = {reader.GetDecimal(ordinal)} in the row of "
                    + $"'{reader.GetString(0)}', {reader.GetInt32(1)}, which is no amount of two decimals; mend it.");
            }
        }

        return new StatisticsRow
        {
            TopicType = reader.GetString(0),
            TopicId = reader.GetInt32(1),
            Day = reader.GetFieldValue<DateOnly>(2).DayNumber,
            SequenceNr = reader.IsDBNull(3) ? null : reader.GetInt64(3),
            Values = values,
        };
    }

    private PostgreSqlStatisticsSql Sql(Page page) => _sql.GetOrAdd(page, static page => new PostgreSqlStatisticsSql(page));

    /// <summary>A filter may name days before the first or after the last that there are.</summary>
    private static DateOnly ToDate(int dayNumber) =>
        DateOnly.FromDayNumber(Math.Clamp(dayNumber, DateOnly.MinValue.DayNumber, DateOnly.MaxValue.DayNumber));
}
