using System.Collections.Frozen;
using System.Data.Common;
using System.Globalization;
using DataLoad.Engine.Contract;
using LinqToDB;
using LinqToDB.Data;
using LinqToDB.DataProvider.PostgreSQL;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>PostgreSQL's SQL. Rows come as an array a column, so that any number of them is one statement with one plan.</summary>
internal sealed class PostgreSqlDialect : SqlDialect
{
    // Connections, states and rights of the session, names, deadlocks, resources, objects in use, stops, the server's own faults.
    private static readonly FrozenSet<string> s_neverOfRow =
        FrozenSet.Create(StringComparer.Ordinal, "08", "25", "28", "3D", "3F", "40", "42", "53", "55", "57", "58", "F0", "XX");

    private const int OldestServer = 120_000;
    private const int LongestTopicType = 64;
    private const int LongestPartText = 128;

    // How many digits the largest number of each kind has that the engine counts to, before the point.
    private const int CountDigits = 19;
    private const int TopicIdDigits = 10;
    private const int AmountDigits = 16;

    public override string Bytes => "bytea";
    public override string Identity => "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
    public override string StatisticsKey => "topic_type varchar(64) COLLATE \"C\" NOT NULL, topic_id int NOT NULL, stat_date date NOT NULL";
    public override string StatisticsTableOptions => " WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)";
    public override string UpdateTime => "timestamptz NOT NULL DEFAULT now()";

    // Blocks and states are compressed or dense already, so the server need not try (EXTERNAL). A block up to 8 kB stays
    // in its row (toast_tuple_target), which spares an append two more tables' worth of writes. Tables whose rows are
    // rewritten leave room on their pages, so that an update needs no new index entry.
    public override string Tuning =>
        """
        ALTER TABLE dataload_partition SET (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);
        ALTER TABLE dataload_snapshot SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_scale_factor = 0.05);
        ALTER TABLE dataload_parked SET (autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_scale_factor = 0.05);
        ALTER TABLE dataload_snapshot ALTER bytes SET STORAGE EXTERNAL;
        ALTER TABLE dataload_parked ALTER message SET STORAGE EXTERNAL;
        """;

    public override string JournalTables =>
        """
        CREATE TABLE journal (
            ordering bigint GENERATED ALWAYS AS IDENTITY,
            created bigint NOT NULL,
            deleted boolean NOT NULL,
            persistence_id text NOT NULL,
            sequence_number bigint NOT NULL,
            message bytea NOT NULL,
            tags text NULL,
            manifest text NULL,
            identifier int NULL,
            writer_uuid text NULL,
            CONSTRAINT "PK_journal" PRIMARY KEY (ordering),
            CONSTRAINT journal_uq UNIQUE (persistence_id, sequence_number))
            WITH (toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_scale_factor = 0.05);

        ALTER TABLE journal ALTER message SET STORAGE EXTERNAL;

        CREATE TABLE snapshot (
            persistence_id text NOT NULL,
            sequence_number bigint NOT NULL,
            created bigint NOT NULL,
            snapshot bytea NULL,
            manifest text NULL,
            serializer_id int NULL,
            CONSTRAINT "PK_snapshot" PRIMARY KEY (persistence_id, sequence_number));
        """;

    public override string LeaseTables =>
        """
        CREATE TABLE dataload_node (
            node_id text NOT NULL PRIMARY KEY,
            address text NOT NULL,
            secret text NOT NULL,
            application_name text NOT NULL,
            lock_key bigint NOT NULL,
            lease_until timestamptz NOT NULL)
            WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);

        CREATE TABLE dataload_lease (shard_id int NOT NULL PRIMARY KEY, node_id text NULL) WITH (fillfactor = 50);
        """;

