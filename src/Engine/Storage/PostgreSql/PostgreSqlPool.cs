using System.Buffers.Binary;
using System.Data;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>A data source that is set up the engine's way, and what must be disposed with it.</summary>
internal sealed class PostgreSqlPool(NpgsqlDataSource root, NpgsqlDataSource source) : IAsyncDisposable
{
    /// <summary>
    /// Settings that sessions start with, whatever the database's or the role's defaults are. A commit that is not on disk would be acknowledged to the
    /// broker; a fence reads the row that it locked, which takes READ COMMITTED; nothing may hold locks for good while its process is stopped, and nothing else
    /// may end a statement that the engine still waits for; and planning a flush takes a third as long as running it, to arrive at the same plan every time.
    /// </summary>
    public const string WriterSettings =
        @"-c synchronous_commit=on -c default_transaction_isolation=read\ committed -c idle_in_transaction_session_timeout=60000 "
        + "-c statement_timeout=0 -c lock_timeout=0 -c plan_cache_mode=force_generic_plan -c jit=off";

    /// <summary>Settings of sessions that only read.</summary>
    public const string ReaderSettings =
        @"-c default_transaction_read_only=on -c default_transaction_isolation=read\ committed -c idle_in_transaction_session_timeout=60000 "
        + "-c statement_timeout=0 -c lock_timeout=0 -c jit=off";

    private const string IdleSessionTimeout = "57P05";

    private static readonly Version HasIdleTimeout = new(14, 0);
    private static readonly Version HasTransactionTimeout = new(17, 0);

    /// <summary>Settings of sessions that look into a business database. What the role says of statements is for its other users: here the
    /// command's own limit ends them, on the server too, a while after it did here.</summary>
    public static string LookupSettings(TimeSpan commandTimeout) => string.Create(
        CultureInfo.InvariantCulture, $"{ReaderSettings} -c statement_timeout={(long)commandTimeout.TotalMilliseconds + 5_000}");

    /// <summary>The same for one transaction, where what is set in a session might be found by another's.</summary>
    public static string LookupTransaction(TimeSpan commandTimeout) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        SET TRANSACTION READ ONLY;
        SET LOCAL statement_timeout = {(long)commandTimeout.TotalMilliseconds + 5_000};
        SET LOCAL lock_timeout = 0;
        SET LOCAL jit = off
        """);

    /// <summary>Whether a session was gone before what was asked in it was done, or what it had prepared had become stale: another one may do it.</summary>
    public static bool IsOfTheSession(NpgsqlException e) => e is PostgresException refused
        ? refused.SqlState is PostgresErrorCodes.AdminShutdown or IdleSessionTimeout || refused.SqlState.StartsWith("08", StringComparison.Ordinal)
            || (refused.SqlState is PostgresErrorCodes.FeatureNotSupported && refused.MessageText.Contains("cached plan", StringComparison.Ordinal))
        : e.InnerException is IOException;

    /// <summary>A connection string whose sessions start with settings.</summary>
    public static NpgsqlConnectionStringBuilder SetUp(NpgsqlConnectionStringBuilder connection, string settings, bool prepare)
    {
        var builder = new NpgsqlConnectionStringBuilder(connection.ConnectionString)
        {
            // Sessions are left as they were found, so that resetting them at every return would cost for nothing.
            NoResetOnClose = true,
            Options = string.IsNullOrEmpty(connection.Options) ? settings : settings.Length == 0 ? connection.Options : $"{connection.Options} {settings}",
            TcpKeepAlive = true,
        };
        if (!prepare)
        {
            builder.MaxAutoPrepare = 0;
        }
        else if (builder.MaxAutoPrepare == 0)
        {
            builder.MaxAutoPrepare = 64;
            builder.AutoPrepareMinUsages = 2;
        }

        return builder;
    }

    /// <summary>Makes a pool, without connecting. Of several hosts it uses those that are what the connection string or else the caller asks for.</summary>
    public static PostgreSqlPool Open(NpgsqlConnectionStringBuilder connection, string settings, TargetSessionAttributes target, bool prepare)
    {
        NpgsqlConnectionStringBuilder builder = SetUp(connection, settings, prepare);
        if (builder.TargetSessionAttributes is { } given)
        {
            target = ParseTarget(given);
            builder.TargetSessionAttributes = null;
        }

        var source = new NpgsqlDataSourceBuilder(builder.ConnectionString);
        if (settings.Length > 0)
        {
            source.UsePhysicalConnectionInitializer(SetNewerSettings, SetNewerSettingsAsync);
        }

        if (builder.Host!.Contains(',', StringComparison.Ordinal))
        {
            NpgsqlMultiHostDataSource hosts = source.BuildMultiHost();
            return new PostgreSqlPool(hosts, hosts.WithTargetSession(target));
        }

        NpgsqlDataSource server = source.Build();
        return new PostgreSqlPool(server, server);
    }

    /// <summary>Settings of a session that older servers do not know, which refuse to start one with them; empty where the server knows none.</summary>
    public static string NewerSettings(Version server) =>
        (server >= HasIdleTimeout ? "-c idle_session_timeout=0" : "") + (server >= HasTransactionTimeout ? " -c transaction_timeout=0" : "");

    public NpgsqlDataSource Source => source;

    public ValueTask DisposeAsync() => root.DisposeAsync();

    private static void SetNewerSettings(NpgsqlConnection connection)
    {
        if (NewerStatements(connection) is { } statements)
        {
            using var command = new NpgsqlCommand(statements, connection);
            command.ExecuteNonQuery();
        }
    }

    private static async Task SetNewerSettingsAsync(NpgsqlConnection connection)
    {
        if (NewerStatements(connection) is { } statements)
        {
            await using var command = new NpgsqlCommand(statements, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    private static string? NewerStatements(NpgsqlConnection connection) =>
        connection.PostgreSqlVersion < HasIdleTimeout ? null
        : connection.PostgreSqlVersion < HasTransactionTimeout ? "SET idle_session_timeout = 0"
        : "SET idle_session_timeout = 0; SET transaction_timeout = 0";

    private static TargetSessionAttributes ParseTarget(string text) =>
        Enum.TryParse(text.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out TargetSessionAttributes target)
            // The sessions say themselves whether they write, so that only the server's role is left to ask for.
            ? target == TargetSessionAttributes.ReadWrite ? TargetSessionAttributes.Primary : target
            : throw new StoreException(
                "The PostgreSQL connection string's parameter 'target_session_attrs' is none of any, read-write, read-only, primary, standby, "
                + "prefer-primary, prefer-standby.");
}

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
            await using var command = new NpgsqlCommand("SELECT pg_advisory_lock_shared(@lock)", connection);
            command.Parameters.AddWithValue("lock", PostgreSqlNodeName.LockKey(nodeId));
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
