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
