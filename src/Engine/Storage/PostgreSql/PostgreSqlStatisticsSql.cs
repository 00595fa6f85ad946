using System.Globalization;
using System.Text;
using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>The statements on one page's table, written once.</summary>
internal sealed class PostgreSqlStatisticsSql
{
    /// <summary>Keys are ordered by code point, whatever the database's collation is.</summary>
    public const string KeyOrder = "topic_type COLLATE \"C\", topic_id, stat_date";

    /// <summary>The place of the first metric in <see cref="SelectColumns"/>.</summary>
    public const int FirstMetric = 4;

    public PostgreSqlStatisticsSql(Page page)
    {
        Page = page;
        Table = Quote(page.Table);
        SelectColumns = BuildSelectColumns();
        Flush = BuildFlush(correct: false);
        Correct = BuildFlush(correct: true);
        Adopt =
            $"""
            UPDATE {Table} t SET seq_nr = 0
            FROM unnest($1, $2, $3) AS w (topic_type, topic_id, stat_date)
            WHERE t.topic_type = w.topic_type AND t.topic_id = w.topic_id AND t.stat_date = w.stat_date AND t.seq_nr IS NULL
            """;
        Remove =
            $"""
            DELETE FROM {Table} t
            USING unnest($1, $2, $3, $4, $5, $6) AS w (shard_id, epoch, topic_type, topic_id, stat_date, seq_nr)
            WHERE t.topic_type = w.topic_type AND t.topic_id = w.topic_id AND t.stat_date = w.stat_date AND t.seq_nr = w.seq_nr
                AND {PostgreSqlFence.Holds}
            """;
    }

    public Page Page { get; }

    /// <summary>The table's quoted name, found by the search path.</summary>
    public string Table { get; }

    /// <summary>Key, SequenceNr and, from <see cref="FirstMetric"/> on, the metrics.</summary>
    public string SelectColumns { get; }

    /// <summary>Writes rows that hold at a higher SequenceNr than the stored ones.</summary>
    public string Flush { get; }

    /// <summary>Writes rows that hold at the same SequenceNr as the stored ones or a higher one.</summary>
    public string Correct { get; }

    public string Adopt { get; }

    public string Remove { get; }

    /// <summary>An identifier, quoted.</summary>
    public static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A page of rows in key order, under conditions that are joined by AND.</summary>
    public string Select(IReadOnlyList<string> conditions, int rows)
    {
        string where = conditions.Count == 0 ? "" : $"WHERE {string.Join(" AND ", conditions)}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT {SelectColumns} FROM {Table} {where} ORDER BY {KeyOrder} LIMIT {rows}");
    }

    private string BuildSelectColumns()
    {
        var sql = new StringBuilder("topic_type::text, topic_id::int, stat_date::date, seq_nr::bigint");
        foreach (Metric metric in Page.Metrics)
        {
            string column = Quote(metric.Column);
            sql.Append(metric.Kind == MetricKind.Amount ? $", COALESCE({column}, 0)::numeric" : $", COALESCE({column}, 0)::bigint");
        }

        return sql.ToString();
    }

    /// <summary>
    /// The rows of one key are reduced to the highest SequenceNr, because a statement may not write a row twice, and are
    /// sorted by key, so that two writers of the same rows do not wait for each other. The metrics of all rows are one
    /// array ($7), row by row: a table of an array a metric takes the server half as long again.
    /// </summary>
    private string BuildFlush(bool correct)
    {
        var columns = new StringBuilder();
        var values = new StringBuilder();
        var updates = new StringBuilder();
        for (int i = 0; i < Page.Metrics.Length; i++)
        {
            Metric metric = Page.Metrics[i];
            string column = Quote(metric.Column);
            columns.Append(column).Append(", ");
            values.Append(CultureInfo.InvariantCulture, $"($7)[w.at + {i + 1}]").Append(metric.Kind == MetricKind.Amount ? " * 0.01, " : ", ");
            updates.Append(column).Append(" = excluded.").Append(column).Append(", ");
        }

        return
            $"""
            INSERT INTO {Table} AS t (topic_type, topic_id, stat_date, {columns}update_time, seq_nr)
            SELECT w.topic_type, w.topic_id, w.stat_date, {values}now(), w.seq_nr
            FROM (
                SELECT DISTINCT ON (w.topic_type COLLATE "C", w.topic_id, w.stat_date)
                    w.topic_type, w.topic_id, w.stat_date, w.seq_nr, (w.ordinality::int - 1) * {Page.Metrics.Length} AS at
                FROM unnest($1, $2, $3, $4, $5, $6) WITH ORDINALITY AS w (shard_id, epoch, topic_type, topic_id, stat_date, seq_nr, ordinality)
                WHERE {PostgreSqlFence.Holds}
                ORDER BY w.topic_type COLLATE "C", w.topic_id, w.stat_date, w.seq_nr DESC) w
            ON CONFLICT (topic_type, topic_id, stat_date) DO UPDATE SET {updates}update_time = now(), seq_nr = excluded.seq_nr
            WHERE t.seq_nr IS NULL OR t.seq_nr {(correct ? "<=" : "<")} excluded.seq_nr
            """;
    }
}
