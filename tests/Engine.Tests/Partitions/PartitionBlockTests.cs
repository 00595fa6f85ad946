using System.Diagnostics;
using Akka.Actor;
using DataLoad.Engine.Partitions;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Partitions;

/// <summary>When a Partition begins its blocks: those of a node begin together.</summary>
public sealed class PartitionBlockTests : PartitionSpec
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(200, 1800)]
    [InlineData(1500, 500)]
    public async Task What_comes_soon_after_a_busy_block_shares_one_that_begins_at_the_next_multiple_of_the_interval(int nowMs, int waitMs)
    {
        // The clock stands: all that comes, comes soon.
        var clock = new StandingClock(nowMs);
        Time = clock;
        Settings = Settings with { BlockInterval = TimeSpan.FromSeconds(2), BusyBlockEvents = 2 };
        (IActorRef partition, _) = await StartServingAsync();
        partition.Tell(Batch(Share(7, 5, "a"), Share(9, 6, "y")), TestActor);
        await AcceptedAsync();
        var watch = Stopwatch.StartNew();
        partition.Tell(Batch(Share(7, 6, "b")), TestActor);
        partition.Tell(Batch(Share(7, 6, "b"), Share(8, 6, "c")), TestActor);
        partition.Tell(Batch(Share(8, 7, "d")), TestActor);
        for (int i = 0; i < 3; i++)
        {
            await AcceptedAsync();
        }

        watch.Elapsed.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(waitMs - 50));
        Journal.EntriesOf(Number).Count.ShouldBe(3);
        clock.NowMs += 60_000;
        await AwaitAssertAsync(() => (Shares(7), Shares(8)).ShouldBe(((2, 2), (2, 2))), Patience);
    }

    [Fact]
    public async Task A_block_waits_for_a_longer_interval_while_writes_take_long()
    {
        var clock = new StandingClock(0);
        Time = clock;
        Settings = Settings with { BlockInterval = TimeSpan.FromSeconds(1), LongestBlockInterval = TimeSpan.FromSeconds(4), BusyBlockEvents = 2 };
        (IActorRef partition, _) = await StartServingAsync();
        Journal.BeforeWrite = _ =>
        {
            clock.NowMs += 400;
            return Task.CompletedTask;
        };
        partition.Tell(Batch(Share(7, 5, "a"), Share(9, 6, "y")), TestActor);
        await AcceptedAsync();
        var watch = Stopwatch.StartNew();
        partition.Tell(Batch(Share(7, 6, "b")), TestActor);
        await AcceptedAsync();

        watch.Elapsed.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(1600 - 50));
    }

    [Fact]
    public async Task After_a_small_block_and_after_a_rest_nothing_is_held_back()
    {
        var clock = new StandingClock(0);
        Time = clock;
        Settings = Settings with { BlockInterval = TimeSpan.FromMinutes(10), BusyBlockEvents = 2 };
        (IActorRef partition, _) = await StartServingAsync();
        partition.Tell(Batch(Share(9, 5, "x")), TestActor);
        await AcceptedAsync();
        partition.Tell(Batch(Share(7, 5, "a"), Share(9, 6, "y")), TestActor);
        await AcceptedAsync();
        clock.NowMs += 5 * (long)Settings.BlockInterval.TotalMilliseconds;
        partition.Tell(Batch(Share(7, 6, "b")), TestActor);
        await AcceptedAsync();
        Journal.EntriesOf(Number).Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_a_blocks_interval()
    {
        Settings = Settings with { BlockInterval = TimeSpan.FromMinutes(10), BusyBlockEvents = 1 };
        (IActorRef partition, _) = await StartServingAsync();
        Watch(partition);
        partition.Tell(Batch(Share(7, 5, "a")), TestActor);
        await AcceptedAsync();

        // It has arrived where the next message is answered, and waits.
        partition.Tell(Batch(Share(7, 6, "b")), TestActor);
        await StatusAsync(partition);
        partition.Tell(new StopPartition(Patience), TestActor);
        await AcceptedAsync();
        await ExpectTerminatedAsync(partition, Patience, cancellationToken: TestContext.Current.CancellationToken);
        Shares(7).ShouldBe((2, 2));
    }

    private async Task AcceptedAsync() => await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>A clock that moves when it is told to.</summary>
    private sealed class StandingClock(long nowMs) : TimeProvider
    {
        public long NowMs { get; set; } = nowMs;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => NowMs;
    }
}
