using System.Globalization;
using Microsoft.Data.Sqlite;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>The schema's numbered steps. Append to them; never change one that was released.</summary>
internal sealed class SqliteMigrations(SqliteDatabase database)
{
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE dataload_fixed (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

        CREATE TABLE dataload_node (node_id TEXT NOT NULL PRIMARY KEY, address TEXT NOT NULL, secret TEXT NOT NULL) WITHOUT ROWID;

        CREATE TABLE dataload_lease (shard_id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, node_id TEXT NULL);

        CREATE TABLE dataload_journal (
            shard_id INTEGER NOT NULL,
            first_seq INTEGER NOT NULL,
            last_seq INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            journaled_at INTEGER NOT NULL,
            bytes BLOB NOT NULL,
            PRIMARY KEY (shard_id, first_seq));

        CREATE TABLE dataload_snapshot (
            shard_id INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            key BLOB NOT NULL,
            seq_nr INTEGER NOT NULL,
            bytes BLOB NOT NULL,
            PRIMARY KEY (shard_id, kind, key));

        CREATE TABLE dataload_checkpoint (shard_id INTEGER PRIMARY KEY, seq_nr INTEGER NOT NULL, baseline_seq_nr INTEGER NOT NULL);

        CREATE TABLE dataload_parked (
            id BLOB NOT NULL PRIMARY KEY,
            stream TEXT NOT NULL,
            due_ms INTEGER NOT NULL,
            tries INTEGER NOT NULL,
            message BLOB NOT NULL);

        CREATE INDEX dataload_parked_due ON dataload_parked (stream, due_ms, id);
        """,
        """
        CREATE TABLE dataload_audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at_ms INTEGER NOT NULL,
            node TEXT NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            target TEXT NOT NULL,
            detail TEXT NOT NULL,
            outcome TEXT NOT NULL);

        CREATE TABLE dataload_paused_stream (stream TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID;
        """,
    ];

    /// <summary>Runs the steps that the database lacks, each in a transaction of its own.</summary>
    /// <exception cref="StoreException">The schema is newer than this program, or a step fails.</exception>
    public async ValueTask MigrateAsync(CancellationToken cancellationToken)
    {
        await database.CreateAsync(cancellationToken).ConfigureAwait(false);
        while (await database.WriteAsync(StepOnce, cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>What is wrong with the schema, or null.</summary>
    public async ValueTask<string?> CheckAsync(CancellationToken cancellationToken)
    {
        if (!database.File.Exists)
        {
            return $"The SQLite database {database.File.Path} does not exist; start the engine once to make it.";
        }

        long version = await database.ReadAsync(Version, cancellationToken).ConfigureAwait(false);
        return version == Steps.Length ? null
            : version > Steps.Length ? Newer(version)
            : $"The schema of the SQLite database {database.File.Path} has version {version}, this program needs {Steps.Length}; start the engine once to migrate it.";
    }

    /// <summary>The version of the schema; 0 where there is none.</summary>
    internal static long Version(SqliteSession session)
    {
        using (SqliteStatement exists = session.Use("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'dataload_migration'"))
        {
            if (exists.Scalar() == 0)
            {
                return 0;
            }
        }

        using SqliteStatement select = session.Use("SELECT max(number) FROM dataload_migration");
        return select.Scalar();
    }

    private bool StepOnce(SqliteSession session)
    {
        long version = Version(session);
        if (version > Steps.Length)
        {
            throw new StoreException(Newer(version));
        }

        if (version == Steps.Length)
        {
            return false;
        }

        try
        {
            if (version == 0)
            {
                session.Run("CREATE TABLE IF NOT EXISTS dataload_migration (number INTEGER PRIMARY KEY, applied_at TEXT NOT NULL)");
            }

            session.Run(Steps[version]);
        }
        catch (SqliteException e) when (e.SqliteErrorCode == SQLitePCL.raw.SQLITE_ERROR)
        {
            throw new StoreException(
                $"Migration {version + 1} of the SQLite database {database.File.Path} fails: {e.Message} Nothing was changed; rename what stands in its way.", e);
        }

        string now = database.Options.TimeProvider.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        using SqliteStatement insert = session.Use("INSERT INTO dataload_migration (number, applied_at) VALUES (?1, ?2)");
        insert.Bind(1, version + 1).Bind(2, now).Execute();
        return true;
    }

    private string Newer(long version) =>
        $"The schema of the SQLite database {database.File.Path} has version {version}, this program knows {Steps.Length}; run a newer DataLoad.";
}
