using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using DataLoad.Engine.Partitions;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Clustering;

/// <summary>Where Partitions run, in a cluster of real nodes.</summary>
public sealed class PlacementTests : IDisposable
{
    private const int Partitions = 16;

    // Where Partitions are is told to the two oldest of three nodes, which are most, and to the third only by gossip: not in this test's time.
    private const string WithoutGossip = "akka.cluster.sharding.distributed-data.gossip-interval = 1h";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _directory = Directory.CreateTempSubdirectory("placement-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Partitions_of_a_node_that_outlives_those_who_knew_of_them_run_once_and_are_shared_with_the_next_one()
    {
        await using Node first = Node.Start(_directory, settings: WithoutGossip);
        await using Node second = Node.Start(_directory, settings: WithoutGossip);
        await using Node third = Node.Start(_directory, settings: WithoutGossip);
        await using Node fourth = Node.Start(_directory, settings: WithoutGossip);
        await first.JoinAsync(first);
        await second.JoinAsync(first);
        await third.JoinAsync(first);
        IActorRef[] regions = await Task.WhenAll(((Node[])[first, second, third]).Select(StartRegionAsync));
        await AwaitEvenAsync(regions);

        await Task.WhenAll(first.KillAsync(), second.KillAsync());
        var cluster = Cluster.Get(third.System);
        cluster.Down(first.Address);
        cluster.Down(second.Address);
        await fourth.JoinAsync(third);

        await AwaitEvenAsync(regions[2], await StartRegionAsync(fourth));
    }

    private static Task<IActorRef> StartRegionAsync(Node node) =>
        node.System.StartRegionAsync(_ => Props.Create(() => new Entity()), new Extractor(), new StopPartition(TimeSpan.FromSeconds(1)));

    /// <summary>Has all regions ask for all Partitions until each runs once, and as many at each region.</summary>
    private static async Task AwaitEvenAsync(params IActorRef[] regions)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            foreach (IActorRef region in regions)
            {
                for (int partition = 0; partition < Partitions; partition++)
                {
                    region.Tell(new GetStatus(partition), ActorRefs.NoSender);
                }
            }

            CurrentShardRegionState[] states = await Task.WhenAll(
                regions.Select(region => region.Ask<CurrentShardRegionState>(GetShardRegionState.Instance, TimeSpan.FromSeconds(5))));
            string[] running = [.. states.SelectMany(state => state.Shards.Select(shard => shard.ShardId))];
            int[] shares = [.. states.Select(state => state.Shards.Count)];
            if (running.Length == Partitions && running.Distinct().Count() == Partitions && shares.Max() - shares.Min() <= 1)
            {
                return;
            }

            limit.IsCancellationRequested.ShouldBeFalse(
                string.Join(" | ", states.Select(state => string.Join(' ', state.Shards.Select(shard => shard.ShardId)))));
            await Task.Delay(50, CancellationToken.None);
        }
    }

    private sealed class Extractor : HashCodeMessageExtractor
    {
        public Extractor()
            : base(Partitions)
        {
        }

        public override string? EntityId(object message) => message is IPartitionMessage partition ? $"{partition.Partition}" : null;

        public override string ShardId(string entityId, object? messageHint = null) => entityId;
    }

    private sealed class Entity : ReceiveActor
    {
        public Entity() => Receive<StopPartition>(_ => Context.Stop(Self));
    }
}
