using DataLoad.Engine.Nodes;
using DataLoad.Engine.Storage;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

/// <summary>What a store of nodes does that several of them run over.</summary>
public abstract class SharedNodeStoreConformance : NodeStoreConformance
{
    [Fact]
    public async Task A_lease_of_a_node_that_left_or_is_gone_is_free()
    {
        IStore second = await OpenAsync();
        await second.Nodes.EnterAsync(Place("second"), LongLife, Token);
        await Store.Nodes.EnterAsync(Place("first"), LongLife, Token);
        (await Store.Nodes.AcquireLeaseAsync("a", "first", LongLife, Token)).ShouldBeTrue();

        await Store.Nodes.LeaveAsync("first", Token);
        (await second.Nodes.AcquireLeaseAsync("a", "second", LongLife, Token)).ShouldBeTrue();

        await Store.Nodes.EnterAsync(Place("first"), ShortLife, Token);
        await second.DisposeAsync();
        await UntilAsync(async () => await Store.Nodes.AcquireLeaseAsync("a", "first", LongLife, Token));
    }

    [Fact]
    public async Task A_node_that_was_expelled_learns_so_and_lives_again_when_it_enters_anew()
    {
        await Store.Nodes.EnterAsync(Place("first"), LongLife, Token);
        IStore second = await OpenAsync();
        await second.Nodes.EnterAsync(Place("second"), LongLife, Token);
        await second.Nodes.RenewAsync("second", hasJoined: true, LongLife, Token);

        await second.Nodes.ExpelAsync(Place("first").ClusterAddress, uid: 99, Token);
        (await AnswerAsync(() => Store.Nodes.RenewAsync("first", hasJoined: true, LongLife, Token))).ShouldBe(1, "another actor system was meant");
        await second.Nodes.ExpelAsync(Place("first").ClusterAddress, Place("first").Uid, Token);

        (await AnswerAsync(() => Store.Nodes.RenewAsync("first", hasJoined: true, LongLife, Token))).ShouldBeNull();
        (await second.Nodes.ListAsync(Token)).Select(node => node.Node.Id).ShouldBe(["second"]);
        NodeEntry again = await AnswerAsync(() => Store.Nodes.EnterAsync(Place("first") with { Uid = 2 }, LongLife, Token));
        (again.IsFounder, again.Others.Single().Node.Id).ShouldBe((false, "second"));
    }

    [Fact]
    public async Task Of_nodes_that_enter_at_once_exactly_one_founds_the_cluster()
    {
        IStore[] stores = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => OpenAsync()));

        NodeEntry[] entries = await Task.WhenAll(
            stores.Select((store, i) => Task.Run(async () => await store.Nodes.EnterAsync(Place($"n{i}"), LongLife, Token), Token)));

        entries.Count(entry => entry.IsFounder).ShouldBe(1);
        entries.ShouldAllBe(entry => entry.Generation == 1);
        (await Store.Nodes.ListAsync(Token)).Count.ShouldBe(6);
    }
}
