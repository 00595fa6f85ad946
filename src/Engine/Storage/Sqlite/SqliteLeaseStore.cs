using DataLoad.Engine.Leasing;
using DataLoad.Engine.Scheduling;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>Leases of a database that one process uses at a time: who holds the lock file has all. No clock is asked; times to live mean nothing.</summary>
/// <remarks>Epochs are raised all the same, and fence a writer that lost the lock.</remarks>
internal sealed class SqliteLeaseStore(SqliteDatabase database) : ILeaseStore
{
    private const int LockTries = 3;
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private FileStream? _lock;
    private string? _holder;

    private string LockPath => database.File.RealPath + ".lock";

    public async ValueTask<LeaseAttempt> AcquireAsync(NodeInfo node, IReadOnlyList<int> shards, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_gate, cancellationToken);
        bool fresh = _lock is null;
        if (fresh ? !await TryLockAsync(cancellationToken) : !IsHolder(node.Id))
        {
            return new LeaseAttempt([], await database.ReadAsync(FindNode, cancellationToken));
        }

        try
        {
            IReadOnlyList<ShardLease> granted = await database.WriteAsync(session => Take(session, node, shards), cancellationToken);
            _holder = node.Id;
            return new LeaseAttempt(granted, HeldBy: null);
        }
        catch when (fresh)
        {
            // Nothing is known to be owned, so nothing is held.
            Unlock();
            throw;
        }
    }

    public async ValueTask<IReadOnlyList<ShardLease>> RenewAsync(string nodeId, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_gate, cancellationToken);
        return IsHolder(nodeId) ? await database.ReadAsync(session => Held(session, nodeId), cancellationToken) : [];
    }

    public async ValueTask ReleaseAsync(string nodeId, CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_gate, cancellationToken);
        if (IsHolder(nodeId))
        {
            await database.WriteAsync(session => GiveBack(session, nodeId), cancellationToken);
            Unlock();
        }
    }

    public async ValueTask<NodeInfo?> FindOwnerAsync(CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_gate, cancellationToken);
        return _lock is not null || SqliteLockFile.IsLocked(LockPath) ? await database.ReadAsync(FindNode, cancellationToken) : null;
    }

    public async ValueTask<IReadOnlyList<NodePresence>> ListNodesAsync(CancellationToken cancellationToken)
    {
        if (await FindOwnerAsync(cancellationToken) is not { } owner)
        {
            return [];
        }

        IReadOnlyList<ShardLease> held = await database.ReadAsync(session => Held(session, owner.Id), cancellationToken);
        return [new NodePresence(owner, held.Count)];
    }

    /// <summary>Lets go of the lock as a process that ends does: without giving anything back.</summary>
    public async ValueTask DisposeAsync()
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_gate);
        Unlock();
    }

    private bool IsHolder(string nodeId) => _lock is not null && string.Equals(_holder, nodeId, StringComparison.Ordinal);

    private async ValueTask<bool> TryLockAsync(CancellationToken cancellationToken)
    {
        // A command that only asks whether the lock is held is in the way for a moment.
        for (int i = 1; (_lock = SqliteLockFile.TryLock(LockPath)) is null && i < LockTries; i++)
        {
            await Task.Delay(LockPause, cancellationToken);
        }

        return _lock is not null;
    }

    private void Unlock()
    {
        _lock?.Dispose();
        _lock = null;
        _holder = null;
    }

    private static IReadOnlyList<ShardLease> Take(SqliteSession session, NodeInfo node, IReadOnlyList<int> shards)
    {
        // The lock is held, so that whoever else is recorded is gone. Each ownership has an epoch of its own.
        using SqliteStatement forget = session.Use("DELETE FROM dataload_node WHERE node_id <> ?1");
        forget.Bind(1, node.Id).Execute();
        using SqliteStatement enter = session.Use(
            """
            INSERT INTO dataload_node (node_id, address, secret) VALUES (?1, ?2, ?3)
            ON CONFLICT (node_id) DO UPDATE SET address = excluded.address, secret = excluded.secret
            """);
        enter.Bind(1, node.Id).Bind(2, node.Address).Bind(3, node.Secret).Execute();
        using SqliteStatement take = session.Use(
            """
            INSERT INTO dataload_lease (shard_id, node_id) VALUES (?1, ?2)
            ON CONFLICT (shard_id) DO UPDATE SET node_id = excluded.node_id
            """);
        using SqliteStatement raise = session.Use(
            """
            INSERT INTO dataload_partition (partition_id, epoch, checkpoint, baseline) VALUES (?1, 1, 0, 0)
            ON CONFLICT (partition_id) DO UPDATE SET epoch = epoch + 1
            RETURNING epoch
            """);
        var granted = new List<ShardLease>(shards.Count);
        foreach (int shard in shards)
        {
            take.Bind(1, shard).Bind(2, node.Id).Execute();
            granted.Add(new ShardLease(shard, raise.Bind(1, shard).Scalar()));
        }

        return granted;
    }

    private static IReadOnlyList<ShardLease> Held(SqliteSession session, string nodeId)
    {
        var held = new List<ShardLease>();
        using SqliteStatement select = session.Use(
            "SELECT shard_id, epoch FROM dataload_lease JOIN dataload_partition ON partition_id = shard_id WHERE node_id = ?1 ORDER BY shard_id");
        select.Bind(1, nodeId);
        while (select.Step())
        {
            held.Add(new ShardLease((int)select.Int64(0), select.Int64(1)));
        }

        return held;
    }

    private static bool GiveBack(SqliteSession session, string nodeId)
    {
        using SqliteStatement release = session.Use("UPDATE dataload_lease SET node_id = NULL WHERE node_id = ?1");
        release.Bind(1, nodeId).Execute();
        using SqliteStatement leave = session.Use("DELETE FROM dataload_node WHERE node_id = ?1");
        leave.Bind(1, nodeId).Execute();
        return true;
    }

    private static NodeInfo? FindNode(SqliteSession session)
    {
        using SqliteStatement select = session.Use("SELECT node_id, address, secret FROM dataload_node LIMIT 1");
        return select.Step() ? new NodeInfo(select.Text(0), select.Text(1), select.Text(2)) : null;
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
