using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;
using LinqToDB.Data;

namespace DataLoad.Engine.Storage;

/// <summary>What a statistics table and its columns are called by now.</summary>
/// <param name="Table">The table.</param>
/// <param name="Incomplete">The columns of metrics that have another name until their past is computed, by their own, apart by spaces.</param>
internal readonly record struct StatisticsNames(string Table, string Incomplete)
{
    /// <summary>What the column of a metric is called.</summary>
    public string Of(Metric metric) => Incomplete.Length > 0 && Incomplete.Split(' ').Contains(metric.Column, StringComparer.Ordinal)
        ? Declaration.IncompleteColumn(metric.Column) : metric.Column;
}

/// <summary>The statements on one statistics table, written once.</summary>
internal sealed class SqlStatisticsText
{
    private const int PageKeys = 3;

    /// <summary>The place of the first metric in <see cref="Columns"/>.</summary>
    public const int FirstMetric = 4;

    public SqlStatisticsText(StatisticsTable table, StatisticsNames names, SqlDialect dialect)
    {
        Page page = table.Page;
        string onKey = string.Join(" AND ", table.Key.Select(column => $"t.{column} = w.{column}"));
        Table = dialect.Quote(names.Table);
        Key = string.Join(", ", table.Key.Select(column => IsText(table, column) ? dialect.ByCodePoint(column) : column));
        IEnumerable<string> metrics = page.Metrics.Select(metric =>
            dialect.Read($"COALESCE({dialect.Quote(names.Of(metric))}, 0)", metric.Kind == MetricKind.Amount ? "text" : "bigint"));
        IEnumerable<string> key = [dialect.Read("topic_type", "text"), dialect.Read("topic_id", "int"), dialect.Read("stat_date", "date")];
        IEnumerable<string> value = table.Key.Skip(PageKeys).Select(column => dialect.Read(column, IsText(table, column) ? "text" : "int"));
        Columns = string.Join(", ", [.. key, dialect.Read("seq_nr", "bigint"), .. metrics, .. value]);
        Flush = MakeFlush(table, names, dialect, "<");
        Correct = MakeFlush(table, names, dialect, "<=");
        Adopt = dialect.Update(Table, new RowShape(IsFenced: false, [.. table.Key]), "seq_nr = 0", $"{onKey} AND t.seq_nr IS NULL");
        Remove = dialect.Delete(
            Table, new RowShape(IsFenced: true, ["partition_id", "epoch", .. table.Key, "seq_nr"]), $"{onKey} AND t.seq_nr = w.seq_nr");
    }

    public string Table { get; }

    /// <summary>The key's columns as they are ordered.</summary>
    public string Key { get; }

    /// <summary>The page's key, SequenceNr, from <see cref="FirstMetric"/> on the metrics, and behind them what else the key has.</summary>
    public string Columns { get; }

    /// <summary>Writes rows that hold at a higher SequenceNr than the stored ones.</summary>
    public string Flush { get; }

    /// <summary>Writes rows that hold at the same SequenceNr as the stored ones or a higher one.</summary>
    public string Correct { get; }

    /// <summary>Gives rows that have no SequenceNr the SequenceNr 0.</summary>
    public string Adopt { get; }

    /// <summary>Removes rows that hold at the SequenceNr that was read.</summary>
    public string Remove { get; }

    /// <summary>The columns by which a row is found.</summary>
    public static BatchColumn[] KeyColumns(StatisticsTable table, IReadOnlyList<StatisticsRow> rows)
    {
        List<BatchColumn> columns =
            [RowBatch.Of(rows, row => row.TopicType), RowBatch.Of(rows, row => row.TopicId), RowBatch.Of(rows, row => DateOnly.FromDayNumber(row.Day))];
        if (table.Breakdown is { } breakdown)
        {
            columns.Add(RowBatch.Of(rows, row => PartOf(row, table).Text));
            if (breakdown.IdColumn() is not null)
            {
                columns.Add(RowBatch.Of(rows, row => PartOf(row, table).Id));
            }
        }

        return [.. columns];
    }

