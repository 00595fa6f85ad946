using DataLoad.Demo;

namespace DataLoad.Bench.Drain;

/// <summary>The hand-written consumer's tables: the statistics, identities, and the users that were counted.</summary>
internal static class HandwrittenTables
{
    public static readonly string CreateSql = $"""
        {Statistics(StatTable.ActDate)};
        {Statistics(StatTable.Bear)};
        CREATE TABLE IF NOT EXISTS seen (stream smallint, identity text, PRIMARY KEY (stream, identity));
        CREATE TABLE IF NOT EXISTS counted_user (
            topic_type varchar(64), topic_id int, stat_date date, metric smallint, wu_id int,
            PRIMARY KEY (topic_type, topic_id, stat_date, metric, wu_id));
        """;

    private static string Statistics(StatTable table) =>
        $"CREATE TABLE IF NOT EXISTS {table.Name} (topic_type varchar(64), topic_id int, stat_date date, "
        + string.Join(", ", table.Columns.Select(column => $"{column.Name} {(column.Kind == CellKind.Amount ? "decimal(18,2)" : "bigint")} NOT NULL DEFAULT 0"))
        + ", update_time timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (topic_type, topic_id, stat_date))";
}
