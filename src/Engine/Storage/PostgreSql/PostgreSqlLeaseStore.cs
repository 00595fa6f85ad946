using DataLoad.Engine.Leasing;
using DataLoad.Engine.Scheduling;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>Leases by the server's clock, one call after another. Each node has a session of its own (<see cref="PostgreSqlNodeSession"/>).</summary>
internal sealed class PostgreSqlLeaseStore(
    NpgsqlConnectionStringBuilder connection, NpgsqlDataSource source, string name, PostgreSqlStoreOptions options) : ILeaseStore
{
    /// <summary>How long a takeover waits for rows that a session may hold which it was not allowed to end.</summary>
    private static readonly TimeSpan DeniedWait = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, PostgreSqlNodeSession> _sessions = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private bool _disposed;

    public async ValueTask<LeaseAttempt> AcquireAsync(NodeInfo node, IReadOnlyList<int> shards, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_turn, cancellationToken);
        NpgsqlConnection session = await Session(node.Id).OpenAsync(cancellationToken);
        int[] wanted = [.. shards.Distinct()];
        List<LeaseState> states = await ReadStatesAsync(session, wanted, cancellationToken);
        int[] candidates = [.. wanted.Except(states.Where(state => state.IsHeldByOther(node.Id)).Select(state => state.Shard))];
        if (candidates.Length > 0)
        {
            await TakeOverAsync(session, node, candidates, states, timeToLive, cancellationToken);
            states = await ReadStatesAsync(session, wanted, cancellationToken);
        }
        else
        {
            // It holds nothing, but lives, so that others see it stand by.
            await using NpgsqlCommand save = Save(session, PostgreSqlLeaseSql.SaveNode, node, timeToLive);
            await save.ExecuteNonQueryAsync(cancellationToken);
        }

        return new LeaseAttempt(
            [.. states.Where(state => state.IsHeldBy(node.Id)).Select(state => new ShardLease(state.Shard, state.Epoch))],
            states.Find(state => state.IsHeldByOther(node.Id))?.Holder);
    }

    public async ValueTask<IReadOnlyList<ShardLease>> RenewAsync(string nodeId, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_turn, cancellationToken);

        // On the node's session, so that a renewal that works proves that its lock is held, too.
        NpgsqlConnection session = await Session(nodeId).OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(PostgreSqlLeaseSql.Renew, session) { Parameters = { new("node", nodeId), new("life", timeToLive) } };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await ReadAllAsync(reader, row => new ShardLease(row.GetInt32(0), row.GetInt64(1)), cancellationToken);
    }

    public async ValueTask ReleaseAsync(string nodeId, CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_turn, cancellationToken);
        await using (NpgsqlCommand command = source.CreateCommand(PostgreSqlLeaseSql.Release))
        {
            command.Parameters.AddWithValue("node", nodeId);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        if (_sessions.Remove(nodeId, out PostgreSqlNodeSession? session))
        {
            await session.DisposeAsync();
        }
    }

    public async ValueTask<NodeInfo?> FindOwnerAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand(PostgreSqlLeaseSql.FindOwner);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadNode(reader) : null;
    }

    public async ValueTask<IReadOnlyList<NodePresence>> ListNodesAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand(PostgreSqlLeaseSql.ListNodes);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await ReadAllAsync(reader, row => new NodePresence(ReadNode(row), row.GetInt32(3)), cancellationToken);
    }

    /// <summary>Closes the nodes' sessions; leases that were not released are free from then on.</summary>
    public async ValueTask DisposeAsync()
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_turn);
        _disposed = true;
        foreach (PostgreSqlNodeSession session in _sessions.Values)
        {
            await session.DisposeAsync();
        }

        _sessions.Clear();
    }

    private PostgreSqlNodeSession Session(string nodeId)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_sessions.TryGetValue(nodeId, out PostgreSqlNodeSession? session))
        {
            var own = new NpgsqlConnectionStringBuilder(connection.ConnectionString)
            {
                ApplicationName = PostgreSqlNodeName.ApplicationName(nodeId),
                Pooling = false,
            };
            session = new PostgreSqlNodeSession(
                PostgreSqlPool.Open(own, PostgreSqlPool.WriterSettings, TargetSessionAttributes.Primary, options.PrepareStatements), nodeId);
            _sessions.Add(nodeId, session);
        }

        return session;
    }

    /// <summary>Ends the sessions of holders that are gone, and then takes, all in one message: who stops in between leaves no transaction open.</summary>
    /// <remarks>The decision is the server's, on rows that are locked by then.</remarks>
    private async Task TakeOverAsync(
        NpgsqlConnection session, NodeInfo node, int[] shards, List<LeaseState> states, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        string[] gone = [.. states.Where(state => state.IsAbandoned(node.Id)).Select(state => state.ApplicationName!).Distinct(StringComparer.Ordinal)];

        // Before any wait for a row: a frozen holder may have stopped in the middle of a write that holds it.
        PostgresException? denied = gone.Length > 0 ? await TerminateAsync(session, gone, node.Id, cancellationToken) : null;
        TimeSpan wait = denied is null ? options.CommandTimeout / 2 : DeniedWait;

        await using NpgsqlCommand take = Save(session, PostgreSqlLeaseSql.Take, node, timeToLive);
        take.Parameters.AddWithValue("wait", $"{(long)wait.TotalMilliseconds}ms");
        take.Parameters.AddWithValue("shards", shards);
        try
        {
            await take.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException e) when (denied is not null && e.SqlState is PostgresErrorCodes.LockNotAvailable)
        {
            throw new StoreException(
                $"{name}: the leases of a node that is gone are locked by its sessions, which this role may not end ({denied.MessageText}). "
                + "Let all nodes use the same role, or grant this one pg_signal_backend.",
                denied);
        }
    }

    /// <summary>A command that saves a node, with the parameters for that.</summary>
    private static NpgsqlCommand Save(NpgsqlConnection session, string sql, NodeInfo node, TimeSpan timeToLive) => new(sql, session)
    {
        Parameters =
        {
            new("node", node.Id), new("address", node.Address), new("secret", node.Secret), new("life", timeToLive),
            new("application", PostgreSqlNodeName.ApplicationName(node.Id)), new("lock", PostgreSqlNodeName.LockKey(node.Id)),
        },
    };

    private static async Task<PostgresException?> TerminateAsync(NpgsqlConnection session, string[] names, string nodeId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(PostgreSqlLeaseSql.Terminate, session)
        {
            Parameters = { new("names", names), new("application", PostgreSqlNodeName.ApplicationName(nodeId)) },
        };
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
            return null;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege)
        {
            // It matters only where such a session holds a row; the epoch fences off what it writes later.
            return e;
        }
    }

    private static async Task<List<LeaseState>> ReadStatesAsync(NpgsqlConnection session, int[] shards, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(PostgreSqlLeaseSql.States, session) { Parameters = { new("shards", shards) } };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await ReadAllAsync(reader, LeaseState.Read, cancellationToken);
    }

    private static async Task<List<T>> ReadAllAsync<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private static NodeInfo ReadNode(NpgsqlDataReader reader) => new(reader.GetString(0), reader.GetString(1), reader.GetString(2));
}

