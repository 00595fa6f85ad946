using System.Collections.Concurrent;
using Akka.Actor;
using Akka.TestKit;
using DataLoad.Engine.Partitions;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Partitions;

public sealed class GroupWriterTests : PartitionSpec
{
    private readonly ConcurrentQueue<int[]> _writes = new();

    [Fact]
    public async Task Two_incarnations_of_a_Partition_are_never_written_in_one_group()
    {
        var first = new TaskCompletionSource();
        IActorRef writer = WriterOf(items => items is [1] ? first.Task : Task.CompletedTask);
        TestProbe one = Ask(writer, partition: 0, item: 1);
        await AwaitAssertAsync(() => _writes.Count.ShouldBe(1));
        TestProbe stale = Ask(writer, partition: 0, item: 2);
        TestProbe valid = Ask(writer, partition: 0, item: 3);
        TestProbe other = Ask(writer, partition: 1, item: 4);
        first.SetResult();
        foreach (TestProbe probe in (TestProbe[])[one, stale, valid, other])
        {
            await probe.ExpectMsgAsync<GroupWritten>();
        }

        _writes.ShouldBe([[1], [2], [3, 4]]);
    }

    [Fact]
    public async Task What_a_Partition_asked_for_that_has_ended_is_not_repeated()
    {
        IActorRef writer = WriterOf(items => items.Contains(1) ? Task.FromException(new TimeoutException("away")) : Task.CompletedTask);
        TestProbe ended = Ask(writer, partition: 0, item: 1);
        await AwaitAssertAsync(() => Registry.Failing.ShouldNotBeEmpty());
        Sys.Stop(ended);
        await AwaitAssertAsync(() => Registry.Failing.ShouldBeEmpty());
        TestProbe other = Ask(writer, partition: 1, item: 2);
        await other.ExpectMsgAsync<GroupWritten>();
        _writes.Last().ShouldBe([2]);
    }

    [Fact]
    public async Task What_cannot_be_written_by_itself_holds_up_nothing_that_comes_later()
    {
        IActorRef writer = WriterOf(items => items.Contains(1) ? Task.FromException(new InvalidOperationException("refused")) : Task.CompletedTask);
        TestProbe poisoned = Ask(writer, partition: 0, item: 1);
        await AwaitAssertAsync(() => _writes.Count.ShouldBeGreaterThan(3));

        await Ask(writer, partition: 1, item: 2).ExpectMsgAsync<GroupWritten>();
        await Ask(writer, partition: 2, item: 3).ExpectMsgAsync<GroupWritten>();

        await poisoned.ExpectNoMsgAsync(TimeSpan.Zero);
        Registry.Failing.ShouldNotBeEmpty();
        _writes.ShouldContain(written => written.SequenceEqual(new[] { 1 }));
    }

    [Theory]
    [InlineData(new[] { 7 })]
    [InlineData(new[] { 0, 1, 98, 99 })]
    [InlineData(new[] { 3, 50, 51, 97 })]
    public async Task Items_that_are_refused_are_given_back_and_all_others_are_written(int[] poison)
    {
        IActorRef writer = WriterOf(items => items.Intersect(poison).Any() ? Task.FromException(new RowRefusedException("refused")) : Task.CompletedTask);
        int[] items = [.. Enumerable.Range(0, 100)];

        GroupWritten written = await Ask(writer, new WriteGroup<int>(0, items) { MostRefused = poison.Length }).ExpectMsgAsync<GroupWritten>();

        written.Refused.Select(refused => refused.Place).Order().ShouldBe(poison);
        written.Refused.ShouldAllBe(refused => refused.Error == "refused.");
        _writes.Where(group => !group.Intersect(poison).Any()).SelectMany(group => group).Order().ShouldBe(items.Except(poison));
        Registry.Failing.ShouldBeEmpty();
    }

