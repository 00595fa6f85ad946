using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using DataLoad.Streams.Amqp.Tests.Support;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Consuming;

/// <summary>What sources promise of what they have taken when they are stopped or paused.</summary>
public sealed class AmqpSourceStopTests : AmqpSourceBase
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stopping_emits_nothing_more_acknowledges_what_was_taken_and_then_completes(bool restarting)
    {
        (IAmqpConsumerControl control, TestSubscriber.Probe<DeliveryBatch> probe, FakeChannel channel) = await StartAsync(restarting);
        probe.Request(1);
        channel.Deliver("a", "b");
        DeliveryBatch taken = await probe.ExpectNextAsync(default);
        channel.Deliver("c");
        await control.StopTaking().WaitAsync(Patience);
        channel.IsCancelled.ShouldBeTrue();
        probe.Request(9);
        await probe.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50), default);
        control.Drained.IsCompleted.ShouldBeFalse();
        taken.Release();
        taken.Committer.CompleteAll();

        (await control.Drained.WaitAsync(Patience)).ShouldBe(0);
        await probe.ExpectCompleteAsync(default);
        channel.Acknowledged.ShouldBe([2UL]);
        channel.IsDisposed.ShouldBeTrue("what was not taken goes back to the queue");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stopping_ends_undrained_where_the_channel_is_lost_before(bool restarting)
    {
        (IAmqpConsumerControl control, TestSubscriber.Probe<DeliveryBatch> probe, FakeChannel channel) = await StartAsync(restarting);
        probe.Request(1);
        channel.Deliver("a");
        await probe.ExpectNextAsync(default);
        await control.StopTaking().WaitAsync(Patience);
        channel.Close(0, "lost");

        (await control.Drained.WaitAsync(Patience)).ShouldBe(1);
        await probe.ExpectCompleteAsync(default);
    }

    [Fact]
    public async Task Stopping_while_the_broker_is_away_does_not_wait_for_it()
    {
        Broker.Down.Add("127.0.0.1");
        AmqpRestartSettings restart = new() { MinBackoff = TimeSpan.FromMinutes(1), MaxBackoff = TimeSpan.FromMinutes(2), RandomFactor = 0 };
        (IAmqpConsumerControl control, TestSubscriber.Probe<DeliveryBatch> probe) = AmqpSource.Restarting(Connections, Settings, restart)
            .ToMaterialized(this.SinkProbe<DeliveryBatch>(), Keep.Both).Run(Materializer);
        probe.Request(1);
        await UntilAsync(() => control.Status.Error?.Contains("is down", StringComparison.Ordinal) ?? false);
        await control.StopTaking().WaitAsync(Patience);

        (await control.Drained.WaitAsync(Patience)).ShouldBe(0, "it had taken nothing");
        await probe.ExpectCompleteAsync(default);
    }

    [Fact]
    public async Task A_pause_closes_the_channel_when_what_was_taken_is_acknowledged_and_a_resume_opens_another()
    {
        (IAmqpConsumerControl control, TestSubscriber.Probe<DeliveryBatch> probe, FakeChannel channel) = await StartAsync();
        probe.Request(9);
        channel.Deliver("a");
        DeliveryBatch taken = await probe.ExpectNextAsync(default);
        control.Pause();
        await UntilAsync(() => channel.IsCancelled);
        channel.IsDisposed.ShouldBeFalse();
        control.Status.IsPaused.ShouldBeTrue();
        taken.Release();
        taken.Committer.CompleteAll();
        await UntilAsync(() => channel.IsDisposed);
        channel.Acknowledged.ShouldBe([1UL]);

        control.Resume();
        FakeChannel next = await NextChannelAsync();
        next.Deliver("b");
        Bodies(await probe.ExpectNextAsync(default)).ShouldBe("b");
        control.Status.IsPaused.ShouldBeFalse();
    }

    [Fact]
    public async Task A_pause_waits_so_long_for_what_was_taken_and_then_gives_it_back()
    {
        (IAmqpConsumerControl control, TestSubscriber.Probe<DeliveryBatch> probe, FakeChannel channel) =
            await StartAsync(settings: Settings with { PausePatience = TimeSpan.FromMilliseconds(50) });
        probe.Request(9);
        channel.Deliver("a");
        DeliveryBatch taken = await probe.ExpectNextAsync(default);
        control.Pause();
        await UntilAsync(() => channel.IsDisposed);
        taken.Release();
        taken.Committer.CompleteAll();
        control.Resume();
        FakeChannel next = await NextChannelAsync();
        next.Deliver("a");

        await probe.ExpectNextAsync(default);
        channel.Acknowledged.ShouldBeEmpty();
        next.Acknowledged.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_paused_source_that_is_stopped_ends()
    {
        (IAmqpConsumerControl control, TestSubscriber.Probe<DeliveryBatch> probe, FakeChannel channel) = await StartAsync(restarting: true);
        probe.Request(1);
        control.Pause();
        await UntilAsync(() => channel.IsDisposed);
        await control.StopTaking().WaitAsync(Patience);

        await probe.ExpectCompleteAsync(default);
        (await control.Drained.WaitAsync(Patience)).ShouldBe(0);
    }

    [Fact]
    public async Task A_pause_of_a_queue_that_counts_deliveries_gives_nothing_back_that_was_taken()
    {
        (IAmqpConsumerControl control, TestSubscriber.Probe<DeliveryBatch> probe, FakeChannel channel) =
            await StartAsync(restarting: true, Settings with { CountsDeliveries = () => true, PausePatience = TimeSpan.Zero });
        probe.Request(2);
        channel.Deliver("a");
        DeliveryBatch taken = await probe.ExpectNextAsync(default);
        control.Pause();
        await UntilAsync(() => channel.IsCancelled);
        await probe.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100), default);
        channel.IsDisposed.ShouldBeFalse();

        taken.Committer.CompleteAll();
        taken.Release();
        await UntilAsync(() => channel.IsDisposed);
        channel.Acknowledged.ShouldBe([1UL]);
    }

    [Fact]
    public async Task A_stop_while_lost_deliveries_are_awaited_emits_no_more_and_ends_when_what_was_taken_is_done()
    {
        (IAmqpConsumerControl control, TestSubscriber.Probe<DeliveryBatch> probe, FakeChannel channel) =
            await StartAsync(restarting: true, Settings with { CountsDeliveries = () => true });
        probe.Request(1);
        channel.Deliver("a");
        DeliveryBatch taken = await probe.ExpectNextAsync(default);
        channel.Deliver("b");
        Connection!.Lose("gone");
        await UntilAsync(() => taken.Committer.IsAwaited);
        await control.StopTaking().WaitAsync(Patience);
        probe.Request(1);
        await probe.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100), default);

        taken.Release();
        taken.Committer.CompleteAll();
        await probe.ExpectCompleteAsync(default);
        (await control.Drained.WaitAsync(Patience)).ShouldBe(1, "the broker gives it to whoever consumes next");
    }
}
