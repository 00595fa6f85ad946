using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using Npgsql;
using Xunit;

namespace DataLoad.Integration.Tests.PostgreSql;

/// <summary>
/// A database of the test class's own on the server that <c>DATALOAD_TEST_PG</c> names, dropped at the end; the class's
/// tests are skipped where there is no server.
/// </summary>
public sealed class TestDatabase : IAsyncLifetime
{
    private readonly string _name = $"dataload_test_{Guid.NewGuid():N}";
    private readonly string? _server = Environment.GetEnvironmentVariable("DATALOAD_TEST_PG");
    private int _schemas;

    /// <summary>A connection string without a search path.</summary>
    public string ConnectionString => On(_name);

    public async ValueTask InitializeAsync()
    {
        if (!string.IsNullOrEmpty(_server))
        {
            await ExecuteAsync(On(null), $"CREATE DATABASE {_name}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!string.IsNullOrEmpty(_server))
        {
            await ExecuteAsync(On(null), $"DROP DATABASE {_name} WITH (FORCE)");
        }
    }

    /// <summary>A connection string whose search path is a new, empty schema.</summary>
    public async Task<string> CreateSchemaAsync()
    {
        string schema = $"s{Interlocked.Increment(ref _schemas)}";
        await ExecuteAsync(ConnectionString, $"CREATE SCHEMA {schema}");
        return new NpgsqlConnectionStringBuilder(ConnectionString) { SearchPath = schema }.ConnectionString;
    }

    /// <summary>A store over a new schema, migrated.</summary>
    public async Task<SqlStore> CreateStoreAsync(string? nodeId = null)
    {
        SqlStore store = Open(await CreateSchemaAsync(), nodeId);
        await store.MigrateAsync(CancellationToken.None);
        return store;
    }

    public static SqlStore Open(string connectionString, string? nodeId = null) =>
        new(PostgreSqlDatabase.ForStore(new PostgreSqlStoreOptions { ConnectionString = connectionString, NodeId = nodeId }));

    /// <summary>Runs a statement on a connection of its own.</summary>
    public static async Task<object?> ExecuteAsync(string connectionString, string sql)
    {
        await using NpgsqlConnection connection = await ConnectAsync(connectionString);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>An unpooled connection.</summary>
    public static async Task<NpgsqlConnection> ConnectAsync(string connectionString, string? applicationName = null)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        if (applicationName is not null)
        {
            builder.ApplicationName = applicationName;
        }

        var connection = new NpgsqlConnection(builder.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private string On(string? database)
    {
        if (string.IsNullOrEmpty(_server))
        {
            Assert.Skip("DATALOAD_TEST_PG names no PostgreSQL server.");
        }

        NpgsqlConnectionStringBuilder builder = PostgreSqlConnectionString.Parse(_server!);
        builder.Database = database ?? builder.Database ?? "postgres";
        builder.PersistSecurityInfo = true;
        return builder.ConnectionString;
    }
}
