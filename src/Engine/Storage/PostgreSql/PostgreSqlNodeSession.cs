using System.Buffers.Binary;
using System.Data;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>A session that lives as long as its node: it holds its advisory lock, which dies with the process, and carries its lease calls.</summary>
/// <remarks>
/// The lock is shared, so that a new session has it even while the server has not noticed yet that the old one is gone. Nobody takes it exclusively: whether
/// it is held is read from <c>pg_locks</c>, which asks for no rights and disturbs nobody.
/// </remarks>
internal sealed class PostgreSqlNodeSession(PostgreSqlPool pool, string nodeId) : IAsyncDisposable
{
    private NpgsqlConnection? _connection;

    /// <summary>The connection, open and holding the lock.</summary>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        if (_connection is { State: ConnectionState.Open })
        {
            return _connection;
        }

        await CloseAsync();
        NpgsqlConnection connection = await pool.Source.OpenConnectionAsync(cancellationToken);
        try
        {
            await using var command = new NpgsqlCommand("SELECT pg_advisory_lock_shared($1)", connection)
            {
                Parameters = { Parameter.Of(PostgreSqlNodeName.LockKey(nodeId)) },
            };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        _connection = connection;
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await pool.DisposeAsync();
    }

    private async ValueTask CloseAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
            _connection = null;
        }
    }
}

/// <summary>What a node is called in the server: the name of its sessions, and the key of its advisory lock.</summary>
internal static class PostgreSqlNodeName
{
    /// <summary>The name of a command's sessions, which no takeover ends.</summary>
    public const string None = "dataload";

    private const string Prefix = "dataload:";

    /// <summary>The server cuts longer names off and replaces other characters, and two nodes must never share one.</summary>
    private const int MaxChars = 63;

    public static string ApplicationName(string nodeId) => nodeId.Length <= MaxChars - Prefix.Length && nodeId.All(c => c is > ' ' and <= '~')
        ? Prefix + nodeId
        : $"{Prefix}#{Convert.ToHexStringLower(Hash(nodeId).AsSpan(0, 16))}";

    /// <summary>The key of the advisory lock that a node's session holds for as long as it lives.</summary>
    public static long LockKey(string nodeId) => BinaryPrimitives.ReadInt64BigEndian(Hash(nodeId));

    private static byte[] Hash(string nodeId) => SHA256.HashData(Encoding.UTF8.GetBytes("dataload/node/" + nodeId));
}
