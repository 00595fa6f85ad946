using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.TestKit;
using DataLoad.Engine.Partitions;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Partitions;

/// <summary>Who owns a Partition when writes fail or are refused: an incarnation that lost it resigns, and it is taken back by a member alone.</summary>
public sealed class PartitionOwnershipTests : PartitionSpec
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_failed_write_stops_the_Partition_unanswered_and_the_next_one_counts_the_batch_once()
    {
        (IActorRef partition, TestProbe parent) = await StartServingAsync();
        Watch(partition);

        // It took effect, and says that it did not.
        Journal.AfterWrite = _ => Task.FromException(new IOException("the connection was lost"));
        EventBatch batch = Batch(Share(7, 5, "a"));
        partition.Tell(batch, TestActor);
        await ExpectTerminatedAsync(partition, Patience, cancellationToken: TestContext.Current.CancellationToken);
        await parent.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken);
        Registry.Failing.ShouldContain(failing => failing.Contains("the connection was lost", StringComparison.Ordinal));

        Journal.AfterWrite = _ => Task.CompletedTask;
        (IActorRef next, _) = await StartServingAsync();
        next.Tell(batch, TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        await AwaitAssertAsync(() => Shares(7).ShouldBe((1, 1)), Patience);
        (await StatusAsync(next)).Epoch.ShouldBe(3);
    }

    [Fact]
    public async Task An_incarnation_whose_number_was_taken_resigns_and_the_other_goes_on()
    {
        (IActorRef stale, TestProbe parent) = await StartServingAsync();
        (IActorRef owner, _) = await StartServingAsync();
        stale.Tell(Batch(Share(7, 5, "a")), TestActor);
        (await parent.ExpectMsgAsync<Passivate>(Patience,
            cancellationToken: TestContext.Current.CancellationToken)).StopMessage.ShouldBeOfType<StopPartition>();
        owner.Tell(Batch(Share(7, 5, "a")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        await AwaitAssertAsync(() => Shares(7).ShouldBe((1, 1)), Patience);
    }

    [Fact]
    public async Task One_whose_write_was_refused_for_another_Partitions_number_starts_again_at_once_and_has_lost_nothing()
    {
        (IActorRef partition, TestProbe parent) = await StartServingAsync();
        Journal.BeforeWrite = _ => Task.FromException(new JournalConflictException("another Partition's number, in the same transaction, is taken"));
        EventBatch batch = Batch(Share(7, 5, "a"));
        partition.Tell(batch, TestActor);
        await parent.ExpectMsgAsync<Passivate>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        Journal.BeforeWrite = _ => Task.CompletedTask;
        IsMemberSince = _ => false;

        for (int again = 0; again < 2; again++)
        {
            (IActorRef next, _) = await StartServingAsync();
            next.Tell(batch, TestActor);
            await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
            await AwaitAssertAsync(() => Shares(7).ShouldBe((1, 1)), Patience);

            // The next one would take it over, which is a loss.
            await WatchAsync(next);
            Sys.Stop(next);
            await ExpectTerminatedAsync(next, Patience, cancellationToken: TestContext.Current.CancellationToken);
        }

        (Registry.LossCount, Registry.Failing.Count).ShouldBe((0, 0));
    }

    [Fact]
    public async Task One_that_was_taken_over_is_not_taken_back_before_the_node_is_known_to_be_a_member()
    {
        (IActorRef stale, TestProbe parent) = await StartServingAsync();
        (IActorRef owner, _) = await StartServingAsync();
        int asked = 0;
        IsMemberSince = _ => Interlocked.Increment(ref asked) > 20;
        stale.Tell(Batch(Share(7, 5, "a")), TestActor);
        await parent.ExpectMsgAsync<Passivate>(Patience, cancellationToken: TestContext.Current.CancellationToken);

        (IActorRef next, TestProbe second) = Start();
        await AwaitAssertAsync(() => Volatile.Read(ref asked).ShouldBeGreaterThan(1), Patience);
        (await StatusAsync(next)).Phase.ShouldBe(PartitionPhase.Owning);
        Registry.LossCount.ShouldBe(1);
        owner.Tell(Batch(Share(7, 6, "b")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);

        // It was alive all the while, so that its number is taken.
        await second.ExpectMsgAsync<Passivate>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        owner.Tell(Batch(Share(7, 7, "c")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task One_whose_write_failed_is_not_taken_back_before_the_node_is_known_to_be_a_member()
    {
        (IActorRef partition, _) = await StartServingAsync();
        Watch(partition);
        Journal.BeforeWrite = _ => Task.FromException(new IOException("the connection was ended by another node"));
        partition.Tell(Batch(Share(7, 5, "a")), TestActor);
        await ExpectTerminatedAsync(partition, Patience, cancellationToken: TestContext.Current.CancellationToken);
        Journal.BeforeWrite = _ => Task.CompletedTask;
        long confirmedAt = Time.GetTimestamp();
        int asked = 0;
        IsMemberSince = timestamp =>
        {
            Interlocked.Increment(ref asked);
            return Volatile.Read(ref confirmedAt) > timestamp;
        };

        (IActorRef next, _) = Start();
        await AwaitAssertAsync(() => Volatile.Read(ref asked).ShouldBeGreaterThan(0), Patience);
        (await StatusAsync(next)).Phase.ShouldBe(PartitionPhase.Owning);
        Journal.EntriesOf(Number).Count.ShouldBe(1);
        Volatile.Write(ref confirmedAt, Time.GetTimestamp());

        await AwaitPhaseAsync(next, PartitionPhase.Serving);
        Registry.LossCount.ShouldBe(0);
    }

    [Fact]
    public async Task One_that_waits_to_be_taken_back_stops_at_once_where_it_is_told_to()
    {
        Registry.Lost(Number, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        IsMemberSince = _ => false;
        (IActorRef partition, _) = Start();
        await AwaitAssertAsync(async () => (await StatusAsync(partition)).Phase.ShouldBe(PartitionPhase.Owning), Patience);
        Watch(partition);

        partition.Tell(new StopPartition(TimeSpan.FromMinutes(10)), TestActor);

        await ExpectTerminatedAsync(partition, Patience, cancellationToken: TestContext.Current.CancellationToken);
        Journal.EntriesOf(Number).ShouldBeEmpty();
    }

    [Fact]
    public async Task One_that_is_taken_over_again_and_again_waits_before_it_takes_its_Partition_back_and_readiness_says_so()
    {
        (IActorRef owner, _) = await StartServingAsync();
        long nowMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        Registry.Lost(Number, nowMs);
        Registry.Failing.ShouldBeEmpty();
        Registry.Lost(Number, nowMs);
        Registry.Failing.Single().ShouldContain("taken over 2 times in a row");

        (IActorRef next, TestProbe parent) = Start();
        await AwaitAssertAsync(async () => (await StatusAsync(next)).Phase.ShouldBe(PartitionPhase.Owning), Patience);
        owner.Tell(Batch(Share(7, 5, "a")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);

        // The one that went on has written meanwhile: the number is taken, and it is left alone.
        await parent.ExpectMsgAsync<Passivate>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        owner.Tell(Batch(Share(7, 6, "b")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);

        Registry.ForgetLosses(nowMs + (long)TimeSpan.FromMinutes(2).TotalMilliseconds);
        Registry.Failing.ShouldNotContain(failing => failing.Contains("in a row", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_incarnation_that_was_cut_off_is_refused_also_when_its_successor_has_trimmed_the_journal()
    {
        Settings = Settings
            with
        { JournalRetention = TimeSpan.Zero, TrimInterval = TimeSpan.FromMilliseconds(20), CheckpointInterval = TimeSpan.FromMilliseconds(20) };
        (IActorRef stale, TestProbe parent) = await StartServingAsync();
        (IActorRef owner, _) = await StartServingAsync();
        foreach (string id in new[] { "a", "b" })
        {
            owner.Tell(Batch(Share(7, 5, id)), TestActor);
            await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        }

        // The blocks at 3 and 4 are behind the baseline; the last entry stays for its number.
        await AwaitAssertAsync(() => Journal.EntriesOf(Number).Select(entry => entry.SequenceNr).ShouldBe([1, 2, 4]), Patience);
        await AwaitAssertAsync(() => Store.PositionsOf(Number).Baseline.ShouldBe(4), Patience);
        stale.Tell(Batch(Share(7, 9, "c")), TestActor);
        await parent.ExpectMsgAsync<Passivate>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        Journal.EntriesOf(Number).Count.ShouldBe(3);
        await ExpectNoMsgAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task An_incarnation_whose_Epoch_is_refused_by_a_flush_resigns()
    {
        (IActorRef partition, TestProbe parent) = await StartServingAsync();
        var flush = new TaskCompletionSource();
        Store.Before = call => string.Equals(call, "Flush", StringComparison.Ordinal) ? flush.Task : Task.CompletedTask;
        partition.Tell(Batch(Share(7, 5, "a")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        (await Store.RaiseEpochAsync(Number, 99, TestContext.Current.CancellationToken)).ShouldBeTrue();
        flush.SetResult();
        await parent.FishForMessageAsync(message => message is Passivate, Patience, cancellationToken: TestContext.Current.CancellationToken);
        Shares(7).ShouldBeNull();
    }

    [Fact]
    public async Task An_incarnation_that_is_refused_by_a_flush_and_then_by_the_journal_is_lost_once()
    {
        (IActorRef partition, TestProbe parent) = await StartServingAsync();
        Watch(partition);
        var flush = new TaskCompletionSource();
        Store.Before = call => string.Equals(call, "Flush", StringComparison.Ordinal) ? flush.Task : Task.CompletedTask;
        partition.Tell(Batch(Share(7, 5, "a")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        var write = new TaskCompletionSource();
        var isWriting = new TaskCompletionSource();
        Journal.BeforeWrite = _ =>
        {
            isWriting.TrySetResult();
            return write.Task;
        };
        partition.Tell(Batch(Share(7, 6, "b")), TestActor);
        await isWriting.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        (await Store.RaiseEpochAsync(Number, 99, TestContext.Current.CancellationToken)).ShouldBeTrue();
        flush.SetResult();
        await parent.FishForMessageAsync(message => message is Passivate, Patience, cancellationToken: TestContext.Current.CancellationToken);

        write.SetException(new JournalConflictException("the number is taken"));
        await ExpectTerminatedAsync(partition, Patience, cancellationToken: TestContext.Current.CancellationToken);

        Registry.Found(Number, 99, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()).ShouldBeFalse();
        Registry.LossCount.ShouldBe(1);
    }
}
