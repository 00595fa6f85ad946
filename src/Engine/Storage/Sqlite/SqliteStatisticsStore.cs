using System.Globalization;
using System.Runtime.CompilerServices;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;
using SQLitePCL;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>The statistics tables, one per page. Days are kept as text <c>YYYY-MM-DD</c>, times as UTC text.</summary>
internal sealed class SqliteStatisticsStore(SqliteDatabase database) : IStatisticsStore
{
    private const int LimitParameter = 8;

    /// <summary>The first metric's parameter, counted from 1, after the key; and its column, counted from 0, after key and seq_nr.</summary>
    private const int FirstMetric = 4;

    /// <inheritdoc/>
    public async ValueTask EnsureTableAsync(Page page, CancellationToken cancellationToken) => await database.WriteAsync(
        session =>
        {
            SqliteStatisticsSchema.Ensure(session, page);
            return true;
        },
        cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<int>> FlushAsync(
        Page page, IReadOnlyList<StatisticsRow> rows, bool correct, CancellationToken cancellationToken) =>
        rows.Count == 0
            ? ValueTask.FromResult<IReadOnlyList<int>>([])
            : database.WriteAsync(session => Flush(session, page, rows, correct), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StatisticsRow> ReadAsync(Page page, StatisticsFilter filter, CancellationToken cancellationToken) =>
        filter.Matches(page.Name, filter.TopicType ?? "", filter.TopicId ?? 0, filter.From ?? filter.To ?? 0)
            ? SelectAsync(page, SqliteStatisticsSql.Filter(filter), filter, cancellationToken)
            : AsyncEnumerable.Empty<StatisticsRow>();

    /// <inheritdoc/>
    public ValueTask<long> CountForeignAsync(Page page, CancellationToken cancellationToken) => database.ReadAsync(
        session =>
        {
            using SqliteStatement select = session.Use(
                $"SELECT count(*) FROM {SqliteStatisticsSql.Quote(page.Table)} WHERE {SqliteStatisticsSql.Foreign}");
            return select.Scalar();
        },
        cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StatisticsRow> ReadForeignAsync(Page page, CancellationToken cancellationToken) =>
        SelectAsync(page, SqliteStatisticsSql.Foreign, StatisticsFilter.All, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask AdoptAsync(Page page, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            session =>
            {
                using SqliteStatement update = session.Use(
                    $"UPDATE {SqliteStatisticsSql.Quote(page.Table)} SET seq_nr = 0 WHERE {SqliteStatisticsSql.KeyIs} AND {SqliteStatisticsSql.Foreign}");
                foreach (StatisticsRow row in rows)
                {
                    BindKey(update, row).Execute();
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(Page page, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            session =>
            {
                var fence = new SqliteFence(session);
                using SqliteStatement delete = session.Use(
                    $"DELETE FROM {SqliteStatisticsSql.Quote(page.Table)} WHERE {SqliteStatisticsSql.KeyIs} AND seq_nr = ?4");
                foreach (StatisticsRow row in rows)
                {
                    if (fence.Admits(row.Shard, row.Epoch))
                    {
                        BindKey(delete, row).Bind(4, row.SequenceNr ?? throw new ArgumentException("A row to remove has no SequenceNr.", nameof(rows))).Execute();
                    }
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);

    private IReadOnlyList<int> Flush(SqliteSession session, Page page, IReadOnlyList<StatisticsRow> rows, bool correct)
    {
        var fence = new SqliteFence(session);
        string now = database.Options.TimeProvider.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        using SqliteStatement upsert = session.Use(SqliteStatisticsSql.Upsert(page, correct));
        foreach (StatisticsRow row in rows)
        {
            if (!fence.Admits(row.Shard, row.Epoch))
            {
                continue;
            }

            BindKey(upsert, row);
            int parameter = FirstMetric;
            for (int i = 0; i < page.Metrics.Length; i++, parameter++)
            {
                if (page.Metrics[i].Kind == MetricKind.Amount)
                {
                    SqliteAmount.Bind(upsert, parameter, row.Values[i]);
                }
                else
                {
                    upsert.Bind(parameter, row.Values[i]);
                }
            }

            long sequenceNr = row.SequenceNr ?? throw new ArgumentException("A row to flush has no SequenceNr.", nameof(rows));
            upsert.Bind(parameter, now).Bind(parameter + 1, sequenceNr).Execute();
        }

        return fence.Stale;
    }

    private async IAsyncEnumerable<StatisticsRow> SelectAsync(
        Page page, string condition, StatisticsFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StatisticsRow? last = null;
        while (true)
        {
            StatisticsRow? after = last;
            List<StatisticsRow> rows = await database.ReadAsync(
                session => Select(session, page, condition, filter, after), cancellationToken).ConfigureAwait(false);
            foreach (StatisticsRow row in rows)
            {
                yield return row;
            }

            if (rows.Count < database.Options.PageRows)
            {
                yield break;
            }

            last = rows[^1];
        }
    }

    private List<StatisticsRow> Select(SqliteSession session, Page page, string condition, StatisticsFilter filter, StatisticsRow? after)
    {
        using SqliteStatement select = session.Use(SqliteStatisticsSql.Select(page, condition, after is not null, LimitParameter));
        if (after is not null)
        {
            BindKey(select, after);
        }

        select.Bind(4, filter.TopicType).Bind(5, filter.TopicId ?? 0);
        select.Bind(6, filter.From is { } from ? Day(from) : null).Bind(7, filter.To is { } to ? Day(to) : null);
        select.Bind(LimitParameter, database.Options.PageRows);
        var rows = new List<StatisticsRow>();
        while (select.Step())
        {
            rows.Add(ReadRow(select, page));
        }

        return rows;
    }

    private static StatisticsRow ReadRow(SqliteStatement select, Page page)
    {
        string type = select.Text(0);
        long id = select.Int64(1);
        string date = select.Text(2);
        ReadOnlySpan<char> day = date.AsSpan(0, Math.Min(10, date.Length));
        if (id != (int)id || !DateOnly.TryParseExact(day, "yyyy-MM-dd", out DateOnly parsed))
        {
            throw new StoreException(
                $"The table {page.Table} has a row with the key ('{type}', {id}, '{date}'), which is not text, a 32-bit integer and a day YYYY-MM-DD; mend or remove it.");
        }

        long[] values = new long[page.Metrics.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int column = FirstMetric + i;
            bool read = page.Metrics[i].Kind == MetricKind.Amount
                ? SqliteAmount.TryRead(select, column, out values[i])
                : TryReadCount(select, column, out values[i]);
            if (!read)
            {
                throw new StoreException(
                    $"The table {page.Table} has {page.Metrics[i].Column} = {select.Text(column)} in the row ('{type}', {id}, '{date}'), which is no "
                    + $"{(page.Metrics[i].Kind == MetricKind.Amount ? "amount of two decimals" : "whole number")}; mend it.");
            }
        }

        return new StatisticsRow
        {
            TopicType = type,
            TopicId = (int)id,
            Day = parsed.DayNumber,
            SequenceNr = select.IsNull(3) ? null : select.Int64(3),
            Values = values,
        };
    }

    private static bool TryReadCount(SqliteStatement select, int column, out long value)
    {
        value = select.Int64(column);
        return select.Type(column) is raw.SQLITE_INTEGER or raw.SQLITE_NULL;
    }

    private static SqliteStatement BindKey(SqliteStatement statement, StatisticsRow row) =>
        statement.Bind(1, row.TopicType).Bind(2, row.TopicId).Bind(3, Day(row.Day));

    private static string Day(int day) => DateOnly.FromDayNumber(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