    private static BreakdownValue PartOf(StatisticsRow row, StatisticsTable table) =>
        row.Part ?? throw new ArgumentException($"A row of table {table.Name} has no value of its breakdown.", nameof(row));

    private static bool IsText(StatisticsTable table, string column) =>
        column is "topic_type" || string.Equals(column, table.Breakdown?.TextColumn(), StringComparison.Ordinal);

    private static string MakeFlush(StatisticsTable table, StatisticsNames names, SqlDialect dialect, string older)
    {
        Page page = table.Page;
        var shape = new RowShape(IsFenced: true, ["partition_id", "epoch", .. table.Key, "seq_nr"], page.Metrics.Length);
        IEnumerable<(string, string)> metrics = page.Metrics.Select((metric, i) =>
            (dialect.Quote(names.Of(metric)), metric.Kind == MetricKind.Amount ? dialect.Amount(dialect.Number(shape, i)) : dialect.Number(shape, i)));
        return dialect.Upsert(
            dialect.Quote(names.Table),
            shape,
            [.. table.Key.Select(column => (column, $"w.{column}")), ("seq_nr", "w.seq_nr"), ("update_time", "CURRENT_TIMESTAMP"), .. metrics],
            keys: table.Key.Length,
            changed: ..,
            condition: $"t.seq_nr IS NULL OR t.seq_nr {older} excluded.seq_nr");
    }
}

/// <summary>A filter as the condition of a query, with its parameters.</summary>
internal sealed class SqlStatisticsFilter
{
    private readonly SqlDialect _dialect;
    private readonly List<string> _conditions = [];
    private readonly List<DataParameter> _parameters = [];

    public SqlStatisticsFilter(SqlDialect dialect, StatisticsFilter filter, string? search = null)
    {
        _dialect = dialect;
        if (filter.Part is { } part)
        {
            Add($"{part.Breakdown.TextColumn()} = @value", DataParameter.Text("value", part.Text));
            AddGiven($"{part.Breakdown.IdColumn()} = @valueId", part.Breakdown.IdColumn() is null ? null : DataParameter.Int32("valueId", part.Id));
        }

        AddGiven("topic_type = @type", filter.TopicType is { } type ? DataParameter.Text("type", type) : null);
        AddGiven("topic_id = @id", filter.TopicId is { } id ? DataParameter.Int32("id", id) : null);
        AddGiven("stat_date >= @first", filter.From is { } from ? dialect.Day("first", Within(from)) : null);
        AddGiven("stat_date <= @final", filter.To is { } to ? dialect.Day("final", Within(to)) : null);
        AddGiven(
            dialect.Contains("lower(topic_type || '/' || topic_id)", "@search"),
            search is null ? null : DataParameter.Text("search", search.ToLowerInvariant()));
    }

    /// <summary>Asks for what comes behind a row in the order of the table's key.</summary>
    public void AddAfter(StatisticsTable table, string key, StatisticsRow last)
    {
        List<DataParameter> after =
            [DataParameter.Text("topicType", last.TopicType), DataParameter.Int32("topicId", last.TopicId), _dialect.Day("day", last.Day)];
        if (last.Part is { } part)
        {
            after.Add(DataParameter.Text("partText", part.Text));
            if (table.Key.Length > after.Count)
            {
                after.Add(DataParameter.Int32("partId", part.Id));
            }
        }

        Add($"({key}) > ({string.Join(", ", after.Select(parameter => $"@{parameter.Name}"))})", after);
    }

    public string Where => _conditions.Count == 0 ? "" : $"WHERE {string.Join(" AND ", _conditions)}";

    /// <summary>The parameters; one command's each time.</summary>
    public DataParameter[] Parameters => [.. _parameters];

    public void Add(string condition, params IEnumerable<DataParameter> parameters)
    {
        _conditions.Add(condition);
        _parameters.AddRange(parameters);
    }

    private void AddGiven(string condition, DataParameter? parameter)
    {
        if (parameter is not null)
        {
            Add(condition, parameter);
        }
    }

    /// <summary>A filter may name days before the first or after the last that there are.</summary>
    private static int Within(int day) => Math.Clamp(day, DateOnly.MinValue.DayNumber, DateOnly.MaxValue.DayNumber);
}

