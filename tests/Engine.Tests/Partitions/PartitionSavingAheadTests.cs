using Akka.Actor;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Tests.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Partitions;

/// <summary>Counters that somebody is about to read are saved ahead of the checkpoint.</summary>
public sealed class PartitionSavingAheadTests : PartitionSpec
{
    private const int Day = 739_675;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly Page Act = Catalog.Default.PageNamed("act");

    [Fact]
    public async Task The_Counters_of_the_page_days_and_topics_that_are_asked_for_are_stored_and_no_others()
    {
        (IActorRef partition, _) = await StartServingAsync();
        await SendAsync(partition, Share(1, 5, "a"), Share(2, 5, "b"), Share(3, 5, "c", Day + 1), Share(4, 6, "d", Day + 2));

        await SaveAsync(partition, Day, Day + 1, new TopicKey("activity", 1), new TopicKey("activity", 3), new TopicKey("activity", 4));
        Stored().ShouldBe([(1, Day), (3, Day + 1)], ignoreOrder: true);
        await SaveAsync(partition, Day, Day);
        Stored().ShouldBe([(1, Day), (2, Day), (3, Day + 1)], ignoreOrder: true);
        (await partition.Ask<IPartitionAnswer>(new SaveCounters(Number, 1, 0, Day + 9, []), Patience)).ShouldBeOfType<Done>();

        Stored().ShouldBe([(1, Day), (2, Day), (3, Day + 1)], ignoreOrder: true, "those of page number 1 are none");
        Store.PositionsOf(Number).Checkpoint.ShouldBe(0, "a checkpoint would need all of them");
    }

    [Fact]
    public async Task What_was_stored_ahead_is_not_stored_again_by_the_checkpoint_unless_it_changed()
    {
        int saves = 0;
        (IActorRef partition, _) = await StartServingAsync();
        await SendAsync(partition, Share(1, 5, "a"), Share(2, 5, "b"));
        await SaveAsync(partition, Day, Day);
        await SendAsync(partition, Share(2, 7, "c"));
        Store.PutSnapshot(Number, SnapshotKind.Counter, State(1) with { Bytes = [1] });
        Store.Before = call =>
        {
            saves += call.Equals("SaveSnapshots", StringComparison.Ordinal) ? 1 : 0;
            return Task.CompletedTask;
        };

        await SaveAsync(partition, Day, Day, new TopicKey("activity", 1));
        saves.ShouldBe(0, "nothing of it is unsaved");
        (await partition.Ask<IPartitionAnswer>(new CheckpointNow(Number), Patience)).ShouldBeOfType<Done>();

        State(1).Bytes.ShouldBe([1]);
        Sharers(2).ShouldBe(2);
        Store.PositionsOf(Number).Checkpoint.ShouldBeGreaterThan(2);
    }

    [Fact]
    public async Task Events_are_taken_in_while_what_was_asked_for_is_stored_and_all_of_it_is_there_for_the_next_owner()
    {
        var gate = new TaskCompletionSource();
        (IActorRef partition, _) = await StartServingAsync();
        await SendAsync(partition, Share(1, 5, "a"));
        Store.Before = call => call.Equals("SaveSnapshots", StringComparison.Ordinal) ? gate.Task : Task.CompletedTask;
        Task<IPartitionAnswer> save = partition.Ask<IPartitionAnswer>(new SaveCounters(Number, Act.Id, Day, Day, []), Patience);

        await SendAsync(partition, Share(1, 6, "b"), Share(2, 6, "c"));
        save.IsCompleted.ShouldBeFalse();
        gate.SetResult();
        (await save).ShouldBeOfType<Done>();
        await AwaitAssertAsync(() => Shares(1).ShouldBe((2, 2)), Patience);
        await SendAsync(partition, Share(1, 7, "d"));
        (await partition.Ask<IPartitionAnswer>(new CheckpointNow(Number), Patience)).ShouldBeOfType<Done>();

        Sharers(1).ShouldBe(3);
        Sharers(2).ShouldBe(1);
    }

    [Fact]
    public async Task A_Counter_that_is_set_aside_is_stored_as_such_and_the_question_is_answered()
    {
        Store.PutSnapshot(Number, SnapshotKind.Counter, new Snapshot(SnapshotKeys.Of(new CounterId(Act.Id, new TopicKey("activity", 1), Day)), 1, [1, 2, 3, 4, 5]));
        (IActorRef partition, _) = await StartServingAsync();
        await SendAsync(partition, Share(1, 5, "a"), Share(2, 5, "b"));
        await AwaitAssertAsync(async () => (await StatusAsync(partition)).Damaged.ShouldBe(1), Patience);

        await SaveAsync(partition, Day, Day);

        SetsOf(1).SetAside.ShouldNotBeNull();
        Sharers(2).ShouldBe(1);
    }

    [Fact]
    public async Task A_Partition_that_does_not_serve_says_so()
    {
        var never = new TaskCompletionSource();
        Store.Before = _ => never.Task;
        (IActorRef partition, _) = Start();

        (await partition.Ask<IPartitionAnswer>(new SaveCounters(Number, Act.Id, Day, Day, []), Patience)).ShouldBeOfType<NotServing>();
        never.SetResult();
    }

    private async Task SendAsync(IActorRef partition, params EventSpec[] events)
    {
        partition.Tell(Batch(events), TestActor);
        await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
    }

    private static async Task SaveAsync(IActorRef partition, int from, int through, params TopicKey[] topics) =>
        (await partition.Ask<IPartitionAnswer>(new SaveCounters(Number, Act.Id, from, through, topics), Patience)).ShouldBeOfType<Done>();

    private List<(int Topic, int Day)> Stored() => [.. Store.SnapshotsOf(Number, SnapshotKind.Counter).Select(state => SnapshotKeys.CounterId(state.Key))
        .Select(id => (id.Topic.Id, id.Day))];

    private Snapshot State(int topic) => Store.SnapshotsOf(Number, SnapshotKind.Counter).Single(state => SnapshotKeys.CounterId(state.Key).Topic.Id == topic);

    private CounterSets SetsOf(int topic) =>
        CounterCodec.DecodeSets(SnapshotKeys.CounterId(State(topic).Key), Act, State(topic).Bytes, [Act.IndexOf("share_user_cnt")]);

    private long Sharers(int topic) => SetsOf(topic).Sets[0]!.Count;
}
