using DataLoad.Engine.Contract;
using LinqToDB.Data;

namespace DataLoad.Engine.Storage;

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
                throw Unfit($"has a column '{column.Name}' of type {column.Type} where {needed} is needed; change its type");
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
