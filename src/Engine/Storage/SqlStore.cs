using DataLoad.Engine.Contract;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Operating;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;
using LinqToDB;
using LinqToDB.Async;

namespace DataLoad.Engine.Storage;

/// <summary>All that the engine keeps, in a SQL database of any provider. Owns the database and closes it; nothing is opened before the first call.</summary>
public sealed class SqlStore(SqlDatabase database) : IStore
{
    private readonly SqlMigrations _migrations = new(database);

    /// <inheritdoc/>
    public string Name => database.Name;
    /// <inheritdoc/>
    public JournalConnection JournalConnection => database.JournalConnection;
    /// <inheritdoc/>
    public IPartitionStore Partitions { get; } = new SqlPartitionStore(database);
    /// <inheritdoc/>
    public IJournalTrimmer JournalTrimmer { get; } = new SqlJournalTrimmer(database);
    /// <inheritdoc/>
    public ISnapshotStore Snapshots { get; } = new SqlSnapshotStore(database);
    /// <inheritdoc/>
    public IDeclarationStore Declarations { get; } = new SqlDeclarationStore(database);
    /// <inheritdoc/>
    public IStatisticsStore Statistics { get; } = new SqlStatisticsStore(database, new SqlDeclarationStore(database));
    /// <inheritdoc/>
    public IStatisticsQueries Queries { get; } = new SqlStatisticsQueries(database);
    /// <inheritdoc/>
    public IParkingStore Parking { get; } = new SqlParkingStore(database);
    /// <inheritdoc/>
    public IAuditLog Audit { get; } = new SqlAuditLog(database);
    /// <inheritdoc/>
    public IPausedStreams PausedStreams { get; } = new SqlPausedStreams(database);
    /// <inheritdoc/>
    public INodeStore Nodes { get; } = database.MakeNodes();

    /// <inheritdoc/>
    public async ValueTask<string?> CheckDatabaseAsync(IReadOnlyList<Page> pages, CancellationToken cancellationToken) => !database.Exists
        ? null
        : await database.FindOtherUseAsync(cancellationToken) ?? await database.FindUnfitAsync(cancellationToken) ?? await database.ReadAsync(
            async (db, token) =>
            {
                string? unfit = await database.Dialect.FindUnfitAsync(db, Name, token);
                foreach (StatisticsTable table in pages.SelectMany(page => page.Tables))
                {
                    unfit ??= await new SqlStatisticsTable(database, table, new StatisticsNames(table.Name, "")).FindUnfitAsync(db, token);
                }

                return unfit;
            },
            cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> FindWarningsAsync(IReadOnlyList<Page> pages, CancellationToken cancellationToken) => !database.Exists ? [] :
    [
        .. await database.FindWarningsAsync(cancellationToken),
        .. await database.ReadAsync(
            async (db, token) =>
            {
                List<string> warnings = [];
                foreach (StatisticsTable table in pages.SelectMany(page => page.Tables))
                {
                    warnings.AddRange(await new SqlStatisticsTable(database, table, new StatisticsNames(table.Name, "")).FindWarningsAsync(db, token));
                }

                return warnings;
            },
            cancellationToken),
    ];

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

        await database.ChangeAsync(
            (db, token) => db.GetTable<FixedValueRow>().InsertOrUpdateAsync(
                () => new FixedValueRow { Name = name, Value = proposed }, onDuplicateKeyUpdateSetter: null, token),
            cancellationToken);
        return await FindFixedAsync(name, cancellationToken)
            ?? throw new StoreException($"{Name}: the value '{name}' in dataload_fixed was removed while it was being fixed; leave that table alone.");
    }

    /// <inheritdoc/>
    public async ValueTask<string?> FindFixedAsync(string name, CancellationToken cancellationToken) => !database.Exists
        ? null
        : await database.ReadAsync(
            async (db, token) => await database.Dialect.HasTableAsync(db, "dataload_fixed", token)
                // Where nobody migrated, nothing was fixed; a call that writes fails by itself.
                ? (await db.GetTable<FixedValueRow>().FirstOrDefaultAsync(row => row.Name == name, token))?.Value
                : null,
            cancellationToken);

    /// <inheritdoc/>
    public bool IsConflict(Exception error) =>
        database.Dialect.IsDuplicate(error)
        || (error is AggregateException aggregate ? aggregate.InnerExceptions.Any(IsConflict) : error.InnerException is { } cause && IsConflict(cause));

    /// <inheritdoc/>
    public bool IsOfRow(Exception error) => database.Dialect.IsOfRow(error);

    /// <inheritdoc/>
    public async ValueTask PingAsync(CancellationToken cancellationToken) => await database.PingAsync(cancellationToken);

    /// <summary>Closes the database, after the calls under way; its node is gone as by a process that ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await Nodes.DisposeAsync();
        await database.DisposeAsync();
    }
}
