using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;

namespace DataLoad.Engine.Partitions;

/// <summary>Decides for the coordinator where Partitions run: as another strategy does, but for those that a region runs and the coordinator believes nowhere
/// or elsewhere. They stay where they run, and move from there as all others do.</summary>
/// <remarks>A coordinator that takes over knows what most nodes were told; where most have died within moments, nobody may have told those that are left what
/// runs there. Regions are never asked by Akka: one goes on with what it runs, and the coordinator has another run it too, so that the two take it from each
/// other for as long as events come, and counts that are even are not. Hence they are asked here, before each rebalance.</remarks>
/// <param name="shares">Decides about all others.</param>
/// <param name="patience">How long regions may take to say what they run: what a slower one runs is found at a later rebalance.</param>
internal sealed class PartitionPlacement(IShardAllocationStrategy shares, TimeSpan patience) : IActorSystemDependentAllocationStrategy
{
    // What regions were last found to run that the coordinator does not know there. Replaced as a whole, since regions answer beside the coordinator.
    private volatile ImmutableDictionary<string, IActorRef> _found = ImmutableDictionary<string, IActorRef>.Empty;

    public void Start(ActorSystem system)
    {
        // Another coordinator's findings are none of this one's.
        _found = ImmutableDictionary<string, IActorRef>.Empty;
        (shares as IActorSystemDependentAllocationStrategy)?.Start(system);
    }

    public Task<IActorRef> AllocateShard(
        IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations) =>
        _found.TryGetValue(shardId, out IActorRef? region) && currentShardAllocations.ContainsKey(region)
            ? Task.FromResult(region)
            : shares.AllocateShard(requester, shardId, currentShardAllocations);

    public Task<IImmutableSet<string>> Rebalance(
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress) =>
        rebalanceInProgress.Count == 0
            ? FindAndRebalanceAsync(currentShardAllocations, rebalanceInProgress)

            // One that is handed off answers its region nothing, and moves to where it was found if it was.
            : shares.Rebalance(currentShardAllocations, rebalanceInProgress);

    private async Task<IImmutableSet<string>> FindAndRebalanceAsync(
        IImmutableDictionary<IActorRef, IImmutableList<string>> allocations, IImmutableSet<string> inProgress)
    {
        Dictionary<string, IActorRef> believed =
            allocations.SelectMany(region => region.Value.Select(shard => (shard, region.Key))).ToDictionary(StringComparer.Ordinal);
        (string Shard, IActorRef Region)[][] running = await Task.WhenAll(allocations.Keys.Select(RunningAtAsync));
        ImmutableDictionary<string, IActorRef> before = _found;
        var found = running.SelectMany(shards => shards)
            .Where(one => !one.Region.Equals(believed.GetValueOrDefault(one.Shard)))
            .DistinctBy(one => one.Shard, StringComparer.Ordinal)
            .ToImmutableDictionary(one => one.Shard, one => one.Region, StringComparer.Ordinal);
        _found = found;

        // Handed off by whom the coordinator believes to run it, it is placed where it was found. Found twice: a region may hear of the end of what it handed
        // off only after the coordinator placed it elsewhere.
        ImmutableHashSet<string> misplaced =
            [.. found.Where(one => believed.ContainsKey(one.Key) && one.Value.Equals(before.GetValueOrDefault(one.Key))).Select(one => one.Key)];
        return misplaced.IsEmpty ? await shares.Rebalance(allocations, inProgress) : misplaced;
    }

    private async Task<(string Shard, IActorRef Region)[]> RunningAtAsync(IActorRef region)
    {
        try
        {
            ShardRegionStats running = await region.Ask<ShardRegionStats>(GetShardRegionStats.Instance, patience);
            return [.. running.Stats.Keys.Select(shard => (shard, region))];
        }
        catch (AskTimeoutException)
        {
            return [];
        }
    }
}