    public override string ClusterTables =>
        """
        DROP TABLE dataload_lease;

        DROP TABLE dataload_node;

        CREATE TABLE dataload_node (
            node_id text NOT NULL PRIMARY KEY,
            address text NOT NULL,
            secret text NOT NULL,
            cluster_address text NOT NULL,
            uid bigint NOT NULL,
            protocol int NOT NULL,
            state int NOT NULL,
            application_name text NOT NULL,
            lock_key bigint NOT NULL,
            lease_until timestamptz NOT NULL)
            WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);

        CREATE TABLE dataload_cluster (generation bigint NOT NULL);

        INSERT INTO dataload_cluster (generation) VALUES (0);

        CREATE TABLE dataload_lease (name text NOT NULL PRIMARY KEY, node_id text NOT NULL, held_until timestamptz NOT NULL);
        """;

    public override string Holds => PostgreSqlFence.Holds;

    protected override string Rows(RowShape shape) => string.Create(
        CultureInfo.InvariantCulture,
        $"unnest({Join(Enumerable.Range(1, shape.Names.Length).Select(i => $"${i}"))}) WITH ORDINALITY AS w ({Join(shape.Names)}, ordinality)");

    // One array for all numbers of all rows: a table of an array a number takes the server half as long again.
    public override string Number(RowShape shape, int index) => string.Create(
        CultureInfo.InvariantCulture, $"(${shape.Names.Length + 1})[(w.ordinality::int - 1) * {shape.Numbers} + {index + 1}]");

    public override string Amount(string hundredths) => $"{hundredths} * 0.01";
    public override string Read(string expression, string type) => $"{expression}::{type}";
    public override string SumOfAmounts(string column) => $"(COALESCE(sum({column}), 0) * 100)::bigint";
    public override string SumOfCounts(string column) => $"COALESCE(sum({column}), 0)::bigint";
    public override string ByCodePoint(string expression) => $"{expression} COLLATE \"C\"";
    public override string Contains(string text, string parameter) => $"position({parameter} IN {text}) > 0";
    public override DataParameter Day(string name, int dayNumber) => new(name, DateOnly.FromDayNumber(dayNumber), DataType.Date);

    public override bool TryReadDay(DbDataReader reader, int ordinal, out int dayNumber)
    {
        dayNumber = reader.GetFieldValue<DateOnly>(ordinal).DayNumber;
        return true;
    }

    public override (string Condition, DataParameter Parameter) OneOf(string column, string parameter, IReadOnlyList<byte[]> keys) =>
        ($"{column} = ANY (@{parameter})", new DataParameter(parameter, keys as byte[][] ?? [.. keys]));

    public override IQueryable<T> SkipLocked<T>(IQueryable<T> rows) => rows.AsPostgreSQL().ForUpdateSkipLockedHint();

    public override string CreateKey(string table, IEnumerable<string> key) =>
        $"CREATE UNIQUE INDEX ON {Quote(table)} (topic_type COLLATE \"C\", {Join(key.Skip(1))})";

