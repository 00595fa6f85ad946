namespace DataLoad.Engine.Leasing;

/// <summary>Who may run. The store arbitrates; clocks only say when to try.</summary>
public interface ILeaseStore : IAsyncDisposable
{
    /// <summary>
    /// Tries to take all of the given leases, raising the epoch of each that is granted, the node's own included: what it sent in an earlier ownership, and
    /// gave up, may land no more. A lease is free where nobody holds it, where its holder is known to be gone, or where the holder has not renewed within its
    /// time to live; a takeover ends the old owner's database sessions.
    /// </summary>
    ValueTask<LeaseAttempt> AcquireAsync(NodeInfo node, IReadOnlyList<int> shards, TimeSpan timeToLive, CancellationToken cancellationToken);

    /// <summary>Says that the node lives.</summary>
    /// <returns>The leases that are still the node's.</returns>
    ValueTask<IReadOnlyList<ShardLease>> RenewAsync(string nodeId, TimeSpan timeToLive, CancellationToken cancellationToken);

    /// <summary>Gives back all that the node holds; its epochs stay used.</summary>
    ValueTask ReleaseAsync(string nodeId, CancellationToken cancellationToken);

    /// <summary>The node that holds leases now and lives, or null.</summary>
    ValueTask<NodeInfo?> FindOwnerAsync(CancellationToken cancellationToken);

    /// <summary>The nodes that live, by their ids: those that hold leases, and those that tried to take some within their time to live.</summary>
    /// <remarks>A store that one process uses at a time knows its owner alone.</remarks>
    ValueTask<IReadOnlyList<NodePresence>> ListNodesAsync(CancellationToken cancellationToken);
}

/// <summary>What came of trying to take leases.</summary>
/// <param name="Granted">The leases that are now the node's.</param>
/// <param name="HeldBy">A node that holds others and lives, or null.</param>
public sealed record LeaseAttempt(IReadOnlyList<ShardLease> Granted, NodeInfo? HeldBy);

/// <summary>The right to run what a number stands for: -1 for all Partitions, while one node runs over a store.</summary>
/// <param name="Shard">The number.</param>
/// <param name="Epoch">The fencing token: grows at every ownership, 1 and up.</param>
public readonly record struct ShardLease(int Shard, long Epoch);

/// <summary>A node as others see it.</summary>
/// <param name="Id">The node's id: new at every start.</param>
/// <param name="Address">The address of its HTTP interface, or empty where it has none.</param>
/// <param name="Secret">The secret that a command which can read the store shows to the node; never logged.</param>
public sealed record NodeInfo(string Id, string Address, string Secret);

/// <summary>A node that lives, as the store knows it.</summary>
/// <param name="Node">The node.</param>
/// <param name="Shards">How many leases it holds; 0 where it stands by.</param>
public sealed record NodePresence(NodeInfo Node, int Shards);
