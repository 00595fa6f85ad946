using System.Data.Common;
using System.Globalization;
using System.Text.RegularExpressions;
using DataLoad.Engine.Contract;
using LinqToDB.Data;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>SQLite's SQL. Days are kept as text <c>YYYY-MM-DD</c>, times as UTC text.</summary>
/// <remarks>Rows come one after another through a prepared statement, since a call costs next to nothing; fenced ones are left out before.</remarks>
internal sealed partial class SqliteDialect : SqlDialect
{
    private const string Exact = "BINARY";

    public override string Bytes => "BLOB";
    public override string Identity => "INTEGER PRIMARY KEY AUTOINCREMENT";
    public override string StatisticsKey => "topic_type varchar(64) NOT NULL, topic_id int NOT NULL, stat_date date NOT NULL";
    public override string UpdateTime => "datetime NOT NULL DEFAULT CURRENT_TIMESTAMP";

    // No default: SQLite adds no column whose default differs from row to row.
    public override string AddedUpdateTime => "datetime NULL";

    public override string JournalTables =>
        """
        CREATE TABLE journal (
            ordering INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            created INTEGER NOT NULL,
            deleted Bit NOT NULL,
            persistence_id NVarChar(255) NOT NULL,
            sequence_number INTEGER NOT NULL,
            message VarBinary NOT NULL,
            tags NVarChar(100) NULL,
            manifest NVarChar(500) NULL,
            identifier INTEGER NULL,
            writer_uuid NVarChar(128) NULL);

        CREATE UNIQUE INDEX journal_uq ON journal (persistence_id, sequence_number);

        CREATE TABLE snapshot (
            persistence_id NVarChar(255) NOT NULL,
            sequence_number INTEGER NOT NULL,
            created INTEGER NOT NULL,
            snapshot VarBinary NULL,
            manifest NVarChar(500) NULL,
            serializer_id INTEGER NULL,
            CONSTRAINT PK_snapshot PRIMARY KEY (persistence_id, sequence_number));
        """;

    public override string LeaseTables =>
        """
        CREATE TABLE dataload_node (node_id TEXT NOT NULL PRIMARY KEY, address TEXT NOT NULL, secret TEXT NOT NULL) WITHOUT ROWID;

        CREATE TABLE dataload_lease (shard_id INTEGER PRIMARY KEY, node_id TEXT NULL);
        """;

    public override string ClusterTables =>
        """
        DROP TABLE dataload_lease;

        DROP TABLE dataload_node;

        CREATE TABLE dataload_node (
            node_id TEXT NOT NULL PRIMARY KEY,
            address TEXT NOT NULL,
            secret TEXT NOT NULL,
            cluster_address TEXT NOT NULL,
            uid INTEGER NOT NULL,
            protocol INTEGER NOT NULL) WITHOUT ROWID;

        CREATE TABLE dataload_cluster (generation INTEGER NOT NULL);

        INSERT INTO dataload_cluster (generation) VALUES (0);
        """;

    // Reads the file's first page, which SELECT 1 would not.
    public override string Ping => "SELECT count(*) FROM sqlite_master";

    public override string Number(RowShape shape, int index) => $"w.n{index}";

    /// <summary>
    /// Money in a column of NUMERIC affinity, exactly. SQLite makes a REAL of any text that looks like a number, and a REAL keeps 15 digits. So: whole
    /// amounts are INTEGER; others are REAL as long as 15 digits hold them, which gives every SQL tool a number; beyond that, from 10^13 on, the digits are
    /// stored as a BLOB, which no affinity touches and which sorts after all numbers.
    /// </summary>
    public override string Amount(string hundredths) =>
        $"""
        CASE WHEN {hundredths} % 100 = 0 THEN {hundredths} / 100
            WHEN {hundredths} BETWEEN -999999999999999 AND 999999999999999 THEN {hundredths} / 100.0
            ELSE CAST(printf('%s%d.%02d', CASE WHEN {hundredths} < 0 THEN '-' ELSE '' END, abs({hundredths} / 100), abs({hundredths} % 100)) AS BLOB) END
        """;

    // Everything is read as it is: the type is the value's, not the column's.
    public override string Read(string expression, string type) => expression;

    public override string SumOfAmounts(string column) =>
        $"""
        COALESCE(sum(CASE typeof({column}) WHEN 'integer' THEN {column} * 100 WHEN 'real' THEN CAST(round({column} * 100) AS INTEGER)
            ELSE CAST(replace(CAST({column} AS TEXT), '.', '') AS INTEGER) END), 0)
        """;

    public override string SumOfCounts(string column) => $"COALESCE(sum({column}), 0)";
    public override string ByCodePoint(string expression) => expression;
    public override string Contains(string text, string parameter) => $"instr({text}, {parameter}) > 0";
    public override DataParameter Day(string name, int dayNumber) => DataParameter.Text(name, Text(DateOnly.FromDayNumber(dayNumber)));
    public static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public override bool TryReadDay(DbDataReader reader, int ordinal, out int dayNumber)
    {
        // Other writers may store a time with it.
        string text = reader.GetValue(ordinal) as string ?? "";
        bool read = DateOnly.TryParseExact(text.AsSpan(0, Math.Min(text.Length, 10)), "yyyy-MM-dd", out DateOnly day);
        dayNumber = day.DayNumber;
        return read;
    }

