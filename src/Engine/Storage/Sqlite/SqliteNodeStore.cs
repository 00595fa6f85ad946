using DataLoad.Engine.Nodes;
using DataLoad.Engine.Scheduling;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>The node of a database that one process uses at a time: whoever holds the lock file. No clock is asked; times to live mean nothing.</summary>
internal sealed class SqliteNodeStore(SqliteDatabase database) : INodeStore
{
    private const int LockTries = 3;
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private FileStream? _lock;
    private string? _holder;
    private bool _hasJoined;

    public async ValueTask<string?> FindRefusalAsync(CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_gate, cancellationToken);
        return _lock is null && SqliteLockFile.IsLocked(database.File.LockPath) ? await RefusalAsync(cancellationToken) : null;
    }

    public async ValueTask<NodeEntry> EnterAsync(NodePlace node, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_gate, cancellationToken);
        bool fresh = _lock is null;
        if (fresh ? !await TryLockAsync(cancellationToken) : !IsHolder(node.Node.Id))
        {
            throw new StoreException(await RefusalAsync(cancellationToken));
        }

        if (fresh && !database.Hold.TryTake())
        {
            Unlock();
            throw new StoreException(database.HeldElsewhere);
        }

        try
        {
            long generation = await database.WriteAsync(session => Enter(session, node), cancellationToken);
            await database.CheckpointAsync(cancellationToken);
            (_holder, _hasJoined) = (node.Node.Id, true);
            return new NodeEntry(generation, IsFounder: true, []);
        }
        catch when (fresh)
        {
            // Nothing is known to be owned, so nothing is held.
            Unlock();
            throw;
        }
    }

    public async ValueTask<long?> RenewAsync(string nodeId, bool hasJoined, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_gate, cancellationToken);
        return IsHolder(nodeId) ? await database.ReadAsync(Generation, cancellationToken) : null;
    }

    /// <summary>Nothing: there is no other node that could be removed.</summary>
    public ValueTask<string?> ExpelAsync(string clusterAddress, long uid, CancellationToken cancellationToken) => ValueTask.FromResult<string?>(null);

    public async ValueTask LeaveAsync(string nodeId, CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_gate, cancellationToken);
        if (IsHolder(nodeId))
        {
            await database.WriteAsync(session => Forget(session, nodeId), cancellationToken);
            Unlock();
        }
    }

    public async ValueTask<IReadOnlyList<NodePresence>> ListAsync(CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_gate, cancellationToken);
        return (_lock is not null || SqliteLockFile.IsLocked(database.File.LockPath)) && await database.ReadAsync(FindNode, cancellationToken) is { } node
            ? [new NodePresence(node, HasJoined: true)]
            : [];
    }

    /// <summary>Its node alone could hold a lease, and so does.</summary>
    public async ValueTask<bool> AcquireLeaseAsync(string lease, string nodeId, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_gate, cancellationToken);
        return IsHolder(nodeId);
    }

    public ValueTask ReleaseLeaseAsync(string lease, string nodeId, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Lets go of the lock as a process that ends does.</summary>
    public async ValueTask DisposeAsync()
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_gate);
        Unlock();
    }

    private async ValueTask<string> RefusalAsync(CancellationToken cancellationToken)
    {
        string other = (await database.ReadAsync(FindNode, cancellationToken))?.Node.Id ?? "that has not said its name";
        return $"Node {other} runs over {database.Name}, which one node uses at a time: stop it first, or use PostgreSQL for several nodes.";
    }

    private bool IsHolder(string nodeId) => _hasJoined && string.Equals(_holder, nodeId, StringComparison.Ordinal);

    private async ValueTask<bool> TryLockAsync(CancellationToken cancellationToken)
    {
        // A command that only asks whether the lock is held is in the way for a moment.
        for (int i = 1; (_lock = SqliteLockFile.TryLock(database.File.LockPath)) is null && i < LockTries; i++)
        {
            await Task.Delay(LockPause, cancellationToken);
        }

        return _lock is not null;
    }

    private void Unlock()
    {
        database.Hold.Release();
        _lock?.Dispose();
        (_lock, _holder, _hasJoined) = (null, null, false);
    }

    private long Enter(SqliteSession session, NodePlace node)
    {
        SqliteLastName.Record(session, database.File);
        // The lock is held, so that whoever else is recorded is gone.
        using SqliteStatement forget = session.Use("DELETE FROM dataload_node");
        forget.Execute();
        using SqliteStatement enter = session.Use(
            "INSERT INTO dataload_node (node_id, address, secret, cluster_address, uid, protocol) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
        enter.Bind(1, node.Node.Id).Bind(2, node.Node.Address).Bind(3, node.Node.Secret).Bind(4, node.ClusterAddress).Bind(5, node.Uid)
            .Bind(6, node.Protocol).Execute();
        using SqliteStatement found = session.Use("UPDATE dataload_cluster SET generation = generation + 1 RETURNING generation");
        return found.Scalar();
    }

    private static long? Generation(SqliteSession session)
    {
        using SqliteStatement select = session.Use("SELECT generation FROM dataload_cluster");
        return select.Scalar();
    }

    private static bool Forget(SqliteSession session, string nodeId)
    {
        using SqliteStatement leave = session.Use("DELETE FROM dataload_node WHERE node_id = ?1");
        leave.Bind(1, nodeId).Execute();
        return true;
    }

    private static NodePlace? FindNode(SqliteSession session)
    {
        using SqliteStatement select = session.Use("SELECT node_id, address, secret, cluster_address, uid, protocol FROM dataload_node LIMIT 1");
        return select.Step()
            ? new NodePlace(new NodeInfo(select.Text(0), select.Text(1), select.Text(2)), select.Text(3), select.Int64(4), (int)select.Int64(5))
            : null;
    }
}

/// <summary>Says which process owns a database: a file beside it, locked in the kernel, which lets go when the process ends, however it ends.</summary>
/// <remarks>The file stays, since removing it could unlock a newer owner.</remarks>
internal static class SqliteLockFile
{
    /// <summary>Locks, where nobody else has; in this process or another.</summary>
    /// <returns>The lock, held until it is disposed; null where somebody has it.</returns>
    public static FileStream? TryLock(string path) => Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    /// <summary>Whether somebody holds the lock; asks without keeping others from asking.</summary>
    public static bool IsLocked(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        using FileStream? probe = Open(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return probe is null;
    }

    private static FileStream? Open(string path, FileMode mode, FileAccess access, FileShare share)
    {
        const int linuxWouldBlock = 11;
        const int bsdWouldBlock = 35;
        const int windowsSharingViolation = unchecked((int)0x80070020);
        try
        {
            return new FileStream(path, mode, access, share, bufferSize: 1);
        }
        catch (IOException e) when (e.HResult is linuxWouldBlock or bsdWouldBlock or windowsSharingViolation)
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StoreException($"The lock file {path} cannot be opened: {e.Message} Let the user of this process read and write it.", e);
        }
    }
}
