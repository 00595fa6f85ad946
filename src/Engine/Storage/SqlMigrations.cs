using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

namespace DataLoad.Engine.Storage;

/// <summary>Brings the schema up to date: numbered steps, all that are missing in one transaction; a journal in a database of its own first.</summary>
internal sealed class SqlMigrations(SqlDatabase database)
{
    private static readonly string[] JournalKey = ["persistence_id", "sequence_number"];

    private readonly IReadOnlyList<SqlMigration> _all = SqlMigration.All(database.Dialect);

    private SqlDialect Dialect => database.Dialect;
    private bool HasJournalOfItsOwn => database.Journal != database;
    private int Latest => _all[^1].Version;

    /// <summary>Runs the migrations that are missing.</summary>
    /// <exception cref="StoreException">The schema is newer or older than this program can use, or may not or cannot be changed.</exception>
    public async ValueTask MigrateAsync(CancellationToken cancellationToken)
    {
        await database.CreateAsync(cancellationToken);
        if (await CheckAsync(cancellationToken) is null)
        {
            return;
        }

        if (HasJournalOfItsOwn)
        {
            // The store is checked first, so that one that is refused has no journal made beside it.
            await database.ReadAsync(VersionAsync, cancellationToken);
            await database.Journal.CreateAsync(cancellationToken);
            await database.Journal.TransactAsync((db, token) => RunAsync(db, migration => migration.Journal, token), cancellationToken);
            await database.TransactAsync((db, token) => RunAsync(db, migration => migration.Store, token), cancellationToken);
        }
        else
        {
            await database.TransactAsync((db, token) => RunAsync(db, migration => $"{migration.Store}\n{migration.Journal}", token), cancellationToken);
        }
    }

    /// <summary>What is wrong with the schema, or null; changes nothing.</summary>
    public async ValueTask<string?> CheckAsync(CancellationToken cancellationToken)
    {
        if (!database.Exists)
        {
            return $"{database.Name} does not exist; start the engine once to make it.";
        }

        try
        {
            return await database.ReadAsync(VersionAsync, cancellationToken) switch
            {
                null => $"{database.Name} has no DataLoad tables; start the engine once to make them, "
                    + "or check which database and schema the connection leads to.",
                int version when version < Latest =>
                    $"{database.Name} has schema version {version} and this program needs {Latest}; start the engine once to migrate it.",
                _ => null,
            };
        }
        catch (StoreException e)
        {
            return e.Message;
        }
    }

    /// <summary>What is wrong with the journal's table, or null; changes nothing.</summary>
    public async ValueTask<string?> CheckJournalAsync(CancellationToken cancellationToken)
    {
        string where = HasJournalOfItsOwn ? $"The journal beside {database.Name}" : database.Name;
        return !database.Journal.Exists ? $"{where} is missing; restore it from the backup that the store is of." : await database.Journal.ReadAsync(
            async (db, token) => !await Dialect.HasTableAsync(db, "journal", token)
                ? $"{where} has no table 'journal'; start the engine once to make it, or restore it from the backup that the store is of."
                : await Dialect.HasUniqueKeyAsync(db, "journal", JournalKey, token) ? null
                : $"{where}: the table 'journal' lacks its unique index, without which two writers could both believe to own a Partition; "
                    + $"stop all nodes and run CREATE UNIQUE INDEX journal_uq ON journal ({string.Join(", ", JournalKey)}).",
            cancellationToken);
    }

    private async Task<bool> RunAsync(DataConnection db, Func<SqlMigration, string> statements, CancellationToken cancellationToken)
    {
        string running = "";
        try
        {
            await Dialect.LockSchemaAsync(db, database.Name, cancellationToken);

            // Read again: another node may just have done it.
            int version = await VersionAsync(db, cancellationToken) ?? 0;
            foreach (SqlMigration migration in _all.Where(migration => migration.Version > version))
            {
                running = $"migration {migration.Version} ({migration.Name})";
                string first = version == 0 && migration.Version == 1 ? $"{SqlMigration.VersionTable}\n" : "";
                await db.ExecuteAsync($"{first}{statements(migration)}", cancellationToken);
                await db.InsertAsync(new MigrationRow { Version = migration.Version, Name = migration.Name }, token: cancellationToken);
            }

            return true;
        }
        catch (Exception e) when (Dialect.ExplainSchemaChange(e, running) is { } why)
        {
            throw new StoreException($"{database.Name}: the schema cannot be changed: {why}", e);
        }
    }

