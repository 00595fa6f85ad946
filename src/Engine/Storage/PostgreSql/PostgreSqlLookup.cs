using DataLoad.Engine.Contract;
using DataLoad.Engine.Resolving;
using Npgsql;
using NpgsqlTypes;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>
/// A business database on PostgreSQL. Its sessions are read-only, whatever a query says and the role may.
/// </summary>
public sealed class PostgreSqlLookup : ILookup
{
    private readonly PostgreSqlPool _pool;

    /// <summary>Makes a lookup, without connecting.</summary>
    /// <exception cref="StoreException">An option is out of its range, or the connection string cannot be read.</exception>
    public PostgreSqlLookup(PostgreSqlStoreOptions options)
    {
        options.Validate();
        NpgsqlConnectionStringBuilder connection = PostgreSqlConnectionString.Parse(options.ConnectionString);
        Name = PostgreSqlConnectionString.NameOf(connection);
        connection.CommandTimeout = (int)Math.Ceiling(options.CommandTimeout.TotalSeconds);
        connection.MaxPoolSize = options.MaxConnections;
        connection.MinPoolSize = Math.Min(connection.MinPoolSize, options.MaxConnections);
        if (string.IsNullOrEmpty(connection.ApplicationName))
        {
            connection.ApplicationName = PostgreSqlNodeName.None;
        }

        _pool = PostgreSqlPool.Open(connection, PostgreSqlPool.ReaderSettings, TargetSessionAttributes.Any);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public async ValueTask QueryAsync(
        string query, LookupStep step, ReadOnlyMemory<int> keys, LookupRows rows, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _pool.Source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(query, connection);
        command.Parameters.Add(new NpgsqlParameter<int[]>("keys", NpgsqlDbType.Array | NpgsqlDbType.Integer) { TypedValue = keys.ToArray() });
        await command.PrepareAsync(cancellationToken);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await LookupReader.ReadAsync(reader, query, rows, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask PingAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _pool.Source.CreateCommand("SELECT 1");
        await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _pool.DisposeAsync();
}
