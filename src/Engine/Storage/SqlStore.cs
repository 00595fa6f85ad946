using DataLoad.Engine.Journaling;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Operating;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;
using LinqToDB;
using LinqToDB.Async;

namespace DataLoad.Engine.Storage;

/// <summary>All that the engine keeps, in a SQL database of any provider. Owns the database and closes it.</summary>
public sealed class SqlStore : IStore
{
    private readonly SqlDatabase _database;
    private readonly SqlMigrations _migrations;

    /// <summary>Makes a store over a database; nothing is opened before the first call.</summary>
    public SqlStore(SqlDatabase database)
    {
        _database = database;
        _migrations = new SqlMigrations(database);
        Partitions = new SqlPartitionStore(database);
        JournalTrimmer = new SqlJournalTrimmer(database);
        Snapshots = new SqlSnapshotStore(database);
        Statistics = new SqlStatisticsStore(database);
        Queries = new SqlStatisticsQueries(database);
        Parking = new SqlParkingStore(database);
        Audit = new SqlAuditLog(database);
        PausedStreams = new SqlPausedStreams(database);
        Leases = database.MakeLeases();
    }

    /// <inheritdoc/>
    public string Name => _database.Name;

    /// <inheritdoc/>
    public JournalConnection JournalConnection => _database.JournalConnection;

    /// <inheritdoc/>
    public IPartitionStore Partitions { get; }

    /// <inheritdoc/>
    public IJournalTrimmer JournalTrimmer { get; }

    /// <inheritdoc/>
    public ISnapshotStore Snapshots { get; }

    /// <inheritdoc/>
    public IStatisticsStore Statistics { get; }

    /// <inheritdoc/>
    public IStatisticsQueries Queries { get; }

    /// <inheritdoc/>
    public ILeaseStore Leases { get; }

    /// <inheritdoc/>
    public IParkingStore Parking { get; }

    /// <inheritdoc/>
    public IAuditLog Audit { get; }

    /// <inheritdoc/>
    public IPausedStreams PausedStreams { get; }

    /// <inheritdoc/>
    public ValueTask MigrateAsync(CancellationToken cancellationToken) => _migrations.MigrateAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string?> CheckSchemaAsync(CancellationToken cancellationToken) => _migrations.CheckAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string?> CheckJournalAsync(CancellationToken cancellationToken) => _migrations.CheckJournalAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<string> FixAsync(string name, string proposed, CancellationToken cancellationToken)
    {
        // Asked first, so that a value that is fixed already takes no right to write.
        if (await FindFixedAsync(name, cancellationToken) is { } found)
        {
            return found;
        }

        await _database.ChangeAsync(
            (db, token) => db.GetTable<FixedValueRow>().InsertOrUpdateAsync(
                () => new FixedValueRow { Name = name, Value = proposed }, onDuplicateKeyUpdateSetter: null, token),
            cancellationToken);
        return await FindFixedAsync(name, cancellationToken)
            ?? throw new StoreException($"{Name}: the value '{name}' in dataload_fixed was removed while it was being fixed; leave that table alone.");
    }

    /// <inheritdoc/>
    public async ValueTask<string?> FindFixedAsync(string name, CancellationToken cancellationToken) => !_database.Exists
        ? null
        : await _database.ReadAsync(
            async (db, token) => await _database.Dialect.HasTableAsync(db, "dataload_fixed", token)
                // Where nobody migrated, nothing was fixed; a call that writes fails by itself.
                ? (await db.GetTable<FixedValueRow>().FirstOrDefaultAsync(row => row.Name == name, token))?.Value
                : null,
            cancellationToken);

    /// <inheritdoc/>
    public bool IsConflict(Exception error)
    {
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            if (_database.Dialect.IsUniqueViolation(cause) || (cause is AggregateException aggregate && aggregate.InnerExceptions.Any(IsConflict)))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public async ValueTask PingAsync(CancellationToken cancellationToken) => await _database.PingAsync(cancellationToken);

    /// <summary>Closes the database, after the calls under way; leases are let go as by a process that ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await Leases.DisposeAsync();
        await _database.DisposeAsync();
    }
}
