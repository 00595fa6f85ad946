using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.TestKit;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Partitions;

public sealed class PartitionActorTests : PartitionSpec
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly int LastDay = DateOnly.MaxValue.DayNumber;

    [Fact]
    public async Task A_Partition_announces_its_ownership_before_it_reads_and_puts_its_Epoch_in_force()
    {
        (IActorRef partition, _) = await StartServingAsync();
        Journal.EntriesOf(Number).ShouldHaveSingleItem().Entry.ShouldBeOfType<Owned>();
        Store.PositionsOf(Number).Epoch.ShouldBe(1);
        (await StatusAsync(partition)).Epoch.ShouldBe(1);
    }

    [Fact]
    public async Task A_batch_is_accepted_only_when_its_block_is_persisted()
    {
        var written = new TaskCompletionSource();
        (IActorRef partition, _) = await StartServingAsync();
        Journal.BeforeWrite = _ => written.Task;
        EventBatch batch = Batch(Share(7, 5, "a"));
        partition.Tell(batch, TestActor);
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
        written.SetResult();
        (await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken)).Id.ShouldBe(batch.Id);
        await AwaitAssertAsync(() => Shares(7).ShouldBe((1, 1)), Patience);
    }

    [Fact]
    public async Task A_copy_of_a_batch_that_waits_is_answered_Held_and_counts_nothing()
    {
        var written = new TaskCompletionSource();
        (IActorRef partition, _) = await StartServingAsync();
        Journal.BeforeWrite = _ => written.Task;
        EventBatch batch = Batch(Share(7, 5, "a"));
        partition.Tell(batch, TestActor);
        partition.Tell(batch, TestActor);
        (await ExpectMsgAsync<Held>(Patience, cancellationToken: TestContext.Current.CancellationToken)).Id.ShouldBe(batch.Id);
        written.SetResult();
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        await AwaitAssertAsync(() => Shares(7).ShouldBe((1, 1)), Patience);
    }

    [Fact]
    public async Task Duplicates_of_an_event_in_flight_wait_for_its_block()
    {
        var written = new TaskCompletionSource();
        (IActorRef partition, _) = await StartServingAsync();
        Journal.BeforeWrite = _ => written.Task;
        partition.Tell(Batch(Share(7, 5, "a")), TestActor);
        partition.Tell(Batch(Share(7, 6, "a")), TestActor);
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
        written.SetResult();
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        await AwaitAssertAsync(() => Shares(7).ShouldBe((1, 1)), Patience);
        Journal.EntriesOf(Number).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_batch_of_nothing_but_duplicates_of_what_is_persisted_is_accepted_without_a_block()
    {
        (IActorRef partition, _) = await StartServingAsync();
        partition.Tell(Batch(Share(7, 5, "a")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        partition.Tell(Batch(Share(7, 5, "a")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        Journal.EntriesOf(Number).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_batch_that_is_accepted_late_though_it_was_parked_is_a_duplicate_when_its_row_comes_back()
    {
        (IActorRef partition, _) = await StartServingAsync();
        EventBatch late = Batch(Share(7, 5, "a"), Share(7, 6, "b"));
        byte[] row = new ParkedContent(0, late).Encode();
        partition.Tell(late, TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);

        EventBatch back = ParkedContent.Decode(Guid.Empty, row).Batch!.As(new BatchId(Guid.NewGuid(), 1));
        partition.Tell(back, TestActor);

        (await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken)).Id.ShouldBe(back.Id);
        Journal.EntriesOf(Number).Count.ShouldBe(2);
        await AwaitAssertAsync(() => Shares(7).ShouldBe((2, 2)), Patience);
    }

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
        }

        (Registry.LossCount, Registry.Failing.Count).ShouldBe((0, 0));
        await AwaitAssertAsync(() => Shares(7).ShouldBe((1, 1)), Patience);
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

    [Fact]
    public async Task What_was_counted_before_a_crash_is_recovered_from_the_journal_and_flushed()
    {
        (IActorRef partition, _) = await StartServingAsync();
        Store.Before = call => string.Equals(call, "Flush", StringComparison.Ordinal) ? Task.FromException(new IOException("no disk")) : Task.CompletedTask;
        partition.Tell(Batch(Share(7, 5, "a"), Share(7, 6, "b"), Share(8, 5, "c")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        Watch(partition);
        Sys.Stop(partition);
        await ExpectTerminatedAsync(partition, Patience, cancellationToken: TestContext.Current.CancellationToken);
        Store.Before = _ => Task.CompletedTask;

        (IActorRef next, _) = await StartServingAsync();
        await AwaitAssertAsync(() => (Shares(7), Shares(8)).ShouldBe(((2, 2), (1, 1))), Patience);
        next.Tell(Batch(Share(7, 9, "a")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        Journal.EntriesOf(Number).Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_checkpoint_spares_the_next_owner_the_journal_and_keeps_what_is_seen()
    {
        (IActorRef partition, _) = await StartServingAsync();
        partition.Tell(Batch(Share(7, 5, "a"), Share(7, 6, "b")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        (await partition.Ask<Done>(new CheckpointNow(Number), Patience)).Partition.ShouldBe(Number);
        Store.PositionsOf(Number).Checkpoint.ShouldBe(2);

        // Nothing of it is read any more.
        Journal.Put(Number, 2, new Block([1, 2, 3]));
        (IActorRef next, _) = await StartServingAsync();
        next.Tell(Batch(Share(7, 5, "a"), Share(7, 8, "c")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        await AwaitAssertAsync(() => Shares(7).ShouldBe((3, 3)), Patience);
    }

    [Fact]
    public async Task A_stop_finishes_the_write_flushes_checkpoints_and_takes_nothing_more_in()
    {
        (IActorRef partition, _) = await StartServingAsync();
        Watch(partition);
        var written = new TaskCompletionSource();
        Journal.BeforeWrite = _ => written.Task;
        partition.Tell(Batch(Share(7, 5, "a")), TestActor);
        partition.Tell(new StopPartition(Patience), TestActor);
        partition.Tell(Batch(Share(7, 6, "b")), TestActor);
        written.SetResult();
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        await ExpectTerminatedAsync(partition, Patience, cancellationToken: TestContext.Current.CancellationToken);
        Shares(7).ShouldBe((1, 1));
        Store.PositionsOf(Number).Checkpoint.ShouldBe(2);
    }

    [Fact]
    public async Task Memory_stays_under_its_budget_while_batches_with_ten_times_more_Counters_wait_all_at_once()
    {
        const int Batches = 80;
        const int Topics = 100;
        Budget = new DataLoad.Engine.Scheduling.MemoryBudget(4 << 20);
        (IActorRef partition, _) = await StartServingAsync();
        for (int i = 0; i < Batches; i++)
        {
            partition.Tell(Batch([.. Enumerable.Range(0, Topics).Select(topic => Share((i * Topics) + topic + 1, 5, $"{topic}"))]), TestActor);
        }

        long most = 0;
        for (int accepted = 0; accepted < Batches;)
        {
            most = Math.Max(most, Budget.UsedBytes);
            accepted += HasMessages && await ReceiveOneAsync(Patience, TestContext.Current.CancellationToken) is Accepted ? 1 : 0;
            await Task.Yield();
        }

        // One batch is taken in any case, and what a Counter comes to hold is known only when it has applied its events.
        most.ShouldBeInRange(1, Budget.LimitBytes + (Budget.LimitBytes / 8));
        await AwaitAssertAsync(() => Enumerable.Range(1, Batches * Topics).Count(topic => (1L, 1L).Equals(Shares(topic))).ShouldBe(Batches * Topics), Patience);
    }

    [Fact]
    public async Task A_stop_while_ownership_is_being_written_waits_for_that_write_and_puts_no_Epoch_in_force()
    {
        var written = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        Journal.BeforeWrite = _ =>
        {
            asked.TrySetResult();
            return written.Task;
        };
        (IActorRef partition, _) = Start();
        Watch(partition);
        await asked.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        partition.Tell(new StopPartition(Patience), TestActor);
        partition.Tell(new StopPartition(Patience), TestActor);
        await AwaitPhaseAsync(partition, PartitionPhase.Stopping);
        written.SetResult();
        await ExpectTerminatedAsync(partition, Patience, cancellationToken: TestContext.Current.CancellationToken);
        Journal.EntriesOf(Number).Count.ShouldBe(1);
        Store.PositionsOf(Number).Epoch.ShouldBe(0);
    }

    [Fact]
    public async Task A_stop_that_cannot_flush_ends_at_its_limit_and_leaves_the_rest_to_replay()
    {
        (IActorRef partition, _) = await StartServingAsync();
        Watch(partition);
        Store.Before = call => string.Equals(call, "Flush", StringComparison.Ordinal) ? Task.FromException(new IOException("no disk")) : Task.CompletedTask;
        partition.Tell(Batch(Share(7, 5, "a")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        partition.Tell(new StopPartition(TimeSpan.FromMilliseconds(200)), TestActor);
        await ExpectTerminatedAsync(partition, Patience, cancellationToken: TestContext.Current.CancellationToken);
        Store.PositionsOf(Number).Checkpoint.ShouldBe(0);
    }

    [Fact]
    public async Task A_damaged_Counter_is_set_aside_alone_and_stays_so_for_the_next_owner()
    {
        (IActorRef partition, _) = await StartServingAsync();
        partition.Tell(Batch(Share(7, 5, "a"), Share(8, 5, "b")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        await partition.Ask<Done>(new CheckpointNow(Number), Patience);
        Snapshot sound = Store.SnapshotsOf(Number, SnapshotKind.Counter).Single(snapshot => SnapshotKeys.CounterId(snapshot.Key).Topic.Id == 7);
        byte[] damaged = [.. sound.Bytes];
        damaged[^6] ^= 1;
        Store.PutSnapshot(Number, SnapshotKind.Counter, sound with { Bytes = damaged });

        (IActorRef next, _) = await StartServingAsync();
        next.Tell(Batch(Share(7, 6, "c"), Share(8, 6, "d")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        await AwaitAssertAsync(() => (Shares(7), Shares(8)).ShouldBe(((1, 1), (2, 2))), Patience);
        await AwaitAssertAsync(async () => (await StatusAsync(next)).Damaged.ShouldBe(1), Patience);
        await next.Ask<Done>(new CheckpointNow(Number), Patience);

        (IActorRef third, _) = await StartServingAsync();
        third.Tell(Batch(Share(7, 7, "e"), Share(8, 7, "f")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        await AwaitAssertAsync(() => (Shares(7), Shares(8)).ShouldBe(((1, 1), (3, 3))), Patience);
    }

    [Fact]
    public async Task A_rebuild_mends_a_Counter_that_was_set_aside_and_a_row_that_was_changed()
    {
        (IActorRef partition, _) = await StartServingAsync();
        partition.Tell(Batch(Share(7, 5, "a"), Share(8, 5, "b")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        await partition.Ask<Done>(new CheckpointNow(Number), Patience);
        Snapshot sound = Store.SnapshotsOf(Number, SnapshotKind.Counter).Single(snapshot => SnapshotKeys.CounterId(snapshot.Key).Topic.Id == 7);
        Store.PutSnapshot(Number, SnapshotKind.Counter, sound with { Bytes = [9, 9, 9, 9, 9, 9, 9] });
        StatisticsRow row = Store.Row("act", "activity", 8, 739_675)!;
        Store.PutRow("act", row with { Values = [.. row.Values.Select(value => value + 40)] });

        (IActorRef next, _) = await StartServingAsync();
        next.Tell(Batch(Share(7, 6, "c")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        Rebuilt rebuilt = await next.Ask<Rebuilt>(new Rebuild(Number, StatisticsFilter.All), Patience);
        (rebuilt.Damage, rebuilt.Counters).ShouldBe((null, 2));
        (Shares(7), Shares(8)).ShouldBe(((2, 2), (1, 1)));
        next.Tell(Batch(Share(7, 7, "d")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        await AwaitAssertAsync(() => Shares(7).ShouldBe((3, 3)), Patience);
    }

    [Fact]
    public async Task Memory_stays_under_its_budget_while_more_Counters_come_than_it_holds()
    {
        Budget = new DataLoad.Engine.Scheduling.MemoryBudget(2 << 20);
        (IActorRef partition, _) = await StartServingAsync();
        long most = 0;
        for (int batch = 0; batch < 40; batch++)
        {
            partition.Tell(Batch([.. Enumerable.Range(0, 200).Select(i => Share((batch * 200) + i, 5, $"{batch}-{i}"))]), TestActor);
            await ExpectMsgAsync<Accepted>(TimeSpan.FromSeconds(20), cancellationToken: TestContext.Current.CancellationToken);
            most = Math.Max(most, Budget.UsedBytes);
        }

        // One batch is taken in any case, so that a budget that is too small slows a Partition and does not stop it.
        most.ShouldBeLessThanOrEqualTo(Budget.LimitBytes + (200 * CounterEntry.BytesOf(1024)));
        await AwaitAssertAsync(() => Store.Rows.Count.ShouldBe(8000), TimeSpan.FromSeconds(20));
        partition.Tell(Batch(Share(3, 6, "again")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        await AwaitAssertAsync(() => Shares(3).ShouldBe((2, 2)), Patience);
    }

    [Fact]
    public async Task A_damaged_block_that_recovery_needs_stops_the_Partition_and_is_named()
    {
        (IActorRef partition, _) = await StartServingAsync();
        partition.Tell(Batch(Share(7, 5, "a")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        Journal.Put(Number, 2, new Block([1, 2, 3, 4, 5, 6, 7]));
        (IActorRef next, _) = Start();
        Watch(next);
        await ExpectTerminatedAsync(next, Patience, cancellationToken: TestContext.Current.CancellationToken);
        Registry.Failing.ShouldContain(failing => failing.Contains("SequenceNr 2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_store_that_is_away_while_it_recovers_is_waited_for()
    {
        int left = 5;
        Store.Before = call => string.Equals(call, "LoadPositions", StringComparison.Ordinal) && Interlocked.Decrement(ref left) >= 0
            ? Task.FromException(new IOException("away")) : Task.CompletedTask;
        await StartServingAsync();
        left.ShouldBeLessThan(0);
    }

    [Fact]
    public async Task A_topic_is_told_as_it_is_in_memory_though_its_flush_fails()
    {
        (IActorRef partition, _) = await StartServingAsync();
        Store.Before = call => string.Equals(call, "Flush", StringComparison.Ordinal) ? Task.FromException(new IOException("no disk")) : Task.CompletedTask;
        partition.Tell(Batch(Share(7, 5, "a"), Share(7, 6, "b")), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        TopicRows rows = await partition.Ask<TopicRows>(new GetTopic(Number, 2, new TopicKey("activity", 7), [739_675], 0, LastDay), Patience);
        rows.Rows.ShouldHaveSingleItem().Values.Sum().ShouldBe(4);
    }

    [Fact]
    public async Task A_topic_of_many_days_is_told_in_parts_that_fit_a_frame_and_put_together_by_who_asks()
    {
        const int Days = 700;
        (IActorRef partition, _) = await StartServingAsync();
        Store.Before = call => string.Equals(call, "Flush", StringComparison.Ordinal) ? Task.FromException(new IOException("no disk")) : Task.CompletedTask;
        partition.Tell(Batch([.. Enumerable.Range(0, Days).Select(day => Share(7, 5, $"{day}", 739_675 - day))]), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        var topic = new TopicKey("activity", 7);
        int[] days = [.. Enumerable.Range(739_676 - Days, Days)];

        TopicRows part = await partition.Ask<TopicRows>(new GetTopic(Number, 2, topic, days, 0, LastDay), Patience);
        IReadOnlyList<StatisticsRow> rows = await new PartitionClient(partition, Settings)
            .TopicAsync(Catalog.Default.PageById(2)!, topic, days, TestContext.Current.CancellationToken);

        int most = 256 * 1024 / PartitionMessageCodec.MaxRowBytes(part.Rows[0].Values.Length);
        part.Rows.Count.ShouldBe(most);
        part.Through.ShouldBe(739_675 - Days + most);
        PartitionMessageCodec.Encode(part).Length.ShouldBeLessThan(256 * 1024);
        rows.Select(row => row.Day).Order().ShouldBe(days);
    }

    [Fact]
    public async Task A_question_that_names_very_many_days_is_asked_in_parts_too()
    {
        var asked = new List<GetTopic>();
        IActorRef region = Sys.ActorOf(Props.Create(() => new Answering(asked)));
        int[] days = [.. Enumerable.Range(1, (2 * GetTopic.MaxDays) + 5).Reverse()];

        IReadOnlyList<StatisticsRow> rows = await new PartitionClient(region, Settings)
            .TopicAsync(Catalog.Default.PageById(2)!, new TopicKey("activity", 7), days, TestContext.Current.CancellationToken);

        asked.Select(question => (question.From, question.Through, question.Days.Count)).ShouldBe(
            [(0, 10_000, 10_000), (10_001, 20_000, 10_000), (20_001, LastDay, 5)]);
        rows.Select(row => row.Day).ShouldBe(Enumerable.Range(1, days.Length));
    }

    private sealed class Answering : ReceiveActor
    {
        public Answering(List<GetTopic> asked) => Receive<GetTopic>(question =>
        {
            asked.Add(question);
            Sender.Tell(new TopicRows(Number, [.. question.Days.Select(day => new StatisticsRow("activity", 7, day, 1, []))], question.Through));
        });
    }
}
