using DataLoad.Engine.Nodes;
using DataLoad.Engine.Scheduling;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>Nodes and leases by the server's clock. Each node has a session of its own (<see cref="PostgreSqlNodeSession"/>), whose lock says that its
/// process lives.</summary>
internal sealed class PostgreSqlNodeStore(NpgsqlConnectionStringBuilder connection, NpgsqlDataSource source, PostgreSqlStoreOptions options) : INodeStore
{
    private readonly Dictionary<string, PostgreSqlNodeSession> _sessions = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private bool _disposed;

    public ValueTask<string?> FindRefusalAsync(CancellationToken cancellationToken) => ValueTask.FromResult<string?>(null);

    public async ValueTask<NodeEntry> EnterAsync(NodePlace node, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_turn, cancellationToken);
        NpgsqlConnection session = await Session(node.Node.Id).OpenAsync(cancellationToken);
        await using var enter = new NpgsqlCommand(PostgreSqlNodeSql.Enter, session)
        {
            Parameters =
            {
                new("node", node.Node.Id), new("address", node.Node.Address), new("secret", node.Node.Secret), new("cluster", node.ClusterAddress),
                new("uid", node.Uid), new("protocol", node.Protocol), new("life", timeToLive),
                new("application", PostgreSqlNodeName.ApplicationName(node.Node.Id)), new("lock", PostgreSqlNodeName.LockKey(node.Node.Id)),
            },
        };
        long generation;
        bool isFounder;
        await using (NpgsqlDataReader reader = await enter.ExecuteReaderAsync(cancellationToken))
        {
            // The first result is that of the lock, which has no columns.
            await reader.NextResultAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            (generation, isFounder) = (reader.GetInt64(0), reader.GetInt32(1) == PostgreSqlNodeSql.Joined);
        }

        await using var list = new NpgsqlCommand(PostgreSqlNodeSql.List, session);
        IReadOnlyList<NodePresence> nodes = await ReadNodesAsync(list, cancellationToken);
        return new NodeEntry(generation, isFounder, [.. nodes.Where(other => !string.Equals(other.Node.Id, node.Node.Id, StringComparison.Ordinal))]);
    }

    public async ValueTask<long?> RenewAsync(string nodeId, bool hasJoined, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_turn, cancellationToken);

        // On the node's session, so that a renewal that works proves that its lock is held, too.
        NpgsqlConnection session = await Session(nodeId).OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(PostgreSqlNodeSql.Renew, session)
        {
            Parameters = { new("node", nodeId), new("life", timeToLive), new("state", hasJoined ? PostgreSqlNodeSql.Joined : 0) },
        };
        return (long?)await command.ExecuteScalarAsync(cancellationToken);
    }

    public async ValueTask<string?> ExpelAsync(string clusterAddress, long uid, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand expel = source.CreateCommand(PostgreSqlNodeSql.Expel);
        expel.Parameters.AddWithValue("cluster", clusterAddress);
        expel.Parameters.AddWithValue("uid", uid);
        if (await expel.ExecuteScalarAsync(cancellationToken) is not string name)
        {
            return null;
        }

        try
        {
            await using NpgsqlCommand terminate = source.CreateCommand(PostgreSqlNodeSql.Terminate);
            terminate.Parameters.AddWithValue("name", name);
            await terminate.ExecuteNonQueryAsync(cancellationToken);
            return null;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege)
        {
            // It matters only where such a session holds a row; the Epoch fences off what it writes later.
            return $"this role may not end its sessions ({e.MessageText}): let all nodes use the same role, or grant this one pg_signal_backend";
        }
    }

    public async ValueTask LeaveAsync(string nodeId, CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_turn, cancellationToken);
        await using (NpgsqlCommand command = source.CreateCommand(PostgreSqlNodeSql.Leave))
        {
            command.Parameters.AddWithValue("node", nodeId);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        if (_sessions.Remove(nodeId, out PostgreSqlNodeSession? session))
        {
            await session.DisposeAsync();
        }
    }

    public async ValueTask<IReadOnlyList<NodePresence>> ListAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand(PostgreSqlNodeSql.List);
        return await ReadNodesAsync(command, cancellationToken);
    }

    public async ValueTask<bool> AcquireLeaseAsync(string lease, string nodeId, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand(PostgreSqlNodeSql.Acquire);
        command.Parameters.AddWithValue("lease", lease);
        command.Parameters.AddWithValue("node", nodeId);
        command.Parameters.AddWithValue("life", timeToLive);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    public async ValueTask ReleaseLeaseAsync(string lease, string nodeId, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand(PostgreSqlNodeSql.Release);
        command.Parameters.AddWithValue("lease", lease);
        command.Parameters.AddWithValue("node", nodeId);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Closes the nodes' sessions, as a process that ends does: those that did not leave are gone from then on.</summary>
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

    private static async Task<IReadOnlyList<NodePresence>> ReadNodesAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        var nodes = new List<NodePresence>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var node = new NodeInfo(reader.GetString(0), reader.GetString(1), reader.GetString(2));
            var place = new NodePlace(node, reader.GetString(3), reader.GetInt64(4), reader.GetInt32(5));
            nodes.Add(new NodePresence(place, reader.GetInt32(6) == PostgreSqlNodeSql.Joined));
        }

        return nodes;
    }
}
