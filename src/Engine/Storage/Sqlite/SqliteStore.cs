using DataLoad.Engine.Journaling;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Operating;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>
/// The embedded store: one file, one process. Every write is on disk when it returns. A full disk, a busy file or a
/// failing device throws <see cref="Microsoft.Data.Sqlite.SqliteException"/>, which is worth a retry; what retrying does
/// not mend throws <see cref="StoreException"/>.
/// </summary>
public sealed class SqliteStore : IStore
{
    private readonly SqliteDatabase _database;
    private readonly SqliteMigrations _migrations;

    /// <summary>Makes a store over a file; nothing is opened before the first call.</summary>
    /// <param name="pathOrConnectionString">A path, or a connection string such as <c>Data Source=/path/dataload.db</c>.</param>
    /// <param name="options">The settings; null stands for the defaults.</param>
    /// <exception cref="StoreException">No file is named, or a setting is out of range.</exception>
    public SqliteStore(string pathOrConnectionString, SqliteStoreOptions? options = null)
    {
        options ??= new SqliteStoreOptions();
        options.Validate();
        _database = new SqliteDatabase(new SqliteFile(pathOrConnectionString), options);
        _migrations = new SqliteMigrations(_database);
        Journal = new SqliteJournal(_database);
        Snapshots = new SqliteSnapshotStore(_database);
        Statistics = new SqliteStatisticsStore(_database);
        Leases = new SqliteLeaseStore(_database);
        Parking = new SqliteParkingStore(_database);
        Queries = new SqliteStatisticsQueries(_database);
        Audit = new SqliteAuditLog(_database);
        PausedStreams = new SqlitePausedStreams(_database);
    }

    /// <inheritdoc/>
    public string Name => $"SQLite {_database.File.Path}";

    /// <inheritdoc/>
    public IJournal Journal { get; }

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
    public ValueTask MigrateAsync(CancellationToken cancellationToken) => _migrations.MigrateAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string?> CheckSchemaAsync(CancellationToken cancellationToken) => _migrations.CheckAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string> FixAsync(string name, string proposed, CancellationToken cancellationToken) => _database.WriteAsync(
        session =>
        {
            using SqliteStatement insert = session.Use("INSERT INTO dataload_fixed (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING");
            insert.Bind(1, name).Bind(2, proposed).Execute();
            return Find(session, name) ?? proposed;
        },
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<string?> FindFixedAsync(string name, CancellationToken cancellationToken) => _database.File.Exists
        ? await _database.ReadAsync(session => SqliteMigrations.Version(session) == 0 ? null : Find(session, name), cancellationToken).ConfigureAwait(false)
        : null;

    /// <inheritdoc/>
    public async ValueTask PingAsync(CancellationToken cancellationToken) => await _database.ReadAsync(
        session =>
        {
            // Reads the file's first page, which SELECT 1 would not.
            using SqliteStatement select = session.Use("SELECT count(*) FROM sqlite_master");
            return select.Scalar();
        },
        cancellationToken).ConfigureAwait(false);

    /// <summary>Closes the file, after the calls under way; leases are let go as by a process that ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync().ConfigureAwait(false);
        await Leases.DisposeAsync().ConfigureAwait(false);
    }

    private static string? Find(SqliteSession session, string name)
    {
        using SqliteStatement select = session.Use("SELECT value FROM dataload_fixed WHERE name = ?1");
        return select.Bind(1, name).Step() ? select.Text(0) : null;
    }
}