    [Fact]
    public async Task More_items_than_may_be_refused_are_written_again_as_one_and_found_out_by_few_writes()
    {
        bool isAway = true;
        IActorRef writer = WriterOf(_ => isAway ? Task.FromException(new RowRefusedException("all of them")) : Task.CompletedTask);
        TestProbe probe = Ask(writer, new WriteGroup<int>(0, [.. Enumerable.Range(0, 1000)]) { MostRefused = 4 });
        await AwaitAssertAsync(() => _writes.Count(group => group.Length == 1000).ShouldBeGreaterThan(5));
        _writes.Count.ShouldBeLessThanOrEqualTo(_writes.Count(group => group.Length == 1000) * 12);
        Registry.Failing.ShouldNotBeEmpty();

        isAway = false;

        (await probe.ExpectMsgAsync<GroupWritten>()).Refused.ShouldBeEmpty();
        await AwaitAssertAsync(() => Registry.Failing.ShouldBeEmpty());
    }

    [Fact]
    public async Task What_passes_by_itself_is_not_taken_for_refused_where_nothing_can_be_written()
    {
        IActorRef writer = WriterOf(_ => Task.FromException(new PassingException()));
        TestProbe probe = Ask(writer, new WriteGroup<int>(0, [1, 2, 3, 4]) { MostRefused = 50 });
        await AwaitAssertAsync(() => _writes.Count(group => group.Length == 4).ShouldBeGreaterThan(4));

        await probe.ExpectNoMsgAsync(TimeSpan.Zero);
        _writes.Count.ShouldBeLessThanOrEqualTo(_writes.Count(group => group.Length == 4) * 7);
        Registry.Failing.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData(new[] { 1 }, new[] { 9 })]
    [InlineData(new[] { 0, 2, 4 }, new[] { 6, 7 })]
    [InlineData(new[] { 1, 9 }, new int[0])]
    [InlineData(new[] { 0, 3, 5, 8 }, new int[0])]
    public async Task What_passes_by_itself_is_found_wherever_it_is_among_items_that_can_be_written_or_are_refused(int[] passing, int[] refused)
    {
        // Each half has something that cannot be written, so that the first writes tell nothing of where it is.
        IActorRef writer = WriterOf(items => items.Intersect(passing).Any() ? Task.FromException(new PassingException())
            : items.Intersect(refused).Any() ? Task.FromException(new RowRefusedException("refused")) : Task.CompletedTask);
        int[] items = [.. Enumerable.Range(0, 10)];

        GroupWritten written = await Ask(writer, new WriteGroup<int>(0, items) { MostRefused = 50 }).ExpectMsgAsync<GroupWritten>();

        written.Refused.Select(item => item.Place).Order().ShouldBe(passing.Concat(refused).Order());
        _writes.Where(group => !group.Intersect(passing.Concat(refused)).Any()).SelectMany(group => group).Distinct().Order()
            .ShouldBe(items.Except(passing).Except(refused));
    }

    [Fact]
    public async Task What_was_refused_before_is_tried_once_beside_what_others_wait_for_and_answered()
    {
        var first = new TaskCompletionSource();
        IActorRef writer = WriterOf(items => items is [1] ? first.Task
            : items.Contains(2) ? Task.FromException(new RowRefusedException("refused")) : Task.CompletedTask);
        TestProbe waiting = Ask(writer, partition: 0, item: 1);

        GroupWritten written = await Ask(writer, new WriteGroup<int>(0, [2, 3]) { IsAgain = true }).ExpectMsgAsync<GroupWritten>();

        written.IsAgain.ShouldBeTrue();
        written.Refused.ShouldBe([new RefusedItem(0, "refused.")]);
        first.SetResult();
        (await waiting.ExpectMsgAsync<GroupWritten>()).IsAgain.ShouldBeFalse();
    }

    private TestProbe Ask(IActorRef writer, int partition, int item) => Ask(writer, new WriteGroup<int>(partition, [item]));

    private TestProbe Ask(IActorRef writer, WriteGroup<int> request)
    {
        TestProbe probe = CreateTestProbe();
        writer.Tell(request, probe);
        return probe;
    }

    private sealed class PassingException : System.Data.Common.DbException
    {
        public override bool IsTransient => true;
    }

    private IActorRef WriterOf(Func<int[], Task> write)
    {
        PartitionServices services = Services() with { IsOfRow = error => error is RowRefusedException or PassingException };
        return Sys.ActorOf(GroupWriterActor<int>.Props("numbers", services, services.Metrics.FlushSeconds, async (items, _) =>
        {
            int[] written = [.. items];
            _writes.Enqueue(written);
            await write(written);
            return [];
        }));
    }
}
