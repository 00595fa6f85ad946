using System.Collections.Concurrent;
using System.Data.Common;
using System.Globalization;
using System.Runtime.CompilerServices;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;
using LinqToDB.Data;

namespace DataLoad.Engine.Storage;

/// <summary>The statistics tables. That of a breakdown, and the column of a metric, has another name until its past is computed; whoever gives it its own may be
/// another node.</summary>
internal sealed class SqlStatisticsStore(SqlDatabase database, SqlDeclarationStore declarations) : IStatisticsStore
{
    private const int PageRows = 1000;

    /// <summary>Bounds a statement's memory here and in the server; a row of the widest page takes about 600 bytes.</summary>
    private const int StatementRows = 2000;

    private readonly ConcurrentDictionary<(StatisticsTable Table, StatisticsNames Names), SqlStatisticsText> _text = new();
    private volatile IReadOnlyList<Declaration>? _incomplete;

    public async ValueTask EnsureTableAsync(StatisticsTable table, CancellationToken cancellationToken)
    {
        _incomplete = null;
        await new SqlStatisticsTable(database, table, await NamesOfAsync(table, cancellationToken)).EnsureAsync(cancellationToken);
    }

    public async ValueTask<IReadOnlyList<int>> FlushAsync(StatisticsTable table, IReadOnlyList<StatisticsRow> rows, bool correct, CancellationToken cancellationToken)
    {
        SqlStatisticsText text = await TextAsync(table, cancellationToken);
        string statement = correct ? text.Correct : text.Flush;
        return await WriteAsync(
            table, Distinct(rows), chunk => new RowStatement(statement, Fenced(table, chunk, [SequenceNrs(chunk), Metrics(table.Page, chunk)])), cancellationToken);
    }

    public IAsyncEnumerable<StatisticsRow> ReadAsync(StatisticsTable table, StatisticsFilter filter, CancellationToken cancellationToken) =>
        filter.Page is null || string.Equals(filter.Page, table.Page.Name, StringComparison.Ordinal)
            ? ReadAsync(table, () => new SqlStatisticsFilter(database.Dialect, filter), cancellationToken)
            : AsyncEnumerable.Empty<StatisticsRow>();

    public async ValueTask<long> CountForeignAsync(StatisticsTable table, CancellationToken cancellationToken)
    {
        SqlStatisticsText text = await TextAsync(table, cancellationToken);
        return await database.ReadAsync(
            (db, token) => db.ExecuteAsync<long>($"SELECT count(*) FROM {text.Table} WHERE seq_nr IS NULL", token), cancellationToken);
    }

    public IAsyncEnumerable<StatisticsRow> ReadForeignAsync(StatisticsTable table, CancellationToken cancellationToken) => ReadAsync(
        table,
        () =>
        {
            var filter = new SqlStatisticsFilter(database.Dialect, StatisticsFilter.All);
            filter.Add("seq_nr IS NULL");
            return filter;
        },
        cancellationToken);

    public async ValueTask AdoptAsync(StatisticsTable table, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken)
    {
        SqlStatisticsText text = await TextAsync(table, cancellationToken);
        await WriteAsync(
            table, rows, chunk => new RowStatement(text.Adopt, new RowBatch(chunk.Count, SqlStatisticsText.KeyColumns(table, chunk))), cancellationToken);
    }

    public async ValueTask<IReadOnlyList<int>> RemoveAsync(StatisticsTable table, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken)
    {
        SqlStatisticsText text = await TextAsync(table, cancellationToken);
        return await WriteAsync(table, rows, chunk => new RowStatement(text.Remove, Fenced(table, chunk, [SequenceNrs(chunk)])), cancellationToken);
    }

    private async ValueTask<IReadOnlyList<int>> WriteAsync(
        StatisticsTable table, IReadOnlyList<StatisticsRow> rows, Func<List<StatisticsRow>, RowStatement> make, CancellationToken cancellationToken)
    {
        RowStatement[] statements = [.. rows.Chunk(StatementRows).Select(chunk => make([.. chunk]))];
        try
        {
            return (await database.WriteRowsAsync(statements, isExclusive: false, cancellationToken)).Stale;
        }
        catch (DbException)
        {
            // It, or a column, may have got its name meanwhile: the next try asks.
            _incomplete = null;
            throw;
        }
    }

    /// <summary>The rows in the order of their keys, so that two writers do not wait for each other, and each once, as a statement demands.</summary>
    /// <remarks>Of one key the highest Epoch stands, and of one Epoch the highest SequenceNr.</remarks>
    private static StatisticsRow[] Distinct(IReadOnlyList<StatisticsRow> rows)
    {
        StatisticsRow[] sorted = [.. rows];
        Array.Sort(sorted, static (x, y) => CompareKey(x, y) is var key && key != 0 ? key
            : x.Epoch != y.Epoch ? y.Epoch.CompareTo(x.Epoch)
            : Nullable.Compare(y.SequenceNr, x.SequenceNr));
        return [.. sorted.Where((row, i) => i == 0 || CompareKey(sorted[i - 1], row) != 0)];
    }

    private static int CompareKey(StatisticsRow x, StatisticsRow y) =>
        x.TopicId != y.TopicId ? x.TopicId.CompareTo(y.TopicId)
        : x.Day != y.Day ? x.Day.CompareTo(y.Day)
        : string.CompareOrdinal(x.TopicType, y.TopicType) is var type && type != 0 ? type
        : x.Part is { } part && y.Part is { } other ? part.Id != other.Id ? part.Id.CompareTo(other.Id) : string.CompareOrdinal(part.Text, other.Text)
        : 0;