    public override async Task<IReadOnlyList<TableColumn>> ColumnsAsync(DataConnection db, string table, CancellationToken cancellationToken) =>
        await db.QueryToListAsync(
            reader => new TableColumn(
                reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3), reader.GetInt32(4),
                reader.IsDBNull(5) ? null : reader.GetString(5), reader.GetBoolean(6), reader.GetInt32(7) >> 16, (short)reader.GetInt32(7)),
            """
            SELECT a.attname::text, coalesce(b.typname, t.typname)::text, t.typcategory::text,
                a.attnotnull AND NOT (a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> ''),
                CASE WHEN coalesce(b.typname, t.typname) = 'varchar' THEN greatest(a.atttypmod, t.typtypmod, 4) - 4 ELSE 0 END,
                (SELECT min(c.collname::text) FROM pg_collation c WHERE NOT c.collisdeterministic AND (c.oid = a.attcollation OR c.oid IN (
                    SELECT i.indcollation[k] FROM pg_index i, generate_subscripts(i.indcollation, 1) k
                    WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indkey[k] = a.attnum))),
                a.attgenerated <> '' OR a.attidentity = 'a',
                CASE WHEN coalesce(b.typname, t.typname) = 'numeric' THEN greatest(a.atttypmod, t.typtypmod, 4) - 4 ELSE 0 END
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype
            WHERE a.attrelid = to_regclass(@table) AND a.attnum > 0 AND NOT a.attisdropped
            """,
            cancellationToken,
            DataParameter.Text("table", Quote(table)));

    public override Task<bool> HasUniqueKeyAsync(DataConnection db, string table, IReadOnlyList<string> columns, CancellationToken cancellationToken) =>
        db.ExecuteAsync<bool>(
            """
            SELECT EXISTS (
                SELECT FROM pg_index i
                WHERE i.indrelid = to_regclass(@table) AND i.indisunique AND i.indisvalid AND i.indimmediate
                    AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnkeyatts = cardinality(@columns)
                    AND (SELECT array_agg(a.attname::text ORDER BY a.attname COLLATE "C") FROM pg_attribute a
                         WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])) = @columns)
            """,
            cancellationToken,
            DataParameter.Text("table", Quote(table)),
            new DataParameter("columns", columns.Order(StringComparer.Ordinal).ToArray()));

    /// <summary>Pages are read in the order of code points, so that an index in it spares a sort a page where the key of a table is in another one.</summary>
    /// <remarks>Without the right to make one it goes on being sorted.</remarks>
    public override async Task<bool> OptimizeAsync(DataConnection db, string table, CancellationToken cancellationToken)
    {
        bool ordered = await db.ExecuteAsync<bool>(
            """
            SELECT EXISTS (
                SELECT FROM pg_index i
                JOIN pg_collation c ON c.oid = i.indcollation[0]
                JOIN pg_database d ON d.datname = current_database()
                WHERE i.indrelid = to_regclass(@table) AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
                    AND (c.collname IN ('C', 'POSIX') OR c.collname = 'default' AND d.datcollate IN ('C', 'POSIX'))
                    AND (SELECT array_agg(a.attname::text ORDER BY k.at) FROM unnest(i.indkey[0:2]) WITH ORDINALITY k (attnum, at)
                         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum) = ARRAY['topic_type', 'topic_id', 'stat_date'])
            """,
            cancellationToken,
            DataParameter.Text("table", Quote(table)));
        try
        {
            if (!ordered)
            {
                await db.ExecuteAsync($"CREATE INDEX ON {Quote(table)} (topic_type COLLATE \"C\", topic_id, stat_date)", cancellationToken);
            }

            return true;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege)
        {
            // Slower, not wrong.
            return false;
        }
    }

    public override string ExactCollation => "COLLATE \"C\"";

    public override async Task<string?> FindUnfitAsync(DataConnection db, string name, CancellationToken cancellationToken)
    {
        string encoding = await db.ExecuteAsync<string>("SELECT getdatabaseencoding()::text", cancellationToken);
        return encoding is "UTF8" ? null
            : $"{name} has the encoding {encoding}, in which texts are not kept or counted as they are: make a database with the encoding UTF8 "
                + "(CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0), move the tables there, and name it in dataload.store.connection.";
    }

    public override string? Unfit(TableColumn column, StatisticsColumn needed) => needed switch
    {
        // Others of the category are padded (bpchar), cut (name) or compared without case (citext).
        StatisticsColumn.TopicType => column.Type is "text" || (column.Type is "varchar" && column.Length is 0 or >= LongestTopicType) ? null
            : $"text or varchar({LongestTopicType})",
        // Others are too small, or round what is written.
        StatisticsColumn.PartText => column.Type is "text" || (column.Type is "varchar" && column.Length is 0 or >= LongestPartText) ? null
            : $"text or varchar({LongestPartText})",
        StatisticsColumn.TopicId or StatisticsColumn.PartId => column.Type is "int4" or "int8" || HoldsDigits(column, TopicIdDigits, decimals: 0) ? null : "int",
        StatisticsColumn.Day => column.Type is "date" ? null : "date",
        StatisticsColumn.Count => column.Type is "int4" or "int8" || HoldsDigits(column, CountDigits, decimals: 0) ? null : "bigint",
        StatisticsColumn.Amount => HoldsDigits(column, AmountDigits, decimals: 2) ? null : "decimal(18,2)",
        StatisticsColumn.UpdateTime => column.Type is "timestamptz" or "timestamp" ? null : "timestamptz",
        _ => column.Type is "int8" ? null : "bigint",
    };

    public override bool IsNarrow(TableColumn column) => column.Type is "int4";

    public override async Task<string?> FindUnfitTableAsync(DataConnection db, string table, CancellationToken cancellationToken)
    {
        (string kind, string persistence, bool hidesRows) = (await db.QueryToListAsync(
            reader => (reader.GetString(0), reader.GetString(1), reader.GetBoolean(2)),
            "SELECT relkind::text, relpersistence::text, row_security_active(oid) FROM pg_class WHERE oid = to_regclass(@table)",
            cancellationToken,
            DataParameter.Text("table", Quote(table)))).Single();
        return kind is not ("r" or "p")
            ? $"is {KindOf(kind)}, where a table is needed: rename it so that the table is created, or name another schema first in the search_path"
            : persistence is "u" ? "is UNLOGGED, and the server empties it after a crash: ALTER TABLE … SET LOGGED"
            : hidesRows ? "has row security in force for this role, which may hide or refuse rows: exempt the role (its owner, BYPASSRLS), or turn it off"
            : null;
    }

    public override async Task<IReadOnlyList<string>> FindWarningsAsync(DataConnection db, string table, CancellationToken cancellationToken) =>
        await db.QueryToListAsync(
            reader => $"has the trigger '{reader.GetString(0)}': what it changes in a row or keeps from being written, 'dataload verify' shows as a difference",
            "SELECT tgname::text FROM pg_trigger WHERE tgrelid = to_regclass(@table) AND NOT tgisinternal AND tgenabled <> 'D' ORDER BY tgname",
            cancellationToken,
            DataParameter.Text("table", Quote(table)));

    public override async Task LockSchemaAsync(DataConnection db, string name, CancellationToken cancellationToken)
    {
        const string lockKey = "7233190438313615716";
        await db.ExecuteAsync($"SELECT pg_advisory_xact_lock({lockKey})", cancellationToken);
        int server = await db.ExecuteAsync<int>("SELECT current_setting('server_version_num')::int", cancellationToken);
        if (server < OldestServer)
        {
            throw new StoreException($"{name} is version {server / 10_000}; PostgreSQL 12 or later is needed.");
        }
    }

    public override string? ExplainSchemaChange(Exception error, string statement) => error switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidSchemaName } denied =>
            $"the role may not do it ({denied.MessageText}). Grant it CREATE on the first schema of its search_path and ownership of the tables, "
            + $"or run as a role that has both: {statement}",

        // As a partitioned table that takes no such key: it stays so, however often it is tried.
        PostgresException { SqlState: ['0', 'A', ..] or ['4', '2', ..] } refused => $"the server refuses ({refused.MessageText}): {statement}",
        _ => null,
    };

    private static bool HoldsDigits(TableColumn column, int digits, int decimals) =>
        column.Type is "numeric" && (column.Precision == 0 || (column.Scale >= decimals && column.Precision - column.Scale >= digits));

    private static string KindOf(string kind) => kind switch
    {
        "v" => "a view",
        "m" => "a materialized view",
        "f" => "a foreign table",
        _ => "something else",
    };

    public override bool IsDuplicate(Exception error) => error is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    /// <summary>A trigger may raise whatever it likes, so only what is never of a row is told apart. A time-out may be that of a row which somebody has locked.</summary>
    public override bool IsOfRow(Exception error) => error switch
    {
        PostgresException refused => refused.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.InsufficientPrivilege
            || !s_neverOfRow.Contains(refused.SqlState[..2]),
        NpgsqlException { InnerException: TimeoutException } => true,
        _ => false,
    };
}
