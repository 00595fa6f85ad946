using DataLoad.Engine.Contract;
using Microsoft.Data.Sqlite;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>Brings a page's table into shape, whoever made it, and keeps what else it holds.</summary>
internal static class SqliteStatisticsSchema
{
    /// <summary>Creates the table, or adds the columns and the unique key that it lacks.</summary>
    /// <exception cref="StoreException">A table of that name cannot be brought into shape.</exception>
    public static void Ensure(SqliteSession session, Page page)
    {
        HashSet<string> columns = Columns(session, page.Table);
        if (columns.Count == 0)
        {
            session.Run(SqliteStatisticsSql.Create(page));
            return;
        }

        foreach (string key in SqliteStatisticsSql.Key)
        {
            if (!columns.Contains(key))
            {
                throw new StoreException(
                    $"The table {page.Table} has no column {key}; its key must be topic_type, topic_id, stat_date. Rename the table, or add the column.");
            }
        }

        try
        {
            foreach (Metric metric in page.Metrics)
            {
                Add(session, page, columns, metric.Column, SqliteStatisticsSql.Declare(metric));
            }

            // No default: SQLite adds no column whose default differs from row to row.
            Add(session, page, columns, "update_time", "update_time datetime NULL");
            Add(session, page, columns, "seq_nr", "seq_nr bigint NULL");
        }
        catch (SqliteException e) when (e.SqliteErrorCode == SQLitePCL.raw.SQLITE_ERROR)
        {
            throw new StoreException($"The table {page.Table} lacks columns that cannot be added: {e.Message} Add them by hand.", e);
        }

        EnsureKey(session, page);
    }

    private static HashSet<string> Columns(SqliteSession session, string table)
    {
        var columns = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        using SqliteStatement select = session.Use("SELECT name FROM pragma_table_info(?1)");
        select.Bind(1, table);
        while (select.Step())
        {
            columns.Add(select.Text(0));
        }

        return columns;
    }

    private static void Add(SqliteSession session, Page page, HashSet<string> columns, string column, string declaration)
    {
        if (!columns.Contains(column))
        {
            session.Run($"ALTER TABLE {SqliteStatisticsSql.Quote(page.Table)} ADD COLUMN {declaration}");
        }
    }

    private static void EnsureKey(SqliteSession session, Page page)
    {
        var indexes = new List<string>();
        using (SqliteStatement select = session.Use("SELECT name FROM pragma_index_list(?1) WHERE \"unique\" = 1 AND partial = 0"))
        {
            select.Bind(1, page.Table);
            while (select.Step())
            {
                indexes.Add(select.Text(0));
            }
        }

        if (indexes.Exists(index => IsKey(session, index)))
        {
            return;
        }

        try
        {
            session.Run(
                $"CREATE UNIQUE INDEX {SqliteStatisticsSql.Quote(page.Table + "_topic_day")} ON {SqliteStatisticsSql.Quote(page.Table)} "
                + $"({string.Join(", ", SqliteStatisticsSql.Key)})");
        }
        catch (SqliteException e) when (e.SqliteErrorCode is SQLitePCL.raw.SQLITE_CONSTRAINT or SQLitePCL.raw.SQLITE_ERROR)
        {
            throw new StoreException(
                $"The table {page.Table} can get no unique key topic_type, topic_id, stat_date: {e.Message} Merge the rows that share a key.", e);
        }
    }

    private static bool IsKey(SqliteSession session, string index)
    {
        var columns = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        using SqliteStatement select = session.Use("SELECT name FROM pragma_index_info(?1)");
        select.Bind(1, index);
        while (select.Step())
        {
            columns.Add(select.Text(0));
        }

        return columns.SetEquals(SqliteStatisticsSql.Key);
    }
}
