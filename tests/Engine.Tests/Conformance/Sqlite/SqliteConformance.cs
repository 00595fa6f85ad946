using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.Sqlite;

namespace DataLoad.Engine.Tests.Conformance.Sqlite;

public sealed class SqliteSnapshotStoreConformance : SnapshotStoreConformance
{
    private readonly TemporaryDatabase _database = new();

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new SqlStore(SqliteDatabase.ForStore(_database.Path)));

    protected override ValueTask DisposeDatabaseAsync()
    {
        _database.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class SqliteStatisticsStoreConformance : SqlStatisticsStoreConformance
{
    private readonly TemporaryDatabase _database = new();

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new SqlStore(SqliteDatabase.ForStore(_database.Path)));

    protected override Task ExecuteAsync(string sql) => _database.ExecuteAsync(sql);

    protected override Task<string?> ScalarAsync(string sql) => _database.ScalarAsync(sql);

    protected override ValueTask DisposeDatabaseAsync()
    {
        _database.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class SqliteNodeStoreConformance : NodeStoreConformance
{
    private readonly TemporaryDatabase _database = new();

    protected override bool TakesSeveral => false;

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new SqlStore(SqliteDatabase.ForStore(_database.Path)));

    protected override ValueTask DisposeDatabaseAsync()
    {
        _database.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class SqliteParkingStoreConformance : ParkingStoreConformance
{
    private readonly TemporaryDatabase _database = new();

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new SqlStore(SqliteDatabase.ForStore(_database.Path)));

    protected override ValueTask DisposeDatabaseAsync()
    {
        _database.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class SqliteStoreConformance : StoreConformance
{
    private readonly TemporaryDatabase _database = new();

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new SqlStore(SqliteDatabase.ForStore(_database.Path)));

    protected override Task<IStore> CreateEmptyStoreAsync() =>
        Task.FromResult<IStore>(new SqlStore(SqliteDatabase.ForStore($"Data Source={_database.Sibling("new/empty.db")}")));

    protected override Task MakeSchemaNewerAsync() =>
        _database.ExecuteAsync("INSERT INTO dataload_migration (version, name) VALUES (99, 'later')");

    protected override ValueTask DisposeDatabaseAsync()
    {
        _database.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class SqliteLookupConformance : LookupConformance
{
    private readonly TemporaryDatabase _database = new();

    protected override Task<ILookup> CreateLookupAsync() => Task.FromResult<ILookup>(new SqlLookup(SqliteDatabase.ForReading(_database.Path)));

    protected override Task ExecuteAsync(string sql) => _database.ExecuteAsync(sql);

    protected override ValueTask DisposeDatabaseAsync()
    {
        _database.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class SqliteOperatingConformance : OperatingConformance
{
    private readonly TemporaryDatabase _database = new();

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new SqlStore(SqliteDatabase.ForStore(_database.Path)));

    protected override ValueTask DisposeDatabaseAsync()
    {
        _database.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class SqliteStatisticsQueriesConformance : StatisticsQueriesConformance
{
    private readonly TemporaryDatabase _database = new();

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new SqlStore(SqliteDatabase.ForStore(_database.Path)));

    protected override ValueTask DisposeDatabaseAsync()
    {
        _database.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class SqlitePartitionStoreConformance : PartitionStoreConformance
{
    private readonly TemporaryDatabase _database = new();

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new SqlStore(SqliteDatabase.ForStore(_database.Path)));

    protected override ValueTask DisposeDatabaseAsync()
    {
        _database.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class SqliteJournalPluginConformance : JournalPluginConformance
{
    private readonly TemporaryDatabase _database = new();

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new SqlStore(SqliteDatabase.ForStore(_database.Path)));

    protected override ValueTask DisposeDatabaseAsync()
    {
        _database.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class SqliteBackfillConformance : BackfillConformance
{
    private readonly TemporaryDatabase _database = new();

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new SqlStore(SqliteDatabase.ForStore(_database.Path)));

    protected override async Task<bool> HasColumnAsync(string table, string column) =>
        await _database.ScalarAsync($"SELECT count(*) FROM pragma_table_info('{table}') WHERE name = '{column}'") is "1";

    protected override Task ForgetMetricsAsync() => _database.ExecuteAsync("DELETE FROM dataload_metric");

    protected override async ValueTask DisposeDatabaseAsync()
    {
        await base.DisposeDatabaseAsync();
        _database.Dispose();
    }
}
