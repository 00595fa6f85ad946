using Akka.Actor;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Tests.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Partitions;

public sealed class PartitionSlicesTests : PartitionSpec
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Slices_wait_together_until_somebody_reads_their_Counter()
    {
        IActorRef partition = await StartWithoutRoundsAsync(Settings.MaxUnappliedBytes);
        await TakeInAsync(partition, Share(7, 5, "a"));
        await TakeInAsync(partition, Share(8, 5, "b"));
        long both = (await StatusAsync(partition)).UnappliedBytes;
        both.ShouldBeGreaterThan(0);

        TopicRows rows = await partition.Ask<TopicRows>(new GetTopic(Number, 2, new TopicKey("activity", 7), [739_675], 0, 739_675), Patience);

        rows.Rows.ShouldHaveSingleItem().Values.Sum().ShouldBe(2);
        await AwaitAssertAsync(async () => (await StatusAsync(partition)).UnappliedBytes.ShouldBeInRange(1, both - 1), Patience);
        await partition.Ask<Done>(new CheckpointNow(Number), Patience);
        (Shares(7), Shares(8)).ShouldBe(((1, 1), (1, 1)));
        (await StatusAsync(partition)).UnappliedBytes.ShouldBe(0);
    }

    [Fact]
    public async Task Counters_are_given_their_slices_when_half_of_what_may_wait_does()
    {
        const int MaxUnapplied = 4_000;
        IActorRef partition = await StartWithoutRoundsAsync(MaxUnapplied);
        long most = 0;
        for (int user = 1; user <= 100; user++)
        {
            await TakeInAsync(partition, Share(7 + (user % 3), user, $"{user}"));
            most = Math.Max(most, (await StatusAsync(partition)).UnappliedBytes);
        }

        most.ShouldBeInRange(MaxUnapplied / 4, MaxUnapplied / 2);
        Store.Rows.ShouldHaveSingleItem().TopicId.ShouldBe(1);
        await partition.Ask<Done>(new CheckpointNow(Number), Patience);
        (Shares(7), Shares(8), Shares(9)).ShouldBe(((33, 33), (34, 34), (33, 33)));
    }

    [Fact]
    public async Task Slices_that_wait_are_lost_with_their_owner_and_replayed_by_the_next()
    {
        IActorRef partition = await StartWithoutRoundsAsync(Settings.MaxUnappliedBytes);
        await TakeInAsync(partition, Share(7, 5, "a"), Share(7, 6, "b"));
        Watch(partition);
        Sys.Stop(partition);
        await ExpectTerminatedAsync(partition, Patience, cancellationToken: TestContext.Current.CancellationToken);

        (IActorRef next, _) = await StartServingAsync();
        await next.Ask<Done>(new CheckpointNow(Number), Patience);

        Shares(7).ShouldBe((2, 2));
    }

    /// <summary>A Partition that writes no row by itself, since its last round was just now.</summary>
    private async Task<IActorRef> StartWithoutRoundsAsync(long maxUnappliedBytes)
    {
        Settings = Settings with { FlushInterval = TimeSpan.FromHours(1), MaxUnappliedBytes = maxUnappliedBytes };
        (IActorRef partition, _) = await StartServingAsync();
        await TakeInAsync(partition, Share(1, 1, "first", day: 700_000));
        await partition.Ask<Done>(new CheckpointNow(Number), Patience);
        return partition;
    }

    private async Task TakeInAsync(IActorRef partition, params EventSpec[] events)
    {
        partition.Tell(Batch(events), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
    }
}
