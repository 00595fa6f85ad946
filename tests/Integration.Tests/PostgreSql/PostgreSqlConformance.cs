using System.Globalization;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using DataLoad.Engine.Tests.Conformance;
using Xunit;

namespace DataLoad.Integration.Tests.PostgreSql;

public sealed class PostgreSqlJournalConformance(PostgreSqlDatabase database) : JournalConformance, IClassFixture<PostgreSqlDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);

    protected override async Task<IStore> CreateStoreAsync() => PostgreSqlDatabase.Open(await _schema.Value);
}

public sealed class PostgreSqlSnapshotStoreConformance(PostgreSqlDatabase database) : SnapshotStoreConformance, IClassFixture<PostgreSqlDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);

    protected override async Task<IStore> CreateStoreAsync() => PostgreSqlDatabase.Open(await _schema.Value);
}

public sealed class PostgreSqlLeaseStoreConformance(PostgreSqlDatabase database) : LeaseStoreConformance, IClassFixture<PostgreSqlDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);

    protected override async Task<IStore> CreateStoreAsync() => PostgreSqlDatabase.Open(await _schema.Value);
}

public sealed class PostgreSqlParkingStoreConformance(PostgreSqlDatabase database) : ParkingStoreConformance, IClassFixture<PostgreSqlDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);

    protected override async Task<IStore> CreateStoreAsync() => PostgreSqlDatabase.Open(await _schema.Value);
}

public sealed class PostgreSqlStatisticsStoreConformance(PostgreSqlDatabase database)
    : SqlStatisticsStoreConformance, IClassFixture<PostgreSqlDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);

    protected override async Task<IStore> CreateStoreAsync() => PostgreSqlDatabase.Open(await _schema.Value);

    protected override async Task ExecuteAsync(string sql) => await PostgreSqlDatabase.ExecuteAsync(await _schema.Value, sql);

    protected override async Task<string?> ScalarAsync(string sql) =>
        Convert.ToString(await PostgreSqlDatabase.ExecuteAsync(await _schema.Value, sql), CultureInfo.InvariantCulture);
}

public sealed class PostgreSqlStoreConformance(PostgreSqlDatabase database) : StoreConformance, IClassFixture<PostgreSqlDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);
    private readonly Lazy<Task<string>> _empty = new(database.CreateSchemaAsync);

    protected override async Task<IStore> CreateStoreAsync() => PostgreSqlDatabase.Open(await _schema.Value);

    protected override async Task<IStore> CreateEmptyStoreAsync() => PostgreSqlDatabase.Open(await _empty.Value);

    protected override async Task MakeSchemaNewerAsync() =>
        await PostgreSqlDatabase.ExecuteAsync(await _schema.Value, "INSERT INTO dataload_migration VALUES (9999, 'later')");
}

public sealed class PostgreSqlLookupConformance(PostgreSqlDatabase database) : LookupConformance, IClassFixture<PostgreSqlDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);

    protected override async Task<ILookup> CreateLookupAsync() =>
        new PostgreSqlLookup(new PostgreSqlStoreOptions { ConnectionString = await _schema.Value });

    protected override async Task ExecuteAsync(string sql) => await PostgreSqlDatabase.ExecuteAsync(await _schema.Value, sql);
}

public sealed class PostgreSqlOperatingConformance(PostgreSqlDatabase database) : OperatingConformance, IClassFixture<PostgreSqlDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);

    protected override async Task<IStore> CreateStoreAsync() => PostgreSqlDatabase.Open(await _schema.Value);
}

public sealed class PostgreSqlStatisticsQueriesConformance(PostgreSqlDatabase database) : StatisticsQueriesConformance, IClassFixture<PostgreSqlDatabase>
{
    private readonly Lazy<Task<string>> _schema = new(database.CreateSchemaAsync);

    protected override async Task<IStore> CreateStoreAsync() => PostgreSqlDatabase.Open(await _schema.Value);
}
