using DataLoad.Engine.Leasing;
using DataLoad.Engine.Storage;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

/// <summary>What every lease store does.</summary>
public abstract class LeaseStoreConformance : ConformanceBase
{
    /// <summary>Whether a node that stands by is seen by others.</summary>
    protected virtual bool ListsStandbys => true;

    [Fact]
    public async Task Nodes_that_live_are_listed_with_their_shards_until_they_go()
    {
        (await Store.Leases.ListNodesAsync(Token)).ShouldBeEmpty();
        await LeaseAsync(0, 1, 2);
        IStore second = await OpenAsync();
        await second.Leases.AcquireAsync(Node("second"), [0, 1, 2], LongLife, Token);

        IReadOnlyList<NodePresence> both = [new(Node("first"), 3), new(Node("second"), 0)];
        (await second.Leases.ListNodesAsync(Token)).ShouldBe(ListsStandbys ? both : both.Take(1));

        await second.Leases.ReleaseAsync("second", Token);
        (await Store.Leases.ListNodesAsync(Token)).ShouldBe([new NodePresence(Node("first"), 3)]);
        await Store.Leases.ReleaseAsync("first", Token);
        (await Store.Leases.ListNodesAsync(Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Free_shards_are_granted_with_an_epoch_of_1_and_up()
    {
        LeaseAttempt attempt = await Store.Leases.AcquireAsync(Node("first"), [0, 1, 2], LongLife, Token);

        attempt.HeldBy.ShouldBeNull();
        attempt.Granted.Select(lease => lease.Shard).Order().ShouldBe([0, 1, 2]);
        attempt.Granted.ShouldAllBe(lease => lease.Epoch >= 1);
    }

    [Fact]
    public async Task A_second_node_is_not_granted_what_a_living_one_holds_and_learns_who_does()
    {
        await LeaseAsync(0, 1);
        IStore second = await OpenAsync();

        LeaseAttempt attempt = await second.Leases.AcquireAsync(Node("second"), [0, 1], LongLife, Token);

        attempt.Granted.ShouldBeEmpty();
        attempt.HeldBy.ShouldBe(Node("first"));
        (await Store.Leases.RenewAsync("first", LongLife, Token)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_second_node_at_the_same_store_is_not_granted_what_the_first_holds()
    {
        await LeaseAsync(0);

        LeaseAttempt attempt = await Store.Leases.AcquireAsync(Node("second"), [0], LongLife, Token);

        attempt.Granted.ShouldBeEmpty();
        attempt.HeldBy.ShouldBe(Node("first"));
    }

    [Fact]
    public async Task A_node_may_take_more_shards_and_keeps_those_it_has()
    {
        long[] epochs = await LeaseAsync(0, 1);

        await LeaseAsync(2, 3);

        IReadOnlyList<ShardLease> held = await Store.Leases.RenewAsync("first", LongLife, Token);
        held.Select(lease => lease.Shard).Order().ShouldBe([0, 1, 2, 3]);
        held.Single(lease => lease.Shard == 1).Epoch.ShouldBe(epochs[1]);
    }

    [Fact]
    public async Task Acquiring_again_after_an_unknown_outcome_grants_what_the_node_holds()
    {
        long epoch = (await LeaseAsync(0))[0];

        LeaseAttempt again = await Store.Leases.AcquireAsync(Node("first"), [0], LongLife, Token);

        again.HeldBy.ShouldBeNull();
        again.Granted.Single().Epoch.ShouldBeGreaterThan(epoch);
        (await Store.Partitions.SaveCheckpointAsync(0, epoch, 1, Token)).ShouldBeFalse("what an earlier ownership sent lands no more");
        (await Store.Partitions.SaveCheckpointAsync(0, again.Granted.Single().Epoch, 1, Token)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_takeover_from_a_node_that_is_gone_raises_every_epoch()
    {
        long[] epochs = await LeaseAsync(0, 1);

        (IStore successor, long[] raised) = await TakeOverAsync(0, 1);

        raised[0].ShouldBeGreaterThan(epochs[0]);
        raised[1].ShouldBeGreaterThan(epochs[1]);
        (await successor.Leases.FindOwnerAsync(Token)).ShouldBe(Node("second"));
    }

    [Fact]
    public async Task After_a_takeover_the_old_epoch_is_refused_and_the_new_one_accepted()
    {
        long epoch = (await LeaseAsync(0))[0];
        (IStore successor, long[] raised) = await TakeOverAsync(0);

        (await AnswerAsync(() => Store.Partitions.SaveCheckpointAsync(0, epoch, 5, Token))).ShouldBeFalse();
        (await successor.Partitions.SaveCheckpointAsync(0, epoch, 5, Token)).ShouldBeFalse();
        (await successor.Partitions.SaveCheckpointAsync(0, raised[0], 6, Token)).ShouldBeTrue();
    }

    [Fact]
    public async Task Released_shards_are_free_at_once_and_their_epochs_stay_used()
    {
        long[] epochs = await LeaseAsync(0, 1);
        await Store.Leases.ReleaseAsync("first", Token);
        IStore second = await OpenAsync();

        LeaseAttempt attempt = await second.Leases.AcquireAsync(Node("second"), [0, 1], LongLife, Token);

        attempt.Granted.Count.ShouldBe(2);
        attempt.Granted.Single(lease => lease.Shard == 0).Epoch.ShouldBeGreaterThan(epochs[0]);
        (await Store.Leases.RenewAsync("first", LongLife, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_same_node_gets_a_higher_epoch_after_it_released()
    {
        long epoch = (await LeaseAsync(0))[0];
        await Store.Leases.ReleaseAsync("first", Token);

        (await LeaseAsync(0))[0].ShouldBeGreaterThan(epoch);
    }

    [Fact]
    public async Task Renewing_returns_the_leases_of_the_node_only()
    {
        long[] epochs = await LeaseAsync(4, 7);

        IReadOnlyList<ShardLease> held = await Store.Leases.RenewAsync("first", LongLife, Token);

        held.OrderBy(lease => lease.Shard).ShouldBe([new ShardLease(4, epochs[0]), new ShardLease(7, epochs[1])]);
        (await Store.Leases.RenewAsync("stranger", LongLife, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Releasing_what_another_node_holds_changes_nothing()
    {
        await LeaseAsync(0);

        await Store.Leases.ReleaseAsync("stranger", Token);

        (await Store.Leases.RenewAsync("first", LongLife, Token)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_owner_is_found_from_its_own_store_and_from_others_while_it_lives()
    {
        IStore other = await OpenAsync();
        (await Store.Leases.FindOwnerAsync(Token)).ShouldBeNull();
        (await other.Leases.FindOwnerAsync(Token)).ShouldBeNull();

        await LeaseAsync(0);
        (await Store.Leases.FindOwnerAsync(Token)).ShouldBe(Node("first"));
        (await other.Leases.FindOwnerAsync(Token)).ShouldBe(Node("first"));

        await Store.Leases.ReleaseAsync("first", Token);
        (await Store.Leases.FindOwnerAsync(Token)).ShouldBeNull();
        (await other.Leases.FindOwnerAsync(Token)).ShouldBeNull();
    }

    [Fact]
    public async Task An_owner_that_is_gone_is_not_found()
    {
        await LeaseAsync(0);
        await Store.Leases.RenewAsync("first", ShortLife, Token);
        await Store.DisposeAsync();
        IStore other = await OpenAsync();

        await UntilAsync(async () => await other.Leases.FindOwnerAsync(Token) is null);
    }

    [Fact]
    public async Task Looking_for_the_owner_takes_nothing_from_it()
    {
        long epoch = (await LeaseAsync(0))[0];
        IStore other = await OpenAsync();

        for (int i = 0; i < 5; i++)
        {
            await other.Leases.FindOwnerAsync(Token);
        }

        (await Store.Leases.RenewAsync("first", LongLife, Token)).ShouldBe([new ShardLease(0, epoch)]);
    }
}
