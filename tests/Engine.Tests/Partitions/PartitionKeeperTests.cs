using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit;
using DataLoad.Engine.Partitions;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Partitions;

/// <summary>What keeps Partitions running, between a region and the keeper of another node that a test plays.</summary>
public sealed class PartitionKeeperTests : PartitionSpec
{
    private readonly TestProbe _region;
    private readonly TestProbe _other;
    private readonly IActorRef _keeper;

    public PartitionKeeperTests()
    {
        (_region, _other) = (CreateTestProbe("region"), CreateTestProbe("other"));
        Settings = Settings with { Partitions = 2, KeepRunningInterval = TimeSpan.FromHours(1) };
        _keeper = Sys.ActorOf(PartitionKeeper.Props(_region, Context(), () => [_other.Ref]));
    }

    [Fact]
    public async Task Every_Partition_is_asked_for_at_the_start()
    {
        await ExpectAllAskedAsync();
        await _region.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_Partition_that_another_node_gave_up_is_asked_for_at_once()
    {
        await ExpectAllAskedAsync();
        _keeper.Tell(Status("b", PartitionPhase.Serving), _other);
        _keeper.Tell(Status("b", PartitionPhase.Stopped), _other);

        (await _region.ExpectMsgAsync<GetStatus>()).Partition.ShouldBe(1);
        Registry.Serves(1).ShouldBeFalse();
    }

    [Fact]
    public async Task One_that_has_a_newer_owner_is_not_asked_for_when_its_former_owner_says_that_it_gave_it_up()
    {
        await ExpectAllAskedAsync();
        _keeper.Tell(Status("c", PartitionPhase.Serving) with { Epoch = 9 }, _other);
        _keeper.Tell(Status("b", PartitionPhase.Stopped) with { Epoch = 8 }, _other);
        _keeper.Tell(Status("d", PartitionPhase.Stopped) with { Partition = 0 }, _other);

        (await _region.ExpectMsgAsync<GetStatus>()).Partition.ShouldBe(0, "nothing was asked before it");
        Registry.Serves(1).ShouldBeTrue();
    }

    [Fact]
    public async Task Other_nodes_are_told_of_what_is_given_up_here_by_a_node_that_leaves_too()
    {
        await ExpectAllAskedAsync();
        Sys.EventStream.Publish(new PartitionGivenUp(Status("a", PartitionPhase.Stopped)));
        (await _other.ExpectMsgAsync<PartitionStatus>()).Partition.ShouldBe(1);

        await _keeper.Ask<PartitionKeeper.KeepsNothing>(PartitionKeeper.KeepNothing.Instance, TimeSpan.FromSeconds(10));
        Sys.EventStream.Publish(new PartitionGivenUp(Status("a", PartitionPhase.Stopped) with { Partition = 0 }));
        (await _other.ExpectMsgAsync<PartitionStatus>()).Partition.ShouldBe(0);
    }

    [Fact]
    public async Task A_node_that_leaves_asks_for_nothing()
    {
        await ExpectAllAskedAsync();
        await _keeper.Ask<PartitionKeeper.KeepsNothing>(PartitionKeeper.KeepNothing.Instance, TimeSpan.FromSeconds(10));
        _keeper.Tell(Status("b", PartitionPhase.Stopped), _other);
        Sys.EventStream.Publish(new NodeGone(Address.AllSystems));
        Sys.EventStream.Publish(new PartitionGivenUp(Status("a", PartitionPhase.Stopped)));

        await _other.ExpectMsgAsync<PartitionStatus>();
        await _region.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    private async Task ExpectAllAskedAsync()
    {
        (await _region.ExpectMsgAsync<GetStatus>()).Partition.ShouldBe(0);
        (await _region.ExpectMsgAsync<GetStatus>()).Partition.ShouldBe(1);
    }

    private static PartitionStatus Status(string node, PartitionPhase phase) => new() { Partition = 1, Node = node, Phase = phase };
}
