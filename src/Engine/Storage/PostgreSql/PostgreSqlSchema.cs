using Dapper;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>Brings the engine's tables up to date, in the first schema of the search path.</summary>
internal sealed class PostgreSqlSchema(NpgsqlDataSource source, string name)
{
    /// <summary>The key of the advisory lock under which the schema is changed, one process at a time.</summary>
    public const long LockKey = 0x64_61_74_61_6c_6f_61_64;

    private const int OldestServer = 120_000;
    private const string VersionSql = "SELECT COALESCE(max(version), 0) FROM dataload_migration";

    /// <summary>Runs the migrations that are missing, all in one transaction.</summary>
    /// <exception cref="StoreException">The schema is newer than this program, or may not or cannot be changed.</exception>
    public async ValueTask MigrateAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        int? version = await FindVersionAsync(connection, cancellationToken);
        RefuseNewer(version);
        if (version == PostgreSqlMigration.Latest)
        {
            return;
        }

        try
        {
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
            await connection.ExecuteAsync(new CommandDefinition(
                "SELECT pg_advisory_xact_lock(@LockKey)", new { LockKey }, transaction, cancellationToken: cancellationToken));
            await MigrateAsync(connection, transaction, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidSchemaName)
        {
            throw new StoreException(
                $"{name}: the schema has to be changed and the role '{new NpgsqlConnectionStringBuilder(connection.ConnectionString).Username}' may not ({e.MessageText}). "
                + "Grant it CREATE on the first schema of its search_path and ownership of the dataload_ tables, or migrate as a role that has both.",
                e);
        }
    }

    /// <summary>What is wrong with the schema, or null; changes nothing.</summary>
    public async ValueTask<string?> CheckAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        return Describe(await FindVersionAsync(connection, cancellationToken));
    }

    private async Task MigrateAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        int server = await connection.ExecuteScalarAsync<int>(new CommandDefinition(
            "SELECT current_setting('server_version_num')::int", transaction: transaction, cancellationToken: cancellationToken));
        if (server < OldestServer)
        {
            throw new StoreException($"{name} is version {server / 10_000}; PostgreSQL 12 or later is needed.");
        }

        // IF NOT EXISTS looks again, where a search by name after the wait could still answer from before it.
        await connection.ExecuteAsync(new CommandDefinition(
            "CREATE TABLE IF NOT EXISTS dataload_migration (version int NOT NULL PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
            transaction: transaction,
            cancellationToken: cancellationToken));
        int version = await connection.ExecuteScalarAsync<int>(new CommandDefinition(VersionSql, transaction: transaction, cancellationToken: cancellationToken));
        RefuseNewer(version);
        foreach (PostgreSqlMigration migration in PostgreSqlMigration.All.Where(migration => migration.Version > version))
        {
            await connection.ExecuteAsync(new CommandDefinition(migration.Sql, transaction: transaction, cancellationToken: cancellationToken));
            await connection.ExecuteAsync(new CommandDefinition(
                "INSERT INTO dataload_migration (version, name) VALUES (@Version, @Name)",
                new { migration.Version, migration.Name },
                transaction,
                cancellationToken: cancellationToken));
        }
    }

    private void RefuseNewer(int? version)
    {
        if (version > PostgreSqlMigration.Latest)
        {
            throw new StoreException(Describe(version)!);
        }
    }

    private string? Describe(int? version) => version switch
    {
        null => $"{name} has no DataLoad tables; migrate it, or check the database and the search_path of the connection.",
        _ when version < PostgreSqlMigration.Latest =>
            $"{name} has schema version {version} and this program needs {PostgreSqlMigration.Latest}; migrate it.",
        _ when version > PostgreSqlMigration.Latest =>
            $"{name} has schema version {version}, newer than the {PostgreSqlMigration.Latest} that this program knows; use the program that migrated it.",
        _ => null,
    };

    private static async Task<int?> FindVersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        bool exists = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "SELECT to_regclass('dataload_migration') IS NOT NULL", cancellationToken: cancellationToken));
        return exists
            ? await connection.ExecuteScalarAsync<int>(new CommandDefinition(VersionSql, cancellationToken: cancellationToken))
            : null;
    }
}
