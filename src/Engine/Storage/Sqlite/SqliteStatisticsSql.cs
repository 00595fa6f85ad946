using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>The statements for a page's statistics table.</summary>
internal static class SqliteStatisticsSql
{
    /// <summary>The condition that means one row: parameters 1 to 3.</summary>
    public const string KeyIs = "topic_type = ?1 AND topic_id = ?2 AND stat_date = ?3";

    /// <summary>The condition that means the rows that the engine did not write.</summary>
    public const string Foreign = "seq_nr IS NULL";

    /// <summary>The columns of the primary key.</summary>
    public static readonly string[] Key = ["topic_type", "topic_id", "stat_date"];

    private const string KeyColumns = "topic_type, topic_id, stat_date";

    /// <summary>A name, quoted.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>The declaration of a metric's column.</summary>
    public static string Declare(Metric metric) =>
        $"{Quote(metric.Column)} {(metric.Kind == MetricKind.Amount ? "decimal(18,2)" : "bigint")} NOT NULL DEFAULT 0";

    /// <summary>Creates the table.</summary>
    public static string Create(Page page) =>
        $"""
        CREATE TABLE {Quote(page.Table)} (
            topic_type varchar(64) NOT NULL,
            topic_id int NOT NULL,
            stat_date date NOT NULL,
            {string.Concat(page.Metrics.Select(metric => $"{Declare(metric)}, "))}
            update_time datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
            seq_nr bigint NULL,
            PRIMARY KEY (topic_type, topic_id, stat_date))
        """;

    /// <summary>
    /// Writes one row unless the one that is there holds at a higher SequenceNr, or at an equal one when not correcting.
    /// Parameters: the key, the metrics, update_time, seq_nr.
    /// </summary>
    public static string Upsert(Page page, bool correct)
    {
        var sql = new StringBuilder($"INSERT INTO {Quote(page.Table)} ({KeyColumns}");
        foreach (Metric metric in page.Metrics)
        {
            sql.Append(", ").Append(Quote(metric.Column));
        }

        sql.Append(", update_time, seq_nr) VALUES (?1");
        for (int i = 2; i <= Key.Length + page.Metrics.Length + 2; i++)
        {
            sql.Append(", ?").Append(i);
        }

        sql.Append($") ON CONFLICT ({KeyColumns}) DO UPDATE SET update_time = excluded.update_time, seq_nr = excluded.seq_nr");
        foreach (Metric metric in page.Metrics)
        {
            string column = Quote(metric.Column);
            sql.Append(", ").Append(column).Append(" = excluded.").Append(column);
        }

        string table = Quote(page.Table);
        sql.Append($" WHERE {table}.seq_nr IS NULL OR {table}.seq_nr {(correct ? "<=" : "<")} excluded.seq_nr");
        return sql.ToString();
    }

    /// <summary>
    /// A page of rows in key order: the key, seq_nr, the metrics. Parameters 1 to 3 are the key to go on after, the others
    /// as <see cref="Filter"/> says, the last one is the limit.
    /// </summary>
    public static string Select(Page page, string filter, bool after, int limitParameter) =>
        $"""
        SELECT {KeyColumns}, seq_nr{string.Concat(page.Metrics.Select(metric => $", {Quote(metric.Column)}"))}
        FROM {Quote(page.Table)}
        WHERE {filter}{(after ? $" AND ({KeyColumns}) > (?1, ?2, ?3)" : "")}
        ORDER BY {KeyColumns} LIMIT ?{limitParameter}
        """;

    /// <summary>The condition of a filter: parameters 4 topic_type, 5 topic_id, 6 first day, 7 last day.</summary>
    public static string Filter(StatisticsFilter filter)
    {
        var sql = new StringBuilder("1");
        sql.Append(filter.TopicType is null ? "" : " AND topic_type = ?4");
        sql.Append(filter.TopicId is null ? "" : " AND topic_id = ?5");
        sql.Append(filter.From is null ? "" : " AND stat_date >= ?6");
        sql.Append(filter.To is null ? "" : " AND stat_date <= ?7");
        return sql.ToString();
    }
}
