using Dapper;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Operating;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Statistics;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>
/// All that the engine keeps, in a PostgreSQL database (12 or later). Its tables are found and made by the connection's
/// <c>search_path</c>. Calls may run at the same time; none is retried here, and what the server or the network does
/// wrong comes up as <see cref="NpgsqlException"/>, whose <see cref="NpgsqlException.IsTransient"/> says whether to retry.
/// </summary>
public sealed class PostgreSqlStore : IStore
{
    private readonly PostgreSqlPool _pool;
    private readonly PostgreSqlSchema _schema;
    private readonly PostgreSqlJournal _journal;

    /// <summary>Makes a store, without connecting.</summary>
    /// <exception cref="StoreException">An option is out of its range, or the connection string cannot be read.</exception>
    public PostgreSqlStore(PostgreSqlStoreOptions options)
    {
        options.Validate();
        NpgsqlConnectionStringBuilder connection = PostgreSqlConnectionString.Parse(options.ConnectionString);
        Name = PostgreSqlConnectionString.NameOf(connection);
        connection.CommandTimeout = (int)Math.Ceiling(options.CommandTimeout.TotalSeconds);
        connection.MaxPoolSize = options.MaxConnections;
        connection.MinPoolSize = Math.Min(connection.MinPoolSize, options.MaxConnections);
        if (options.NodeId is not null)
        {
            connection.ApplicationName = PostgreSqlNodeName.ApplicationName(options.NodeId);
        }
        else if (string.IsNullOrEmpty(connection.ApplicationName))
        {
            connection.ApplicationName = PostgreSqlNodeName.None;
        }

        _pool = PostgreSqlPool.Open(connection, PostgreSqlPool.WriterSettings, TargetSessionAttributes.Primary);
        _schema = new PostgreSqlSchema(_pool.Source, Name);
        _journal = new PostgreSqlJournal(_pool.Source);
        Snapshots = new PostgreSqlSnapshotStore(_pool.Source);
        Statistics = new PostgreSqlStatisticsStore(_pool.Source, Name);
        Leases = new PostgreSqlLeaseStore(connection, _pool.Source, Name, options.CommandTimeout);
        Parking = new PostgreSqlParkingStore(_pool.Source);
        Queries = new PostgreSqlStatisticsQueries(_pool.Source);
        Audit = new PostgreSqlAuditLog(_pool.Source);
        PausedStreams = new PostgreSqlPausedStreams(_pool.Source);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IJournal Journal => _journal;

    /// <inheritdoc/>
    public ISnapshotStore Snapshots { get; }

    /// <inheritdoc/>
    public IStatisticsStore Statistics { get; }

    /// <inheritdoc/>
    public ILeaseStore Leases { get; }

    /// <inheritdoc/>
    public IParkingStore Parking { get; }

    /// <inheritdoc/>
    public IStatisticsQueries Queries { get; }

    /// <inheritdoc/>
    public IAuditLog Audit { get; }

    /// <inheritdoc/>
    public IPausedStreams PausedStreams { get; }

    /// <inheritdoc/>
    public ValueTask MigrateAsync(CancellationToken cancellationToken) => _schema.MigrateAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string?> CheckSchemaAsync(CancellationToken cancellationToken) => _schema.CheckAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<string> FixAsync(string name, string proposed, CancellationToken cancellationToken)
    {
        // Asked first, so that a value that is fixed already takes no right to write.
        if (await FindFixedAsync(name, cancellationToken) is { } found)
        {
            return found;
        }

        await using NpgsqlConnection connection = await _pool.Source.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "INSERT INTO dataload_fixed (name, value) VALUES (@name, @proposed) ON CONFLICT (name) DO NOTHING",
            new { name, proposed },
            cancellationToken: cancellationToken));
        return await FindFixedAsync(name, cancellationToken)
            ?? throw new StoreException($"{Name}: the value '{name}' in dataload_fixed was removed while it was being fixed; leave that table alone.");
    }

    /// <inheritdoc/>
    public async ValueTask<string?> FindFixedAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await using NpgsqlConnection connection = await _pool.Source.OpenConnectionAsync(cancellationToken);
            return await connection.ExecuteScalarAsync<string?>(new CommandDefinition(
                "SELECT value FROM dataload_fixed WHERE name = @name", new { name }, cancellationToken: cancellationToken));
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable)
        {
            // Nobody migrated, so nothing was fixed; a call that writes fails by itself.
            return null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask PingAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _pool.Source.CreateCommand("SELECT 1");
        await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Leases.DisposeAsync();
        await _journal.DisposeAsync();
        await _pool.DisposeAsync();
    }
}
