using DataLoad.Engine.Nodes;
using DataLoad.Engine.Storage;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

/// <summary>What every store of nodes does.</summary>
public abstract class NodeStoreConformance : ConformanceBase
{
    /// <summary>Whether several nodes may run over the store.</summary>
    protected virtual bool TakesSeveral => true;

    [Fact]
    public async Task The_first_node_founds_a_cluster_and_counts_as_joined()
    {
        (await Store.Nodes.ListAsync(Token)).ShouldBeEmpty();

        NodeEntry entry = await Store.Nodes.EnterAsync(Place("first"), LongLife, Token);

        (entry.IsFounder, entry.Others.Count).ShouldBe((true, 0));
        entry.Generation.ShouldBe(1);
        (await Store.Nodes.ListAsync(Token)).ShouldBe([new NodePresence(Place("first"), HasJoined: true)]);
        (await Store.Nodes.RenewAsync("first", hasJoined: true, LongLife, Token)).ShouldBe(1);
    }

    [Fact]
    public async Task A_second_node_learns_whom_to_join_or_is_refused_by_name()
    {
        await Store.Nodes.EnterAsync(Place("first"), LongLife, Token);
        IStore second = await OpenAsync();

        if (!TakesSeveral)
        {
            StoreException refused = await Should.ThrowAsync<StoreException>(() => second.Nodes.EnterAsync(Place("second"), LongLife, Token).AsTask());
            refused.Message.ShouldContain("first");
            (await Store.Nodes.RenewAsync("first", hasJoined: true, LongLife, Token)).ShouldBe(1);
            return;
        }

        NodeEntry entry = await second.Nodes.EnterAsync(Place("second"), LongLife, Token);

        (entry.IsFounder, entry.Generation).ShouldBe((false, 1));
        entry.Others.ShouldBe([new NodePresence(Place("first"), HasJoined: true)]);
        (await Store.Nodes.ListAsync(Token)).Select(node => (node.Node.Id, node.HasJoined)).ShouldBe([("first", true), ("second", false)]);
        (await second.Nodes.RenewAsync("second", hasJoined: true, LongLife, Token)).ShouldBe(1);
        (await Store.Nodes.ListAsync(Token)).ShouldAllBe(node => node.HasJoined);
    }

    [Fact]
    public async Task Entering_again_after_an_unknown_outcome_or_anew_founds_another_cluster_where_nobody_else_has_joined()
    {
        await Store.Nodes.EnterAsync(Place("first"), LongLife, Token);

        NodeEntry again = await Store.Nodes.EnterAsync(Place("first") with { Uid = 9 }, LongLife, Token);

        (again.IsFounder, again.Generation).ShouldBe((true, 2));
        (await Store.Nodes.RenewAsync("first", hasJoined: true, LongLife, Token)).ShouldBe(2);
        (await Store.Nodes.ListAsync(Token)).Single().Place.Uid.ShouldBe(9);
    }

    [Fact]
    public async Task A_node_that_left_is_forgotten_and_the_next_one_founds_a_cluster()
    {
        await Store.Nodes.EnterAsync(Place("first"), LongLife, Token);
        await Store.Nodes.LeaveAsync("first", Token);
        (await Store.Nodes.ListAsync(Token)).ShouldBeEmpty();
        (await Store.Nodes.RenewAsync("first", hasJoined: true, LongLife, Token)).ShouldBeNull();
        IStore second = await OpenAsync();

        (await second.Nodes.EnterAsync(Place("second"), LongLife, Token)).ShouldSatisfyAllConditions(
            entry => entry.IsFounder.ShouldBeTrue(), entry => entry.Generation.ShouldBe(2));
    }

    [Fact]
    public async Task A_node_whose_process_ended_is_gone_at_once_or_when_its_time_is_up()
    {
        await Store.Nodes.EnterAsync(Place("first"), ShortLife, Token);
        await Store.DisposeAsync();
        IStore other = await OpenAsync();

        await UntilAsync(async () => (await other.Nodes.ListAsync(Token)).Count == 0);
        (await other.Nodes.EnterAsync(Place("second"), LongLife, Token)).IsFounder.ShouldBeTrue();
    }

    [Fact]
    public async Task Nobody_else_is_renewed_or_forgotten()
    {
        await Store.Nodes.EnterAsync(Place("first"), LongLife, Token);

        (await Store.Nodes.RenewAsync("stranger", hasJoined: true, LongLife, Token)).ShouldBeNull();
        await Store.Nodes.LeaveAsync("stranger", Token);

        (await Store.Nodes.ListAsync(Token)).Single().Node.Id.ShouldBe("first");
    }

    [Fact]
    public async Task A_lease_is_its_holders_until_it_is_given_back_or_its_time_is_up()
    {
        await Store.Nodes.EnterAsync(Place("first"), LongLife, Token);
        (await Store.Nodes.AcquireLeaseAsync("a", "first", LongLife, Token)).ShouldBeTrue();
        (await Store.Nodes.AcquireLeaseAsync("a", "first", LongLife, Token)).ShouldBeTrue();
        if (!TakesSeveral)
        {
            (await Store.Nodes.AcquireLeaseAsync("a", "second", LongLife, Token)).ShouldBeFalse();
            return;
        }

        IStore second = await OpenAsync();
        await second.Nodes.EnterAsync(Place("second"), LongLife, Token);
        (await second.Nodes.AcquireLeaseAsync("a", "second", LongLife, Token)).ShouldBeFalse();
        (await second.Nodes.AcquireLeaseAsync("b", "second", LongLife, Token)).ShouldBeTrue();
        await second.Nodes.ReleaseLeaseAsync("a", "second", Token);
        (await second.Nodes.AcquireLeaseAsync("a", "second", LongLife, Token)).ShouldBeFalse();
        await Store.Nodes.ReleaseLeaseAsync("a", "first", Token);
        (await second.Nodes.AcquireLeaseAsync("a", "second", ShortLife, Token)).ShouldBeTrue();

        await UntilAsync(async () => await Store.Nodes.AcquireLeaseAsync("a", "first", LongLife, Token));
    }
}
