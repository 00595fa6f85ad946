using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;
using LinqToDB.Data;

namespace DataLoad.Engine.Storage;

/// <summary>The statements on one page's table, written once.</summary>
internal sealed class SqlStatisticsText
{
    /// <summary>The place of the first metric in <see cref="Columns"/>.</summary>
    public const int FirstMetric = 4;

    private const string OnKey = "t.topic_type = w.topic_type AND t.topic_id = w.topic_id AND t.stat_date = w.stat_date";

    private static readonly RowShape AdoptShape = new(IsFenced: false, ["topic_type", "topic_id", "stat_date"]);
    private static readonly RowShape RemoveShape = new(IsFenced: true, ["partition_id", "epoch", "topic_type", "topic_id", "stat_date", "seq_nr"]);

    public SqlStatisticsText(Page page, SqlDialect dialect)
    {
        Table = dialect.Quote(page.Table);
        Key = $"{dialect.ByCodePoint("topic_type")}, topic_id, stat_date";
        IEnumerable<string> metrics = page.Metrics.Select(metric =>
            dialect.Read($"COALESCE({dialect.Quote(metric.Column)}, 0)", metric.Kind == MetricKind.Amount ? "text" : "bigint"));
        IEnumerable<string> key = [dialect.Read("topic_type", "text"), dialect.Read("topic_id", "int"), dialect.Read("stat_date", "date")];
        Columns = string.Join(", ", [.. key, dialect.Read("seq_nr", "bigint"), .. metrics]);
        Flush = MakeFlush(page, dialect, "<");
        Correct = MakeFlush(page, dialect, "<=");
        Adopt = dialect.Update(Table, AdoptShape, "seq_nr = 0", $"{OnKey} AND t.seq_nr IS NULL");
        Remove = dialect.Delete(Table, RemoveShape, $"{OnKey} AND t.seq_nr = w.seq_nr");
    }

    public string Table { get; }

    /// <summary>The key's columns as they are ordered.</summary>
    public string Key { get; }

    /// <summary>Key, SequenceNr and, from <see cref="FirstMetric"/> on, the metrics.</summary>
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
    public static BatchColumn[] KeyColumns(IReadOnlyList<StatisticsRow> rows) =>
        [RowBatch.Of(rows, row => row.TopicType), RowBatch.Of(rows, row => row.TopicId), RowBatch.Of(rows, row => DateOnly.FromDayNumber(row.Day))];

    private string MakeFlush(Page page, SqlDialect dialect, string older)
    {
        var shape = new RowShape(IsFenced: true, ["partition_id", "epoch", "topic_type", "topic_id", "stat_date", "seq_nr"], page.Metrics.Length);
        IEnumerable<(string, string)> metrics = page.Metrics.Select((metric, i) =>
            (dialect.Quote(metric.Column), metric.Kind == MetricKind.Amount ? dialect.Amount(dialect.Number(shape, i)) : dialect.Number(shape, i)));
        return dialect.Upsert(
            Table,
            shape,
            [
                ("topic_type", "w.topic_type"), ("topic_id", "w.topic_id"), ("stat_date", "w.stat_date"),
                ("seq_nr", "w.seq_nr"), ("update_time", "CURRENT_TIMESTAMP"), .. metrics,
            ],
            keys: 3,
            changed: ..,
            condition: $"t.seq_nr IS NULL OR t.seq_nr {older} excluded.seq_nr");
    }
}

/// <summary>A filter as the condition of a query, with its parameters.</summary>
internal sealed class SqlStatisticsFilter
{
    private readonly List<string> _conditions = [];
    private readonly List<DataParameter> _parameters = [];