/// <summary>A lease as the server shows it: the node that holds it, if any, whether that lives, what is known of it, and the name of its sessions.</summary>
internal sealed record LeaseState(int Shard, long Epoch, string? HolderId, bool Lives, NodeInfo? Holder, string? ApplicationName)
{
    /// <summary>Reads a row of <see cref="PostgreSqlLeaseSql.States"/>.</summary>
    public static LeaseState Read(NpgsqlDataReader reader)
    {
        string? holderId = reader.IsDBNull(2) ? null : reader.GetString(2);
        NodeInfo? holder = reader.IsDBNull(4) ? null : new NodeInfo(holderId!, reader.GetString(4), reader.GetString(5));
        return new LeaseState(
            reader.GetInt32(0), reader.GetInt64(1), holderId, reader.GetBoolean(3), holder, reader.IsDBNull(6) ? null : reader.GetString(6));
    }

    public bool IsHeldBy(string nodeId) => string.Equals(HolderId, nodeId, StringComparison.Ordinal);

    /// <summary>Whether another node holds it and lives.</summary>
    public bool IsHeldByOther(string nodeId) => HolderId is not null && Lives && !IsHeldBy(nodeId);

    /// <summary>Whether another node holds it and is gone, so that its sessions are to be ended.</summary>
    public bool IsAbandoned(string nodeId) => HolderId is not null && !Lives && !IsHeldBy(nodeId) && ApplicationName is not null;
}