    public override (string Condition, DataParameter Parameter) OneOf(string column, string parameter, IReadOnlyList<byte[]> keys) => (
        $"{column} IN (SELECT unhex(value) FROM json_each(@{parameter}))",
        DataParameter.Text(parameter, $"[{string.Join(',', keys.Select(key => $"\"{Convert.ToHexString(key)}\""))}]"));

    public override string Upsert(
        string table, RowShape shape, IReadOnlyList<(string Column, string Value)> columns, int keys, Range changed, string? condition) =>
        $"""
        INSERT INTO {table} AS t ({Join(columns.Select(column => column.Column))})
        VALUES ({Bound(shape, Join(columns.Select(column => column.Value)))})
        {OnConflict(columns, keys, changed, condition)}
        """;

    public override string Update(string table, RowShape shape, string set, string on) =>
        $"UPDATE {table} AS t SET {Bound(shape, set)} WHERE {Bound(shape, on)}";

    public override string Delete(string table, RowShape shape, string on) => $"DELETE FROM {table} AS t WHERE {Bound(shape, on)}";

    public override string CreateKey(string table, IEnumerable<string> key) =>
        $"CREATE UNIQUE INDEX {Quote(table + "_topic_day")} ON {Quote(table)} ({Join(key)})";

    public override string ExactCollation => $"COLLATE {Exact}";

    public override async Task<IReadOnlyList<TableColumn>> ColumnsAsync(DataConnection db, string table, CancellationToken cancellationToken)
    {
        List<TableColumn> columns = await db.QueryToListAsync(
            reader => new TableColumn(
                reader.GetString(0), reader.GetString(1), "", IsDemanded: reader.GetInt64(2) == 1, Collation: reader.IsDBNull(3) ? null : reader.GetString(3)),
            $"""
            SELECT c.name, c.type, c."notnull" = 1 AND c.dflt_value IS NULL AND c.pk = 0,
                (SELECT min(i.coll) FROM pragma_index_list(@table) l, pragma_index_xinfo(l.name) i
                 WHERE l."unique" = 1 AND i.key = 1 AND i.name = c.name AND i.coll <> '{Exact}')
            FROM pragma_table_info(@table) c
            """,
            cancellationToken,
            DataParameter.Text("table", table));
        var connection = (SqliteConnection)await db.OpenDbConnectionAsync(cancellationToken);
        return columns.ConvertAll(column => column with { Collation = column.Collation ?? CollationOf(connection, table, column.Name) });
    }

    public override async Task<bool> HasUniqueKeyAsync(DataConnection db, string table, IReadOnlyList<string> columns, CancellationToken cancellationToken)
    {
        List<(string Index, string Column)> keys = await db.QueryToListAsync(
            reader => (reader.GetString(0), reader.IsDBNull(1) ? "" : reader.GetString(1)),
            """SELECT l.name, i.name FROM pragma_index_list(@table) l, pragma_index_info(l.name) i WHERE l."unique" = 1 AND l.partial = 0""",
            cancellationToken,
            DataParameter.Text("table", table));
        return keys.GroupBy(key => key.Index, key => key.Column, StringComparer.Ordinal)
            .Any(key => key.ToHashSet(StringComparer.OrdinalIgnoreCase).SetEquals(columns));
    }

    public override string? ExplainSchemaChange(Exception error, string statement) => error is SqliteException { SqliteErrorCode: raw.SQLITE_ERROR } refused
        ? $"{statement} fails: {refused.Message} Nothing was changed; rename what stands in its way, or make the change by hand."
        : null;

    public override bool IsDuplicate(Exception error) => error is SqliteException { SqliteErrorCode: raw.SQLITE_CONSTRAINT };

    public override bool IsOfRow(Exception error) =>
        error is SqliteException { SqliteErrorCode: raw.SQLITE_CONSTRAINT or raw.SQLITE_MISMATCH or raw.SQLITE_TOOBIG };

    /// <summary>A column's own collation where it takes different texts for one. No pragma tells it.</summary>
    private static string? CollationOf(SqliteConnection connection, string table, string column)
    {
        int code = raw.sqlite3_table_column_metadata(connection.Handle, "main", table, column, out _, out string collation, out _, out _, out _);
        return code != raw.SQLITE_OK || collation is Exact ? null : collation;
    }

    /// <summary>An expression for one row, whose values are parameters.</summary>
    private static string Bound(RowShape shape, string expression) => RowValue().Replace(
        expression,
        value => value.Groups["number"] is { Success: true } number
            ? $"?{shape.Names.Length + int.Parse(number.ValueSpan, CultureInfo.InvariantCulture) + 1}"
            : $"?{Array.IndexOf(shape.Names, value.Groups["name"].Value) + 1}");

    [GeneratedRegex(@"\bw\.(n(?<number>\d+)|(?<name>\w+))", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RowValue();
}
