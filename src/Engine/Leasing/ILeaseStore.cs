namespace DataLoad.Engine.Leasing;

/// <summary>Who may run. The store arbitrates; clocks only say when to try.</summary>
public interface ILeaseStore : IAsyncDisposable
{
    /// <summary>
    /// Tries to take all of the given leases, raising the epoch of each that is granted, the node's own included: what it
    /// sent in an earlier ownership, and gave up, may land no more. A lease is free where nobody holds it, where its holder is
    /// known to be gone, or where the holder has not renewed within its time to live; a
    /// takeover ends the old owner's database sessions.
    /// </summary>
    ValueTask<LeaseAttempt> AcquireAsync(NodeInfo node, IReadOnlyList<int> shards, TimeSpan timeToLive, CancellationToken cancellationToken);

    /// <summary>Says that the node lives.</summary>
    /// <returns>The leases that are still the node's.</returns>
    ValueTask<IReadOnlyList<ShardLease>> RenewAsync(string nodeId, TimeSpan timeToLive, CancellationToken cancellationToken);

    /// <summary>Gives back all that the node holds; its epochs stay used.</summary>
    ValueTask ReleaseAsync(string nodeId, CancellationToken cancellationToken);

    /// <summary>The node that holds leases now and lives, or null.</summary>
    ValueTask<NodeInfo?> FindOwnerAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The nodes that live, by their ids: those that hold leases, and those that tried to take some within their time to
    /// live. A store that one process uses at a time knows its owner alone.
    /// </summary>
    ValueTask<IReadOnlyList<NodePresence>> ListNodesAsync(CancellationToken cancellationToken);
}