    public SqlStatisticsFilter(SqlDialect dialect, StatisticsFilter filter, string? search = null)
    {
        AddGiven("topic_type = @type", filter.TopicType is { } type ? DataParameter.Text("type", type) : null);
        AddGiven("topic_id = @id", filter.TopicId is { } id ? DataParameter.Int32("id", id) : null);
        AddGiven("stat_date >= @first", filter.From is { } from ? dialect.Day("first", Within(from)) : null);
        AddGiven("stat_date <= @final", filter.To is { } to ? dialect.Day("final", Within(to)) : null);
        AddGiven(
            dialect.Contains("lower(topic_type || '/' || topic_id)", "@search"),
            search is null ? null : DataParameter.Text("search", search.ToLowerInvariant()));
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

/// <summary>Creates a page's table, or completes one that others made, without touching what else it holds. No right is needed for what is complete.</summary>
internal sealed class SqlStatisticsTable(SqlDatabase database, Page page)
{
    private static readonly string[] Key = ["topic_type", "topic_id", "stat_date"];

    private SqlDialect Dialect => database.Dialect;

    /// <exception cref="StoreException">The table cannot serve, or cannot be completed; the message holds the remedy.</exception>
    public async ValueTask EnsureAsync(CancellationToken cancellationToken)
    {
        if ((await database.ReadAsync(MissingAsync, cancellationToken)).Count > 0)
        {
            await database.TransactAsync(CompleteAsync, cancellationToken);
        }

        await database.ReadAsync((db, token) => Dialect.OptimizeAsync(db, page, token), cancellationToken);
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
        IReadOnlyList<string> found = await Dialect.FindWarningsAsync(db, page.Table, cancellationToken);
        IEnumerable<string> narrow = (await Dialect.ColumnsAsync(db, page.Table, cancellationToken))
            .Where(column => RoleOf(column) == StatisticsColumn.Count && Dialect.IsNarrow(column))
            .Select(column => $"counts in the column '{column.Name}' of type {column.Type}: a row whose count passes what that holds is not written any more, "
                + "and named; make it bigint");
        return found.Concat(narrow).Select(what => $"{database.Name}: the table '{page.Table}' {what}.");
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
                $"{database.Name}: the table '{page.Table}' holds several rows for one topic and day, so its key cannot be made unique. "
                + "Merge the rows that GROUP BY topic_type, topic_id, stat_date HAVING count(*) > 1 shows, then start again.",
                e);
        }
        catch (Exception e) when (Dialect.ExplainSchemaChange(e, statements) is { } why)
        {
            throw new StoreException($"{database.Name}: the statistics table '{page.Table}' cannot be completed: {why}", e);
        }
    }

    private async Task<List<string>> MissingAsync(DataConnection db, CancellationToken cancellationToken)
    {
        var columns = (await Dialect.ColumnsAsync(db, page.Table, cancellationToken)).ToDictionary(column => column.Name, StringComparer.OrdinalIgnoreCase);
        if (columns.Count == 0)
        {
            return [CreateTable()];
        }

        if (await Dialect.FindUnfitTableAsync(db, page.Table, cancellationToken) is { } why)
        {
            throw Unfit(why);
        }

        Check(columns);
        List<string> added = [.. page.Metrics.Where(metric => !columns.ContainsKey(metric.Column)).Select(Declare)];
        if (!columns.ContainsKey("update_time"))
        {
            added.Add($"update_time {Dialect.AddedUpdateTime}");
        }

        if (!columns.ContainsKey("seq_nr"))
        {
            added.Add("seq_nr bigint NULL");
        }

        // A column a statement: not every database adds several at once.
        List<string> statements = added.ConvertAll(declaration => $"ALTER TABLE {Dialect.Quote(page.Table)} ADD COLUMN {declaration}");
        if (!await Dialect.HasUniqueKeyAsync(db, page.Table, Key, cancellationToken))
        {
            statements.Add(Dialect.CreateKey(page));
        }

        return statements;
    }

    private string CreateTable() =>
        $"CREATE TABLE {Dialect.Quote(page.Table)} ({Dialect.StatisticsKey}{string.Concat(page.Metrics.Select(metric => $", {Declare(metric)}"))}, "
        + $"update_time {Dialect.UpdateTime}, seq_nr bigint NULL, PRIMARY KEY ({string.Join(", ", Key)})){Dialect.StatisticsTableOptions}";

    private string Declare(Metric metric) =>
        $"{Dialect.Quote(metric.Column)} {(metric.Kind == MetricKind.Amount ? "decimal(18,2)" : "bigint")} NOT NULL DEFAULT 0";

    private void Check(Dictionary<string, TableColumn> columns)
    {
        if (Key.FirstOrDefault(key => !columns.ContainsKey(key)) is { } missing)
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
            else if (role == StatisticsColumn.TopicType && column.Collation is { } collation)
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
        _ => page.Metrics.FirstOrDefault(metric => string.Equals(metric.Column, column.Name, StringComparison.OrdinalIgnoreCase)) is { } metric
            ? metric.Kind == MetricKind.Amount ? StatisticsColumn.Amount : StatisticsColumn.Count
            : null,
    };

    private StoreException Unfit(string why) => new($"{database.Name}: the table '{page.Table}' {why}.");
}
