using System.Globalization;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using DataLoad.Engine.Tests.Conformance;
using Xunit;

namespace DataLoad.Integration.Tests.PostgreSql;

public sealed class PostgreSqlSnapshotStoreConformance(TestDatabase database) : SnapshotStoreConformance, IClassFixture<TestDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);

    protected override async Task<IStore> CreateStoreAsync() => TestDatabase.Open(await _schema.Value);
}

public sealed class PostgreSqlNodeStoreConformance(TestDatabase database) : SharedNodeStoreConformance, IClassFixture<TestDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);

    protected override async Task<IStore> CreateStoreAsync() => TestDatabase.Open(await _schema.Value);
}

public sealed class PostgreSqlParkingStoreConformance(TestDatabase database) : ParkingStoreConformance, IClassFixture<TestDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);

    protected override async Task<IStore> CreateStoreAsync() => TestDatabase.Open(await _schema.Value);
}

public sealed class PostgreSqlStatisticsStoreConformance(TestDatabase database)
    : SqlStatisticsStoreConformance, IClassFixture<TestDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);

    protected override async Task<IStore> CreateStoreAsync() => TestDatabase.Open(await _schema.Value);

    protected override async Task ExecuteAsync(string sql) => await TestDatabase.ExecuteAsync(await _schema.Value, sql);

    protected override async Task<string?> ScalarAsync(string sql) =>
        Convert.ToString(await TestDatabase.ExecuteAsync(await _schema.Value, sql), CultureInfo.InvariantCulture);
}

public sealed class PostgreSqlStoreConformance(TestDatabase database) : StoreConformance, IClassFixture<TestDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);
    private readonly Lazy<Task<string>> _empty = new(database.CreateSchemaAsync);

    protected override async Task<IStore> CreateStoreAsync() => TestDatabase.Open(await _schema.Value);

    protected override async Task<IStore> CreateEmptyStoreAsync() => TestDatabase.Open(await _empty.Value);

    protected override async Task MakeSchemaNewerAsync() =>
        await TestDatabase.ExecuteAsync(await _schema.Value, "INSERT INTO dataload_migration VALUES (9999, 'later')");
}

public sealed class PostgreSqlLookupConformance(TestDatabase database) : LookupConformance, IClassFixture<TestDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);

    protected override async Task<ILookup> CreateLookupAsync() =>
        new SqlLookup(PostgreSqlDatabase.ForReading(new PostgreSqlStoreOptions { ConnectionString = await _schema.Value }));

    protected override async Task ExecuteAsync(string sql) => await TestDatabase.ExecuteAsync(await _schema.Value, sql);
}

public sealed class PostgreSqlOperatingConformance(TestDatabase database) : OperatingConformance, IClassFixture<TestDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);

    protected override async Task<IStore> CreateStoreAsync() => TestDatabase.Open(await _schema.Value);
}

public sealed class PostgreSqlStatisticsQueriesConformance(TestDatabase database) : StatisticsQueriesConformance, IClassFixture<TestDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);

    protected override async Task<IStore> CreateStoreAsync() => TestDatabase.Open(await _schema.Value);
}

public sealed class PostgreSqlPartitionStoreConformance(TestDatabase database) : PartitionStoreConformance, IClassFixture<TestDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);

    protected override async Task<IStore> CreateStoreAsync() => TestDatabase.Open(await _schema.Value);
}

public sealed class PostgreSqlJournalPluginConformance(TestDatabase database) : JournalPluginConformance, IClassFixture<TestDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);

    protected override async Task<IStore> CreateStoreAsync() => TestDatabase.Open(await _schema.Value);
}

public sealed class PostgreSqlBackfillConformance(TestDatabase database) : BackfillConformance, IClassFixture<TestDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);

    protected override async Task<IStore> CreateStoreAsync() => TestDatabase.Open(await _schema.Value);

    protected override async Task<bool> HasColumnAsync(string table, string column) => Convert.ToInt64(
        await TestDatabase.ExecuteAsync(await _schema.Value, $"SELECT count(*) FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attname = '{column}' AND NOT attisdropped"),
        CultureInfo.InvariantCulture) == 1;

    protected override async Task ForgetMetricsAsync() => await TestDatabase.ExecuteAsync(await _schema.Value, "DELETE FROM dataload_metric");
}
