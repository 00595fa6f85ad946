namespace DataLoad.Engine.Nodes;

/// <summary>Which nodes run over the store, which of them founded the cluster that others join, and who holds its leases. All times are the store's.</summary>
public interface INodeStore : IAsyncDisposable
{
    /// <summary>Why another node may not enter now, in a sentence, or null; changes nothing.</summary>
    ValueTask<string?> FindRefusalAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Notes a node as one that lives and wants to join. Where none that lives has joined, it is the founder of a new cluster, and counts as joined: of
    /// several that enter at once exactly one is.
    /// </summary>
    /// <param name="node">The node, and where it is reached.</param>
    /// <param name="timeToLive">How long it is taken to live without a renewal.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="Storage.StoreException">The store takes one node, and another runs over it.</exception>
    ValueTask<NodeEntry> EnterAsync(NodePlace node, TimeSpan timeToLive, CancellationToken cancellationToken);

    /// <summary>Says that a node lives, and perhaps that it has joined.</summary>
    /// <returns>The generation of the cluster that nodes join now; null where the node was forgotten or expelled, and must enter anew.</returns>
    ValueTask<long?> RenewAsync(string nodeId, bool hasJoined, TimeSpan timeToLive, CancellationToken cancellationToken);

    /// <summary>Notes that the cluster removed a node, which learns so at its next renewal, and ends its database sessions: one that froze within a
    /// transaction would hold up whoever takes its work over.</summary>
    /// <param name="clusterAddress">Where the node was reached.</param>
    /// <param name="uid">Its actor system's, which tells it from one that was started there since.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Why its sessions could not be ended, in a sentence, or null.</returns>
    ValueTask<string?> ExpelAsync(string clusterAddress, long uid, CancellationToken cancellationToken);

    /// <summary>Forgets a node that ends, and gives up its leases.</summary>
    ValueTask LeaveAsync(string nodeId, CancellationToken cancellationToken);

    /// <summary>The nodes that live, by their ids.</summary>
    ValueTask<IReadOnlyList<NodePresence>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Takes a lease, or takes it for longer: it is free where nobody holds it, where its time is up, or where its holder is gone.</summary>
    /// <returns>Whether it is the node's.</returns>
    ValueTask<bool> AcquireLeaseAsync(string lease, string nodeId, TimeSpan timeToLive, CancellationToken cancellationToken);

    /// <summary>Gives a lease back, where the node holds it.</summary>
    ValueTask ReleaseLeaseAsync(string lease, string nodeId, CancellationToken cancellationToken);
}

/// <summary>A node as others see it.</summary>
/// <param name="Id">The node's id: new at every start.</param>
/// <param name="Address">The address of its HTTP interface, or empty where it has none.</param>
/// <param name="Secret">The secret that a command which can read the store shows to the node; never logged.</param>
public sealed record NodeInfo(string Id, string Address, string Secret);

/// <summary>A node, and where its actor system is reached.</summary>
/// <param name="Node">The node.</param>
/// <param name="ClusterAddress">The actor system's address, as in <c>akka.tcp://dataload@127.0.0.1:4053</c>.</param>
/// <param name="Uid">The actor system's, which is new with each of them.</param>
/// <param name="Protocol">The version of what it sends to others (<see cref="NodeProtocol"/>).</param>
public sealed record NodePlace(NodeInfo Node, string ClusterAddress, long Uid, int Protocol);

/// <summary>A node that lives, as the store knows it.</summary>
/// <param name="Place">The node, and where it is reached.</param>
/// <param name="HasJoined">Whether it has joined the cluster.</param>
public sealed record NodePresence(NodePlace Place, bool HasJoined)
{
    /// <summary>The node.</summary>
    public NodeInfo Node => Place.Node;
}

/// <summary>What a node learns as it enters.</summary>
/// <param name="Generation">How many clusters were founded over the store, this one included.</param>
/// <param name="IsFounder">Whether the node founds it.</param>
/// <param name="Others">The other nodes that live.</param>
public sealed record NodeEntry(long Generation, bool IsFounder, IReadOnlyList<NodePresence> Others);

/// <summary>The version of what nodes send each other and write into the store for each other. Neighbouring versions work together.</summary>
public static class NodeProtocol
{
    /// <summary>This program's.</summary>
    public const int Current = 1;
}
