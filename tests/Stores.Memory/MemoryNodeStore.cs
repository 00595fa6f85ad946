using DataLoad.Engine.Nodes;

namespace DataLoad.Engine.Storage.Memory;

/// <summary>Nodes and leases in memory, for any number of nodes: one lives until its time to live runs out or its session ends.</summary>
internal sealed class MemoryNodeStore(MemoryCalls calls, MemoryStoreState shared) : INodeStore
{
    private readonly HashSet<string> _nodes = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public ValueTask<string?> FindRefusalAsync(CancellationToken cancellationToken) => ValueTask.FromResult<string?>(null);

    /// <inheritdoc/>
    public ValueTask<NodeEntry> EnterAsync(NodePlace node, TimeSpan timeToLive, CancellationToken cancellationToken) => calls.RunAsync(
        "Nodes.Enter",
        state =>
        {
            _nodes.Add(node.Node.Id);
            NodePresence[] others = [.. Living(state).Where(other => !string.Equals(other.Node.Id, node.Node.Id, StringComparison.Ordinal))];
            bool isFounder = !others.Any(other => other.HasJoined);
            state.Generation += isFounder ? 1 : 0;
            state.Nodes[node.Node.Id] = new MemoryNode(node, state.TimeProvider.GetUtcNow() + timeToLive, isFounder, IsExpelled: false);
            return new NodeEntry(state.Generation, isFounder, others);
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long?> RenewAsync(string nodeId, bool hasJoined, TimeSpan timeToLive, CancellationToken cancellationToken) => calls.RunAsync<long?>(
        "Nodes.Renew",
        state =>
        {
            if (!state.Nodes.TryGetValue(nodeId, out MemoryNode? node) || node.IsExpelled)
            {
                return null;
            }

            state.Nodes[nodeId] = node with { Until = state.TimeProvider.GetUtcNow() + timeToLive, HasJoined = node.HasJoined || hasJoined };
            return state.Generation;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string?> ExpelAsync(string clusterAddress, long uid, CancellationToken cancellationToken) => calls.RunAsync<string?>(
        "Nodes.Expel",
        state =>
        {
            foreach ((string id, MemoryNode node) in state.Nodes.ToList())
            {
                if (node.Place.Uid == uid && string.Equals(node.Place.ClusterAddress, clusterAddress, StringComparison.Ordinal))
                {
                    state.Nodes[id] = node with { IsExpelled = true };
                }
            }

            return null;
        },
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask LeaveAsync(string nodeId, CancellationToken cancellationToken) => await calls.RunAsync(
        "Nodes.Leave",
        state =>
        {
            foreach (string lease in state.Leases.Where(lease => string.Equals(lease.Value.NodeId, nodeId, StringComparison.Ordinal))
                .Select(lease => lease.Key).ToList())
            {
                state.Leases.Remove(lease);
            }

            state.Nodes.Remove(nodeId);
            return _nodes.Remove(nodeId);
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NodePresence>> ListAsync(CancellationToken cancellationToken) => calls.RunAsync<IReadOnlyList<NodePresence>>(
        "Nodes.List", state => [.. Living(state).OrderBy(node => node.Node.Id, StringComparer.Ordinal)], cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> AcquireLeaseAsync(string lease, string nodeId, TimeSpan timeToLive, CancellationToken cancellationToken) => calls.RunAsync(
        "Nodes.AcquireLease",
        state =>
        {
            DateTimeOffset now = state.TimeProvider.GetUtcNow();
            if (state.Leases.TryGetValue(lease, out (string NodeId, DateTimeOffset Until) held) && held.Until > now
                && !string.Equals(held.NodeId, nodeId, StringComparison.Ordinal) && Living(state).Any(node => string.Equals(node.Node.Id, held.NodeId, StringComparison.Ordinal)))
            {
                return false;
            }

            state.Leases[lease] = (nodeId, now + timeToLive);
            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask ReleaseLeaseAsync(string lease, string nodeId, CancellationToken cancellationToken) => await calls.RunAsync(
        "Nodes.ReleaseLease",
        state => state.Leases.TryGetValue(lease, out (string NodeId, DateTimeOffset Until) held)
            && string.Equals(held.NodeId, nodeId, StringComparison.Ordinal) && state.Leases.Remove(lease),
        cancellationToken);

    /// <summary>Ends the sessions of the nodes that entered here, as a process that ends does.</summary>
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

    private static IEnumerable<NodePresence> Living(MemoryStoreState state) => state.Nodes.Values
        .Where(node => !node.IsExpelled && node.Until > state.TimeProvider.GetUtcNow())
        .Select(node => new NodePresence(node.Place, node.HasJoined));
}

/// <summary>A node as it is noted.</summary>
internal sealed record MemoryNode(NodePlace Place, DateTimeOffset Until, bool HasJoined, bool IsExpelled);