    /// <summary>The version of the schema, or null where there is none.</summary>
    /// <exception cref="StoreException">It is newer than this program, or of the release before it.</exception>
    private async Task<int?> VersionAsync(DataConnection db, CancellationToken cancellationToken)
    {
        IReadOnlyList<TableColumn> columns = await Dialect.ColumnsAsync(db, "dataload_migration", cancellationToken);
        if (columns.Count == 0)
        {
            return null;
        }

        // What the release before this one had, and no longer is.
        if (await Dialect.HasTableAsync(db, "dataload_checkpoint", cancellationToken))
        {
            throw new StoreException(
                $"{database.Name} was written by DataLoad 0.1, whose journal this version does not read: start over an empty store into which you have moved "
                + "the statistics tables, their seq_nr set to null, with dataload.statistics.adopt-existing-rows = true, which keeps every number and forgets "
                + "the identities seen so far, so that a message repeated from before would count again.");
        }

        int version = await db.GetTable<MigrationRow>().MaxAsync(row => (int?)row.Version, cancellationToken) ?? 0;
        return version <= Latest
            ? version
            : throw new StoreException(
                $"{database.Name} has schema version {version}, newer than the {Latest} that this program knows; use the program that migrated it.");
    }
}

/// <summary>One numbered step of the schema. A step that was released is never changed; another one is added.</summary>
internal sealed record SqlMigration(int Version, string Name, string Store, string Journal)
{
    /// <summary>The table that says which steps were done.</summary>
    public const string VersionTable =
        "CREATE TABLE dataload_migration (version integer NOT NULL PRIMARY KEY, name varchar(200) NOT NULL, "
        + "applied_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP);";

    /// <summary>All steps in order.</summary>
    public static IReadOnlyList<SqlMigration> All(SqlDialect dialect) =>
    [
        new(
            1,
            "store and journal",
            $"""
            CREATE TABLE dataload_fixed (name text NOT NULL PRIMARY KEY, value text NOT NULL);

            CREATE TABLE dataload_partition (
                partition_id integer NOT NULL PRIMARY KEY,
                epoch bigint NOT NULL,
                checkpoint bigint NOT NULL,
                baseline bigint NOT NULL);

            CREATE TABLE dataload_snapshot (
                partition_id integer NOT NULL,
                kind smallint NOT NULL,
                key {dialect.Bytes} NOT NULL,
                seq_nr bigint NOT NULL,
                bytes {dialect.Bytes} NOT NULL,
                PRIMARY KEY (partition_id, kind, key));

            CREATE TABLE dataload_parked (
                id {dialect.Bytes} NOT NULL PRIMARY KEY,
                stream text NOT NULL,
                due_ms bigint NOT NULL,
                tries integer NOT NULL,
                message {dialect.Bytes} NOT NULL);

            CREATE INDEX dataload_parked_due ON dataload_parked (stream, due_ms, id);

            CREATE TABLE dataload_audit (
                id {dialect.Identity},
                at_ms bigint NOT NULL,
                node text NOT NULL,
                actor text NOT NULL,
                action text NOT NULL,
                target text NOT NULL,
                detail text NOT NULL,
                outcome text NOT NULL);

            CREATE TABLE dataload_paused_stream (stream text NOT NULL PRIMARY KEY);

            {dialect.Tuning}
            """,
            dialect.JournalTables),
        new(2, "nodes and leases", dialect.LeaseTables, ""),
        new(3, "the cluster", dialect.ClusterTables, ""),
        new(4, "claims of parked deliveries", $"ALTER TABLE dataload_parked ADD COLUMN claim {dialect.Bytes} NULL;", ""),
        new(
            5,
            "breakdowns",
            """
            CREATE TABLE dataload_breakdown (
                table_name varchar(128) NOT NULL PRIMARY KEY,
                generation integer NOT NULL,
                is_on smallint NOT NULL,
                is_complete smallint NOT NULL);

            ALTER TABLE dataload_partition ADD COLUMN breakdowns text NOT NULL DEFAULT '';
            """,
            ""),
        new(
            6,
            "metrics",
            """
            CREATE TABLE dataload_metric (
                table_name varchar(128) NOT NULL,
                column_name varchar(128) NOT NULL,
                is_complete smallint NOT NULL,
                since_ms bigint NOT NULL,
                PRIMARY KEY (table_name, column_name));

            CREATE TABLE dataload_backfill_stop (id smallint NOT NULL PRIMARY KEY, at_ms bigint NOT NULL);
            """,
            ""),
    ];
}
