using Akka.Event;
using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using Akka.TestKit;
using DataLoad.Streams.Amqp.Tests.Support;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Consuming;

/// <summary>What the sources promise, with a broker that does what the test says.</summary>
public sealed class AmqpSourceTests : AmqpSourceBase
{
    [Fact]
    public async Task A_batch_is_what_has_arrived_when_it_is_asked_for_and_no_more_than_it_may_be()
    {
        (IAmqpConsumerControl _, TestSubscriber.Probe<DeliveryBatch> probe, FakeChannel channel) = await StartAsync();
        probe.Request(1);
        channel.Deliver("a");
        Bodies(await probe.ExpectNextAsync(default)).ShouldBe("a");

        channel.Deliver("b", "c");
        channel.Deliver("d", "e", "f");
        await probe.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50), default);
        probe.Request(2);
        Bodies(await probe.ExpectNextAsync(default)).ShouldBe("bcde");
        Bodies(await probe.ExpectNextAsync(default)).ShouldBe("f");
    }

    [Fact]
    public async Task A_delivery_is_acknowledged_when_it_and_all_before_it_are_completed_and_released()
    {
        (IAmqpConsumerControl control, TestSubscriber.Probe<DeliveryBatch> probe, FakeChannel channel) = await StartAsync();
        probe.Request(9);
        channel.Deliver("a", "b", "c", "d");
        DeliveryBatch first = await probe.ExpectNextAsync(default);
        channel.Deliver("e", "f");
        DeliveryBatch second = await probe.ExpectNextAsync(default);
        control.Status.Unacknowledged.ShouldBe(6);

        second.Release();
        second.Committer.CompleteAll();
        first.Committer.Complete([2, 1]);
        first.Committer.Complete([4]);
        await PassAsync(channel, probe);
        channel.Acknowledged.ShouldBeEmpty("the first batch is read still");
        first.Release();
        await AcknowledgedAsync(channel, 2);
        first.Committer.Complete([3, 1]);
        await AcknowledgedAsync(channel, 6);
        control.Status.Unacknowledged.ShouldBe(1);
    }

    [Fact]
    public async Task Completions_of_a_lost_channel_do_nothing_to_the_next()
    {
        (IAmqpConsumerControl _, TestSubscriber.Probe<DeliveryBatch> probe, FakeChannel channel) = await StartAsync(restarting: true);
        probe.Request(9);
        channel.Deliver("a", "b");
        DeliveryBatch old = await probe.ExpectNextAsync(default);
        channel.Close(406, "PRECONDITION_FAILED");
        FakeChannel next = await NextChannelAsync();
        next.Deliver("a", "b");
        DeliveryBatch again = await probe.ExpectNextAsync(default);
        again.Committer.Incarnation.ShouldNotBe(old.Committer.Incarnation);

        old.Committer.CompleteAll();
        old.Release();
        await PassAsync(next, probe);
        next.Acknowledged.ShouldBeEmpty();
        channel.Acknowledged.ShouldBeEmpty();
        again.Committer.CompleteAll();
        again.Release();
        await AcknowledgedAsync(next, 2);
    }

    [Fact]
    public async Task A_lost_channel_fails_the_source_and_says_why()
    {
        (IAmqpConsumerControl control, TestSubscriber.Probe<DeliveryBatch> probe, FakeChannel channel) = await StartAsync();
        probe.Request(1);
        channel.Deliver("a");
        await probe.ExpectNextAsync(default);
        channel.Close(404, "NOT_FOUND - no queue");

        Exception error = await probe.ExpectErrorAsync(default);
        error.ShouldBeOfType<AmqpException>().Code.ShouldBe(404);
        error.Message.ShouldContain("Queue q is not consumed any more: NOT_FOUND");
        (await control.Drained.WaitAsync(Patience)).ShouldBe(1);
        control.Status.Error.ShouldNotBeNull().ShouldContain("NOT_FOUND");
    }

    [Fact]
    public async Task A_restarting_source_goes_on_with_another_connection_and_shows_itself()
    {
        (IAmqpConsumerControl control, TestSubscriber.Probe<DeliveryBatch> probe, FakeChannel channel) = await StartAsync(restarting: true);
        probe.Request(9);
        await UntilAsync(() => control.Status.IsConsuming);
        channel.Deliver("a");
        await probe.ExpectNextAsync(default);
        FakeConnection lost = Connection!;
        lost.Lose("gone");
        FakeConnection next = await Broker.NextAsync();
        FakeChannel again = await next.NextAsync();
        await again.Consuming;
        again.Deliver("b");

        Bodies(await probe.ExpectNextAsync(default)).ShouldBe("b");
        control.Status.ShouldBe(new AmqpConsumerStatus(IsConsuming: true, IsPaused: false, Error: null, Prefetch: 10, Unacknowledged: 1));
    }

    [Fact]
    public async Task A_lost_connection_is_one_sentence_for_all_its_queues_with_host_wait_and_no_stack_trace()
    {
        TestProbe log = Warnings();
        (IAmqpConsumerControl _, TestSubscriber.Probe<DeliveryBatch> _, FakeChannel _) = await StartAsync(restarting: true);
        AmqpRestartSettings restart = new() { MinBackoff = TimeSpan.FromMilliseconds(10), MaxBackoff = TimeSpan.FromMilliseconds(20), RandomFactor = 0 };
        IAmqpConsumerControl other = AmqpSource.Restarting(Connections, new AmqpSourceSettings("r"), restart)
            .ToMaterialized(this.SinkProbe<DeliveryBatch>(), Keep.Left).Run(Materializer);
        await UntilAsync(() => other.Status.IsConsuming);
        Broker.Down.Add("127.0.0.1");
        int dialled = Broker.Dialled.Count;

        Connection!.Lose("gone");

        Warning warning = await log.ExpectMsgAsync<Warning>(Patience);
        warning.Message.ToString().ShouldBe(
            "The connection to the broker at 127.0.0.1:5672 was lost: gone; all queues consumed over it are tried again from 0.01 s on, with growing waits");
        warning.Cause.ShouldBeNull();
        await UntilAsync(() => Broker.Dialled.Count > dialled + 3);
        Broker.Down.Clear();
        FakeConnection next = await Broker.NextAsync();
        await UntilAsync(() => other.Status.IsConsuming);
        next.Lose("gone again");
        (await log.ExpectMsgAsync<Warning>(Patience)).ToString().ShouldContain("gone again", customMessage: "what was tried in vain meanwhile is no news");
    }

    [Fact]
    public async Task A_lost_channel_is_one_sentence_that_names_queue_host_reason_and_wait()
    {
        TestProbe log = Warnings();
        (IAmqpConsumerControl _, TestSubscriber.Probe<DeliveryBatch> _, FakeChannel channel) = await StartAsync(restarting: true);

        channel.Close(404, "NOT_FOUND - no queue");

        Warning warning = await log.ExpectMsgAsync<Warning>(Patience);
        warning.Message.ToString().ShouldBe("Queue q is not consumed any more: NOT_FOUND - no queue (at 127.0.0.1:5672); it is tried again in 0.01 s");
        warning.Cause.ShouldBeNull();
    }

    [Fact]
    public async Task A_fault_of_the_program_is_told_with_its_stack_trace_and_the_source_goes_on()
    {
        TestProbe log = Warnings();
        Broker.Faults.Enqueue(new InvalidOperationException("our own"));

        (IAmqpConsumerControl _, TestSubscriber.Probe<DeliveryBatch> probe, FakeChannel channel) = await StartAsync(restarting: true);

        Error error = await log.ExpectMsgAsync<Error>(Patience);
        error.Message.ToString().ShouldBe("Queue q is not consumed any more by a fault of the program; it is tried again in 0.01 s");
        error.Cause.ShouldNotBeNull().ToString().ShouldContain("InvalidOperationException: our own");
        probe.Request(1);
        channel.Deliver("a");
        Bodies(await probe.ExpectNextAsync(default)).ShouldBe("a");
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 20)]
    [InlineData(4, 80)]
    [InlineData(5, 100)]
    [InlineData(5000, 100)]
    public void Waits_double_up_to_the_longest(int failures, int milliseconds)
    {
        AmqpRestartSettings restart = new() { MinBackoff = TimeSpan.FromMilliseconds(10), MaxBackoff = TimeSpan.FromMilliseconds(100), RandomFactor = 0 };

        restart.WaitAfter(failures).ShouldBe(TimeSpan.FromMilliseconds(milliseconds));
        (restart with { RandomFactor = 0.5 }).WaitAfter(failures).TotalMilliseconds.ShouldBeInRange(milliseconds, 1.5 * milliseconds);
    }

    [Fact]
    public async Task A_source_that_held_up_the_others_by_its_bytes_is_granted_half_of_what_it_held()
    {
        (IAmqpConsumerControl control, TestSubscriber.Probe<DeliveryBatch> probe, FakeChannel channel) =
            await StartAsync(restarting: true, settings: Settings with { MaxBytes = 50 });
        probe.Request(1);
        channel.Deliver([.. Enumerable.Repeat(new string('x', 20), 8)]);
        await probe.ExpectNextAsync(default);
        channel.Ring.HasRoom.ShouldBeFalse();
        channel.Close(0, "held up the others");

        FakeChannel next = await NextChannelAsync();
        next.Prefetch.ShouldBe(4);
        control.Status.Prefetch.ShouldBe(4);
        Connection!.Lose();
        Connection = await Broker.NextAsync();
        (await NextChannelAsync()).Prefetch.ShouldBe(10, "another connection is another start");
    }

    [Fact]
    public async Task What_came_of_a_queue_that_counts_deliveries_is_emitted_and_awaited_before_it_is_consumed_anew()
    {
        (IAmqpConsumerControl control, TestSubscriber.Probe<DeliveryBatch> probe, FakeChannel channel) =
            await StartAsync(restarting: true, Settings with { CountsDeliveries = () => true });
        probe.Request(1);
        channel.Deliver("a", "b");
        DeliveryBatch first = await probe.ExpectNextAsync(default);
        channel.Deliver("c", "d", "e", "f", "g");
        Connection!.Lose("gone");
        await UntilAsync(() => control.Status.Error is not null);
        control.Status.Error.ShouldBe("gone; it is consumed anew when what came before is done");
        first.Committer.IsLost.ShouldBeFalse();
        first.Committer.IsAwaited.ShouldBeTrue();

        // What had come and was not taken is emitted as ever.
        probe.Request(2);
        DeliveryBatch second = await probe.ExpectNextAsync(default);
        DeliveryBatch third = await probe.ExpectNextAsync(default);
        (Bodies(second) + Bodies(third)).ShouldBe("cdefg");
        second.Committer.CompleteAll();
        second.Release();
        third.Committer.CompleteAll();
        third.Release();
        first.Committer.CompleteAll();
        await probe.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100), default);
        Broker.Dialled.Count.ShouldBe(1, "one batch is read still");
        first.Release();

        Connection = await Broker.NextAsync();
        FakeChannel next = await NextChannelAsync();
        first.Committer.IsLost.ShouldBeTrue();
        channel.Acknowledged.ShouldBeEmpty();
        probe.Request(1);
        next.Deliver("a");
        Bodies(await probe.ExpectNextAsync(default)).ShouldBe("a");
    }

    [Fact]
    public async Task A_stream_that_is_cancelled_closes_its_channel()
    {
        (IAmqpConsumerControl control, TestSubscriber.Probe<DeliveryBatch> probe, FakeChannel channel) = await StartAsync(restarting: true);
        probe.Request(1);
        channel.Deliver("a");
        await probe.ExpectNextAsync(default);
        probe.Cancel();

        await UntilAsync(() => channel.IsDisposed);
        (await control.Drained.WaitAsync(Patience)).ShouldBe(1);
    }

    /// <summary>Hears of warnings and errors.</summary>
    private TestProbe Warnings()
    {
        TestProbe log = CreateTestProbe();
        Sys.EventStream.SetLogLevel(LogLevel.WarningLevel);
        Sys.EventStream.Subscribe(log, typeof(Warning));
        Sys.EventStream.Subscribe(log, typeof(Error));
        return log;
    }

    private static Task AcknowledgedAsync(FakeChannel channel, ulong tag) => UntilAsync(() => channel.Acknowledged.LastOrDefault() == tag);

    /// <summary>Waits until the stage has done what it was told before: it emits and acknowledges at one go.</summary>
    private static async Task PassAsync(FakeChannel channel, TestSubscriber.Probe<DeliveryBatch> probe)
    {
        channel.Deliver("-");
        await probe.ExpectNextAsync(default);
    }
}