/// <summary>Creates a statistics table, or completes one that others made, without touching what else it holds. No right is needed for what is complete.</summary>
internal sealed class SqlStatisticsTable(SqlDatabase database, StatisticsTable table, StatisticsNames names)
{
    private Page Page => table.Page;
    private SqlDialect Dialect => database.Dialect;

    /// <exception cref="StoreException">The table cannot serve, or cannot be completed; the message holds the remedy.</exception>
    public async ValueTask EnsureAsync(CancellationToken cancellationToken)
    {
        if ((await database.ReadAsync(MissingAsync, cancellationToken)).Count > 0)
        {
            await database.TransactAsync(CompleteAsync, cancellationToken);
        }

        await database.ReadAsync((db, token) => Dialect.OptimizeAsync(db, names.Table, token), cancellationToken);
    }

    /// <summary>Why the table cannot serve, with the remedy; null where it can, is not there, or can be completed. Changes nothing.</summary>
    public async Task<string?> FindUnfitAsync(DataConnection db, CancellationToken cancellationToken)
    {
        try
        {
            await MissingAsync(db, cancellationToken);
            return null;
        }
        catch (StoreException e)
        {
            return e.Message;
        }
    }

    /// <summary>What is worth knowing of the table though it can serve, a sentence each.</summary>
    public async Task<IEnumerable<string>> FindWarningsAsync(DataConnection db, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> found = await Dialect.FindWarningsAsync(db, names.Table, cancellationToken);
        IEnumerable<string> narrow = (await Dialect.ColumnsAsync(db, names.Table, cancellationToken))
            .Where(column => RoleOf(column) == StatisticsColumn.Count && Dialect.IsNarrow(column))
            .Select(column => $"counts in the column '{column.Name}' of type {column.Type}: a row whose count passes what that holds is not written any more, "
                + "and named; make it bigint");
        return found.Concat(narrow).Select(what => $"{database.Name}: the table '{names.Table}' {what}.");
    }

    private async Task<bool> CompleteAsync(DataConnection db, CancellationToken cancellationToken)
    {
        await Dialect.LockSchemaAsync(db, database.Name, cancellationToken);

        // Read again: another node may just have done it.
        List<string> missing = await MissingAsync(db, cancellationToken);
        string statements = string.Join("; ", missing);
        try
        {
            foreach (string statement in missing)
            {
                await db.ExecuteAsync(statement, cancellationToken);
            }

            return true;
        }
        catch (Exception e) when (Dialect.IsDuplicate(e))
        {
            throw new StoreException(
                $"{database.Name}: the table '{names.Table}' holds several rows for one key, so its key cannot be made unique. "
                + $"Merge the rows that GROUP BY {string.Join(", ", table.Key)} HAVING count(*) > 1 shows, then start again.",
                e);
        }
        catch (Exception e) when (Dialect.ExplainSchemaChange(e, statements) is { } why)
        {
            throw new StoreException($"{database.Name}: the statistics table '{names.Table}' cannot be completed: {why}", e);
        }
    }

    private async Task<List<string>> MissingAsync(DataConnection db, CancellationToken cancellationToken)
    {
        var columns = (await Dialect.ColumnsAsync(db, names.Table, cancellationToken)).ToDictionary(column => column.Name, StringComparer.OrdinalIgnoreCase);
        if (columns.Count == 0)
        {
            return [CreateTable(), .. CreateIndex()];
        }

        if (await Dialect.FindUnfitTableAsync(db, names.Table, cancellationToken) is { } why)
        {
            throw Unfit(why);
        }

        Check(columns);
        List<string> added = [.. Page.Metrics.Where(metric => !columns.ContainsKey(names.Of(metric))).Select(Declare)];
        if (!columns.ContainsKey("update_time"))
        {
            added.Add($"update_time {Dialect.AddedUpdateTime}");
        }

        if (!columns.ContainsKey("seq_nr"))
        {
            added.Add("seq_nr bigint NULL");
        }

        // A column a statement: not every database adds several at once.
        List<string> statements = added.ConvertAll(declaration => $"ALTER TABLE {Dialect.Quote(names.Table)} ADD COLUMN {declaration}");
        if (!await Dialect.HasUniqueKeyAsync(db, names.Table, table.Key, cancellationToken))
        {
            statements.Add(Dialect.CreateKey(names.Table, table.Key));
        }

        return statements;
    }

