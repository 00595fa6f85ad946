using Akka.Actor;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Partitions;

/// <summary>A row that its table refuses holds up itself alone.</summary>
public sealed class PartitionRefusedRowsTests : PartitionSpec
{
    private const int Refused = 7;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private int _ids;

    [Fact]
    public async Task Others_of_its_Partition_are_written_and_saved_and_it_follows_when_the_cause_is_gone()
    {
        Settings = Settings with { CheckpointInterval = TimeSpan.FromMilliseconds(50) };
        Store.Refuses = row => row.TopicId == Refused;
        (IActorRef partition, _) = await StartServingAsync();
        await CountAsync(partition, Refused, 8, 9);
        await AwaitAssertAsync(() => (Shares(8), Shares(9)).ShouldBe(((1, 1), (1, 1))), s_patience);
        await AwaitAssertAsync(() => Registry.Failing.ShouldHaveSingleItem().ShouldContain("activity:7 of "), s_patience);
        await CountAsync(partition, Refused, 8);
        await AwaitAssertAsync(() => Shares(8).ShouldBe((2, 2)), s_patience);
        long events = (await StatusAsync(partition)).SequenceNr;
        await AwaitAssertAsync(async () => (await StatusAsync(partition)).EventsSinceCheckpoint.ShouldBe(0), s_patience);

        // The next owner needs what the row lacks.
        Store.PositionsOf(Number).Checkpoint.ShouldBeLessThan(events - 1);
        Shares(Refused).ShouldBeNull();

        Store.Refuses = _ => false;

        await AwaitAssertAsync(() => Shares(Refused).ShouldBe((2, 2)), s_patience);
        await AwaitAssertAsync(() => Registry.Failing.ShouldBeEmpty(), s_patience);
        await CountAsync(partition, 8);
        await AwaitAssertAsync(() => Store.PositionsOf(Number).Checkpoint.ShouldBeGreaterThan(events), s_patience);
    }

    [Fact]
    public async Task Its_Partition_stops_in_order_and_the_next_owner_writes_it()
    {
        Store.Refuses = row => row.TopicId == Refused;
        (IActorRef partition, _) = await StartServingAsync();
        await CountAsync(partition, Refused, 8);
        await AwaitAssertAsync(() => Registry.Failing.ShouldHaveSingleItem().ShouldContain("activity:7 of "), s_patience);
        Watch(partition);
        partition.Tell(new StopPartition(TimeSpan.FromMinutes(5)));
        await ExpectTerminatedAsync(partition, s_patience, cancellationToken: TestContext.Current.CancellationToken);

        Store.Refuses = _ => false;
        (IActorRef next, _) = await StartServingAsync();

        await AwaitAssertAsync(() => Shares(Refused).ShouldBe((1, 1)), s_patience);
        (await next.Ask<Done>(new CheckpointNow(Number), s_patience)).Partition.ShouldBe(Number);
        Store.PositionsOf(Number).Checkpoint.ShouldBe((await StatusAsync(next)).SequenceNr);
    }

    [Fact]
    public async Task Each_try_is_made_with_what_it_holds_by_then()
    {
        Page page = Context().Plan.Catalog.PageNamed("act");
        int count = page.IndexOf("share_cnt");
        Store.Refuses = row => row.TopicId == Refused && row.Values[count] == 1;
        (IActorRef partition, _) = await StartServingAsync();
        await CountAsync(partition, Refused);
        await AwaitAssertAsync(() => Registry.Failing.ShouldNotBeEmpty(), s_patience);

        await CountAsync(partition, Refused);

        await AwaitAssertAsync(() => Shares(Refused).ShouldBe((2, 2)), s_patience);
    }

    [Fact]
    public async Task A_Counters_own_row_is_named_before_those_of_its_parts()
    {
        Store.Refuses = row => row.TopicId == Refused && row.Part is not null;
        (IActorRef partition, _) = await StartServingAsync();
        await CountAsync(partition, Refused);
        await AwaitAssertAsync(() => Registry.Failing.ShouldHaveSingleItem().ShouldContain("activity:7 parent"), s_patience);

        Store.Refuses = row => row.TopicId == Refused;
        await CountAsync(partition, Refused);

        await AwaitAssertAsync(() => Registry.Failing.ShouldHaveSingleItem().ShouldContain("activity:7 of "), s_patience);
    }

    [Fact]
    public async Task One_more_than_may_be_refused_holds_up_the_others_until_the_cause_is_gone()
    {
        Settings = Settings with { MaxRefusedRows = 2 };
        Store.Refuses = row => row.TopicId <= 3;
        (IActorRef partition, _) = await StartServingAsync();
        await CountAsync(partition, 1, 2, 3, 8);
        await AwaitAssertAsync(() => Registry.Failing.ShouldHaveSingleItem().ShouldStartWith("statistics: a check fails"), s_patience);

        Store.Refuses = _ => false;

        await AwaitAssertAsync(() => (Shares(1), Shares(2), Shares(3), Shares(8)).ShouldBe(((1, 1), (1, 1), (1, 1), (1, 1))), s_patience);
        await AwaitAssertAsync(() => Registry.Failing.ShouldBeEmpty(), s_patience);
    }

    [Fact]
    public async Task A_rebuild_says_which_rows_it_could_not_correct()
    {
        Store.Refuses = row => row.TopicId == Refused;
        (IActorRef partition, _) = await StartServingAsync();
        await CountAsync(partition, Refused, 8);
        await AwaitAssertAsync(() => Registry.Failing.ShouldNotBeEmpty(), s_patience);

        Rebuilt rebuilt = await partition.Ask<Rebuilt>(new Rebuild(Number, StatisticsFilter.All), s_patience);
        Rebuilt other = await partition.Ask<Rebuilt>(new Rebuild(Number, StatisticsFilter.All with { TopicType = "activity", TopicId = 8 }), s_patience);

        rebuilt.Damage.ShouldNotBeNull().ShouldContain("activity:7 of ");
        other.Damage.ShouldBeNull();
    }

    private async Task CountAsync(IActorRef partition, params int[] topics)
    {
        partition.Tell(Batch([.. topics.Select(topic => Share(topic, ++_ids, $"m{_ids}"))]), TestActor);
        await ExpectMsgAsync<Accepted>(s_patience, cancellationToken: TestContext.Current.CancellationToken);
    }
}