    private static RowBatch Fenced(StatisticsTable table, List<StatisticsRow> rows, BatchColumn[] more) => new(
        RowBatch.Column(rows, row => row.Shard), RowBatch.Column(rows, row => row.Epoch), [.. SqlStatisticsText.KeyColumns(table, rows), .. more]);

    private static BatchColumn<long> SequenceNrs(List<StatisticsRow> rows) =>
        RowBatch.Of(rows, row => row.SequenceNr ?? throw new ArgumentException("A row to write has no SequenceNr.", nameof(rows)));

    /// <summary>The metrics of all rows; amounts stay in hundredths, which the statement divides.</summary>
    private static NumberColumns Metrics(Page page, List<StatisticsRow> rows)
    {
        int metrics = page.Metrics.Length;
        long[] values = new long[rows.Count * metrics];
        for (int i = 0; i < rows.Count; i++)
        {
            long[] row = rows[i].Values;
            if (row.Length != metrics)
            {
                throw new ArgumentException($"A row has {row.Length} values and page '{page.Name}' has {metrics} metrics.", nameof(rows));
            }

            row.CopyTo(values.AsSpan(i * metrics));
        }

        return new NumberColumns(values, metrics);
    }

    private async IAsyncEnumerable<StatisticsRow> ReadAsync(
        StatisticsTable table, Func<SqlStatisticsFilter> makeFilter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A reader may live long beside nodes that give names.
        _incomplete = table.Breakdown is null && _incomplete is { Count: 0 } none ? none : null;
        SqlStatisticsText text = await TextAsync(table, cancellationToken);
        StatisticsRow? last = null;
        while (true)
        {
            SqlStatisticsFilter filter = makeFilter();
            if (last is not null)
            {
                filter.AddAfter(table, text.Key, last);
            }

            List<StatisticsRow> rows = await database.ReadAsync(
                (db, token) => db.QueryToListAsync(
                    reader => Read(reader, table),
                    $"SELECT {text.Columns} FROM {text.Table} {filter.Where} ORDER BY {text.Key} LIMIT {PageRows}",
                    token,
                    filter.Parameters),
                cancellationToken);
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

    private StatisticsRow Read(DbDataReader reader, StatisticsTable table)
    {
        Page page = table.Page;
        string type = reader.GetString(0);
        if (reader.GetValue(1) is not (int or long) || reader.GetInt64(1) is not (>= int.MinValue and <= int.MaxValue)
            || !database.Dialect.TryReadDay(reader, 2, out int day))
        {
            throw new StoreException(
                $"{database.Name}: the table '{table.Name}' has a row with the key ('{type}', {reader.GetValue(1)}, '{reader.GetValue(2)}'), "
                + "which is not text, a 32-bit integer and a day; mend or remove it.");
        }

        long[] values = new long[page.Metrics.Length];
        for (int i = 0; i < values.Length; i++)
        {
            object value = reader.GetValue(SqlStatisticsText.FirstMetric + i);
            values[i] = page.Metrics[i].Kind == MetricKind.Amount
                ? Hundredths.From(value) ?? throw Unread(reader, table, i, "amount of two decimals")
                : value as long? ?? throw Unread(reader, table, i, "whole number");
        }

        return new StatisticsRow(type, reader.GetInt32(1), day, reader.IsDBNull(3) ? null : reader.GetInt64(3), values, Part: PartOf(reader, table));
    }

    private BreakdownValue? PartOf(DbDataReader reader, StatisticsTable table)
    {
        if (table.Breakdown is not { } breakdown)
        {
            return null;
        }

        int first = SqlStatisticsText.FirstMetric + table.Page.Metrics.Length;
        object text = reader.GetValue(first);
        object id = breakdown.IdColumn() is null ? 0 : reader.GetValue(first + 1);
        return text is string value && (id as long? ?? id as int?) is long number and >= int.MinValue and <= int.MaxValue
            ? BreakdownValue.Of(breakdown, value, (int)number)
            : throw new StoreException(
                $"{database.Name}: the table '{table.Name}' has a row with the value ('{text}', {id}), which is not text and a 32-bit integer; mend or remove it.");
    }

    private StoreException Unread(DbDataReader reader, StatisticsTable table, int metric, string expected) => new(
        $"{database.Name}: the table '{table.Name}' has {table.Page.Metrics[metric].Column} = {reader.GetValue(SqlStatisticsText.FirstMetric + metric)} "
        + $"in the row of '{reader.GetString(0)}', {reader.GetInt32(1)}, which is no {expected}; mend it.");

    private async ValueTask<SqlStatisticsText> TextAsync(StatisticsTable table, CancellationToken cancellationToken) => _text.GetOrAdd(
        (table, await NamesOfAsync(table, cancellationToken)), static (key, dialect) => new SqlStatisticsText(key.Table, key.Names, dialect), database.Dialect);

    private async ValueTask<StatisticsNames> NamesOfAsync(StatisticsTable table, CancellationToken cancellationToken)
    {
        IReadOnlyList<Declaration> incomplete = _incomplete ??= [.. (await declarations.ListAsync(cancellationToken)).Where(known => !known.IsComplete)];
        return incomplete.Count == 0 ? new StatisticsNames(table.Name, "") : new StatisticsNames(
            incomplete.FirstOrDefault(known => known.Column is null && string.Equals(known.Table, table.Name, StringComparison.Ordinal))?.TableNow ?? table.Name,
            string.Join(' ', incomplete.Where(known => known.Column is not null && string.Equals(known.Table, table.Page.Table, StringComparison.Ordinal))
                .Select(known => known.Column)));
    }
}