    private string CreateTable() =>
        $"CREATE TABLE {Dialect.Quote(names.Table)} ({Dialect.StatisticsKey}{PartKey()}{string.Concat(Page.Metrics.Select(metric => $", {Declare(metric)}"))}, "
        + $"update_time {Dialect.UpdateTime}, seq_nr bigint NULL, PRIMARY KEY ({string.Join(", ", table.Key)})){Dialect.StatisticsTableOptions}";

    private string PartKey() => table.Breakdown is not { } breakdown ? ""
        : $", {breakdown.TextColumn()} varchar({breakdown.MaxCharacters()}) {Dialect.ExactCollation} NOT NULL"
            + (breakdown.IdColumn() is { } id ? $", {id} int NOT NULL" : "");

    /// <summary>What led to what is asked from both sides.</summary>
    private IEnumerable<string> CreateIndex() => table.Breakdown is null ? []
        : [$"CREATE INDEX {Dialect.Quote(names.Table + "_value")} ON {Dialect.Quote(names.Table)} ({string.Join(", ", [.. table.Key.Skip(3), "stat_date"])})"];

    private string Declare(Metric metric) =>
        $"{Dialect.Quote(names.Of(metric))} {(metric.Kind == MetricKind.Amount ? "decimal(18,2)" : "bigint")} NOT NULL DEFAULT 0";

    private void Check(Dictionary<string, TableColumn> columns)
    {
        if (table.Key.FirstOrDefault(key => !columns.ContainsKey(key)) is { } missing)
        {
            throw Unfit($"has no column '{missing}'; add it, or rename the table so that it is created anew");
        }

        foreach (TableColumn column in columns.Values)
        {
            if (RoleOf(column) is not { } role)
            {
                if (column.IsDemanded)
                {
                    throw Unfit($"has a column '{column.Name}' that is NOT NULL without a default, so that no row could be added; give it a default");
                }
            }
            else if (Dialect.Unfit(column, role) is { } needed)
            {
                string type = column.Precision == 0 ? column.Type : $"{column.Type}({column.Precision},{column.Scale})";
                throw Unfit($"has a column '{column.Name}' of type {type} where {needed} is needed; change its type");
            }
            else if (column.IsGenerated)
            {
                throw Unfit($"has a column '{column.Name}' whose values the database generates, so that none could be written; make it a plain column");
            }
            else if (role is StatisticsColumn.TopicType or StatisticsColumn.PartText && column.Collation is { } collation)
            {
                throw Unfit($"has a column '{column.Name}' that is compared by the collation {collation}, by which different topics are one row; declare it, and the "
                    + $"unique keys that it is in, with {Dialect.ExactCollation}");
            }
        }
    }

    private StatisticsColumn? RoleOf(TableColumn column) => column.Name.ToLowerInvariant() switch
    {
        "topic_type" => StatisticsColumn.TopicType,
        "topic_id" => StatisticsColumn.TopicId,
        "stat_date" => StatisticsColumn.Day,
        "update_time" => StatisticsColumn.UpdateTime,
        "seq_nr" => StatisticsColumn.SequenceNr,
        { } text when string.Equals(text, table.Breakdown?.TextColumn(), StringComparison.Ordinal) =>
            table.Breakdown == Breakdown.Parent ? StatisticsColumn.TopicType : StatisticsColumn.PartText,
        { } text when string.Equals(text, table.Breakdown?.IdColumn(), StringComparison.Ordinal) => StatisticsColumn.PartId,
        _ => Page.Metrics.FirstOrDefault(metric => string.Equals(metric.Column, column.Name, StringComparison.OrdinalIgnoreCase)) is { } metric
            ? metric.Kind == MetricKind.Amount ? StatisticsColumn.Amount : StatisticsColumn.Count
            : null,
    };

    private StoreException Unfit(string why) => new($"{database.Name}: the table '{names.Table}' {why}.");
}
