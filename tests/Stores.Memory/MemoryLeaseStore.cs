using DataLoad.Engine.Leasing;
using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Storage.Memory;

/// <summary>Leases in memory, for any number of nodes: one lives until its time to live runs out or its session ends.</summary>
internal sealed class MemoryLeaseStore(MemoryCalls calls, MemoryStoreState shared) : ILeaseStore
{
    private readonly HashSet<string> _nodes = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public ValueTask<LeaseAttempt> AcquireAsync(
        NodeInfo node, IReadOnlyList<int> shards, TimeSpan timeToLive, CancellationToken cancellationToken) =>
        calls.RunAsync("Leases.Acquire", state => Acquire(state, node, shards, timeToLive), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ShardLease>> RenewAsync(string nodeId, TimeSpan timeToLive, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<ShardLease>>("Leases.Renew", state => Renew(state, nodeId, timeToLive), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask ReleaseAsync(string nodeId, CancellationToken cancellationToken) => await calls.RunAsync(
        "Leases.Release",
        state =>
        {
            foreach (int shard in HeldBy(state, nodeId))
            {
                state.Leases[shard] = null;
            }

            state.Nodes.Remove(nodeId);
            _nodes.Remove(nodeId);
            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<NodeInfo?> FindOwnerAsync(CancellationToken cancellationToken) => calls.RunAsync(
        "Leases.FindOwner",
        state => state.Leases
            .OrderBy(lease => lease.Key)
            .Where(lease => state.Lives(lease.Value))
            .Select(lease => state.Nodes[lease.Value!].Node)
            .FirstOrDefault(),
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NodePresence>> ListNodesAsync(CancellationToken cancellationToken) => calls.RunAsync<IReadOnlyList<NodePresence>>(
        "Leases.ListNodes",
        state =>
        [
            .. state.Nodes.Values
                .Where(node => state.Lives(node.Node.Id))
                .Select(node => new NodePresence(node.Node, HeldBy(state, node.Node.Id).Count))
                .OrderBy(node => node.Node.Id, StringComparer.Ordinal),
        ],
        cancellationToken);

    /// <summary>Ends the sessions of the nodes that acquired here, as a process that ends does: without giving anything back.</summary>
    public ValueTask DisposeAsync()
    {
        lock (shared.Gate)
        {
            foreach (string node in _nodes)
            {
                shared.Nodes.Remove(node);
            }

            _nodes.Clear();
        }

        return ValueTask.CompletedTask;
    }

    private LeaseAttempt Acquire(MemoryStoreState state, NodeInfo node, IReadOnlyList<int> shards, TimeSpan timeToLive)
    {
        _nodes.Add(node.Id);
        state.Nodes[node.Id] = (node, state.TimeProvider.GetUtcNow() + timeToLive);
        var granted = new List<ShardLease>(shards.Count);
        NodeInfo? heldBy = null;
        foreach (int shard in shards)
        {
            string? holder = state.Leases.GetValueOrDefault(shard);
            bool own = string.Equals(holder, node.Id, StringComparison.Ordinal);
            if (!own && state.Lives(holder))
            {
                heldBy ??= state.Nodes[holder!].Node;
                continue;
            }

            PartitionPositions found = state.PositionsOf(shard);
            long epoch = found.Epoch + 1;
            state.Leases[shard] = node.Id;
            state.Partitions[shard] = found with { Epoch = epoch };
            granted.Add(new ShardLease(shard, epoch));
        }

        return new LeaseAttempt(granted, heldBy);
    }

    private static List<ShardLease> Renew(MemoryStoreState state, string nodeId, TimeSpan timeToLive)
    {
        // A node that let its time run out is alive again as long as nobody took its shards.
        if (state.Nodes.TryGetValue(nodeId, out (NodeInfo Node, DateTimeOffset Until) node))
        {
            state.Nodes[nodeId] = (node.Node, state.TimeProvider.GetUtcNow() + timeToLive);
            return [.. HeldBy(state, nodeId).Select(shard => new ShardLease(shard, state.PositionsOf(shard).Epoch))];
        }

        return [];
    }

    private static List<int> HeldBy(MemoryStoreState state, string nodeId) =>
    [
        .. state.Leases
            .Where(lease => string.Equals(lease.Value, nodeId, StringComparison.Ordinal))
            .Select(lease => lease.Key)
            .Order(),
    ];
}
