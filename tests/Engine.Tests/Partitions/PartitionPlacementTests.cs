using System.Collections.Immutable;
using Akka.Actor;
using Akka.Actor.Dsl;
using Akka.Cluster.Sharding;
using Akka.TestKit.Xunit;
using DataLoad.Engine.Partitions;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Partitions;

/// <summary>Where Partitions are placed, between regions that a test plays and a strategy that shares them out.</summary>
public sealed class PartitionPlacementTests : TestKit, Akka.TestKit.INoImplicitSender
{
    private readonly Shares _shares = new();
    private readonly PartitionPlacement _placement;
    private readonly Dictionary<IActorRef, ImmutableList<string>> _running = [];
    private readonly IActorRef _a;
    private readonly IActorRef _b;

    public PartitionPlacementTests()
        : base("akka.loglevel = OFF, akka.stdout-loglevel = OFF")
    {
        (_a, _b) = (Region(), Region());
        _shares.Region = _b;
        _placement = PlacementWith(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task One_that_the_coordinator_does_not_know_of_is_placed_where_it_runs_and_the_others_as_they_are_shared_out()
    {
        Run(_a, "0", "1");
        (await RebalanceAsync(At(_a, "0"), At(_b))).ShouldBeEmpty();

        (await PlaceAsync("1")).ShouldBe(_a);
        (await PlaceAsync("2")).ShouldBe(_b);
        _shares.Started.ShouldBe(1);
    }

    [Fact]
    public async Task One_that_runs_elsewhere_than_the_coordinator_believes_is_handed_off_when_it_was_found_twice_and_placed_where_it_runs()
    {
        Run(_a, "0", "1");
        Run(_b, "1");
        _shares.Moved = ["0"];

        (await RebalanceAsync(At(_a, "0"), At(_b, "1"))).ShouldBe(["0"]);
        (await RebalanceAsync(At(_a, "0"), At(_b, "1"))).ShouldBe(["1"]);
        (await PlaceAsync("1")).ShouldBe(_a);
    }

    [Fact]
    public async Task One_that_a_region_had_not_ended_yet_when_it_was_looked_at_moves_no_more()
    {
        Run(_a, "0", "1");
        Run(_b, "1");
        await RebalanceAsync(At(_a, "0"), At(_b, "1"));
        Run(_a, "0");

        (await RebalanceAsync(At(_a, "0"), At(_b, "1"))).ShouldBeEmpty();
        (await PlaceAsync("0")).ShouldBe(_b, "it runs where the coordinator believes it, and may move");
        (await PlaceAsync("1")).ShouldBe(_b);
    }

    [Fact]
    public async Task While_one_is_handed_off_no_region_is_asked_and_what_was_found_holds()
    {
        Run(_a, "0", "1");
        await RebalanceAsync(At(_a, "0"), At(_b));
        Run(_a, "0");
        _shares.Moved = ["0"];

        (await _placement.Rebalance(Allocations(At(_a, "0"), At(_b, "2")), ImmutableHashSet.Create("2"))).ShouldBe(["0"]);
        (await PlaceAsync("1")).ShouldBe(_a);
    }

    [Fact]
    public async Task A_region_that_leaves_or_answers_nothing_is_given_none()
    {
        Run(_a, "1");
        await RebalanceAsync(At(_a), At(_b));
        (await _placement.AllocateShard(_b, "1", Allocations(At(_b)))).ShouldBe(_b);

        IActorRef silent = CreateTestProbe();
        _shares.Moved = ["2"];
        PartitionPlacement hasty = PlacementWith(TimeSpan.FromMilliseconds(50));
        (await hasty.Rebalance(Allocations(At(_b), At(silent, "2")), ImmutableHashSet<string>.Empty)).ShouldBe(["2"]);
    }

    [Fact]
    public async Task A_coordinator_that_starts_anew_knows_nothing_of_what_was_found_before()
    {
        Run(_a, "1");
        await RebalanceAsync(At(_a), At(_b));
        _placement.Start(Sys);

        (await PlaceAsync("1")).ShouldBe(_b);
    }

    private static (IActorRef Region, string[] Shards) At(IActorRef region, params string[] shards) => (region, shards);

    private static ImmutableDictionary<IActorRef, IImmutableList<string>> Allocations(params (IActorRef Region, string[] Shards)[] regions) =>
        regions.ToImmutableDictionary(one => one.Region, IImmutableList<string> (one) => [.. one.Shards]);

    private PartitionPlacement PlacementWith(TimeSpan patience)
    {
        var placement = new PartitionPlacement(_shares, patience);
        placement.Start(Sys);
        return placement;
    }

    private Task<IImmutableSet<string>> RebalanceAsync(params (IActorRef Region, string[] Shards)[] regions) =>
        _placement.Rebalance(Allocations(regions), ImmutableHashSet<string>.Empty);

    private Task<IActorRef> PlaceAsync(string shard) => _placement.AllocateShard(_b, shard, Allocations(At(_a), At(_b)));

    private void Run(IActorRef region, params string[] shards) => _running[region] = [.. shards];

    /// <summary>A region that says what it runs; what that is does not change while it is asked.</summary>
    private IActorRef Region() => Sys.ActorOf(dsl => dsl.Receive<GetShardRegionStats>((_, context) => context.Sender.Tell(
        new ShardRegionStats(_running.GetValueOrDefault(context.Self, []).ToImmutableDictionary(shard => shard, _ => 1), ImmutableHashSet<string>.Empty))));

    private sealed class Shares : IActorSystemDependentAllocationStrategy
    {
        public IActorRef Region { get; set; } = ActorRefs.Nobody;

        public ImmutableHashSet<string> Moved { get; set; } = [];

        public int Started { get; private set; }

        public void Start(ActorSystem system) => Started++;

        public Task<IActorRef> AllocateShard(
            IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations) => Task.FromResult(Region);

        public Task<IImmutableSet<string>> Rebalance(
            IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress) =>
            Task.FromResult<IImmutableSet<string>>(Moved);
    }
}
