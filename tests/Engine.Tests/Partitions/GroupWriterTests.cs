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

    private TestProbe Ask(IActorRef writer, int partition, int item)
    {
        TestProbe probe = CreateTestProbe();
        writer.Tell(new WriteGroup<int>(partition, [item]), probe);
        return probe;
    }

    private IActorRef WriterOf(Func<int[], Task> write)
    {
        PartitionServices services = Services();
        return Sys.ActorOf(GroupWriterActor<int>.Props("numbers", services, services.Metrics.FlushSeconds, async (items, _) =>
        {
            int[] written = [.. items];
            _writes.Enqueue(written);
            await write(written);
            return [];
        }));
    }
}
