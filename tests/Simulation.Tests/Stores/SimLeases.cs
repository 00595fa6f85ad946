using DataLoad.Engine.Leasing;

namespace DataLoad.Simulation.Stores;

/// <summary>Leases over the wire.</summary>
internal sealed class SimLeases(ILeaseStore leases, StoreWire wire, IStoreWatch watch) : ILeaseStore
{
    public ValueTask<LeaseAttempt> AcquireAsync(NodeInfo node, IReadOnlyList<int> shards, TimeSpan timeToLive, CancellationToken cancellationToken) => wire.WriteAsync(
        "Leases.Acquire",
        async () =>
        {
            LeaseAttempt attempt = await leases.AcquireAsync(node, shards, timeToLive, CancellationToken.None);
            watch.OnAcquired(node, attempt.Granted);
            return attempt;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<ShardLease>> RenewAsync(string nodeId, TimeSpan timeToLive, CancellationToken cancellationToken) =>
        wire.WriteAsync("Leases.Renew", () => leases.RenewAsync(nodeId, timeToLive, CancellationToken.None), cancellationToken);

    public async ValueTask ReleaseAsync(string nodeId, CancellationToken cancellationToken) => await wire.WriteAsync(
        "Leases.Release",
        async () =>
        {
            await leases.ReleaseAsync(nodeId, CancellationToken.None);
            return true;
        },
        cancellationToken);

    public ValueTask<NodeInfo?> FindOwnerAsync(CancellationToken cancellationToken) => leases.FindOwnerAsync(cancellationToken);

    public ValueTask<IReadOnlyList<NodePresence>> ListNodesAsync(CancellationToken cancellationToken) => leases.ListNodesAsync(cancellationToken);

    public ValueTask DisposeAsync() => leases.DisposeAsync();
}
