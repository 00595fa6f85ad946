using System.Text;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using Akka.TestKit;
using DataLoad.Streams.Amqp.Tests.Support;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Consuming;

/// <summary>What the sources promise, with a broker that does what the test says.</summary>
public sealed class AmqpSourceTests : StreamTest
{
    private readonly FakeConnector _broker = new();
    private readonly AmqpConnections _connections;

    public AmqpSourceTests() => _connections = new AmqpConnections(new AmqpConnectionSettings { RedialInterval = TimeSpan.Zero }, connector: _broker);

    private static AmqpSourceSettings Settings => new("q") { Prefetch = 10, MaxBatch = 4, PausePatience = TimeSpan.FromSeconds(20) };

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
        FakeConnection lost = _connection!;
        lost.Lose("gone");
        FakeConnection next = await _broker.NextAsync();
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
        IAmqpConsumerControl other = AmqpSource.Restarting(_connections, new AmqpSourceSettings("r"), restart)
            .ToMaterialized(this.SinkProbe<DeliveryBatch>(), Keep.Left).Run(Materializer);
        await UntilAsync(() => other.Status.IsConsuming);
        _broker.Down.Add("127.0.0.1");
        int dialled = _broker.Dialled.Count;

        _connection!.Lose("gone");

        Warning warning = await log.ExpectMsgAsync<Warning>(Patience);
        warning.Message.ToString().ShouldBe(
            "The connection to the broker at 127.0.0.1:5672 was lost: gone; all queues consumed over it are tried again from 0.01 s on, with growing waits");
        warning.Cause.ShouldBeNull();
        await UntilAsync(() => _broker.Dialled.Count > dialled + 3);
        _broker.Down.Clear();
        FakeConnection next = await _broker.NextAsync();
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
        _broker.Faults.Enqueue(new InvalidOperationException("our own"));

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
        _broker.Down.Add("127.0.0.1");
        AmqpRestartSettings restart = new() { MinBackoff = TimeSpan.FromMinutes(1), MaxBackoff = TimeSpan.FromMinutes(2), RandomFactor = 0 };
        (IAmqpConsumerControl control, TestSubscriber.Probe<DeliveryBatch> probe) = AmqpSource.Restarting(_connections, Settings, restart)
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
        _connection!.Lose();
        _connection = await _broker.NextAsync();
        (await NextChannelAsync()).Prefetch.ShouldBe(10, "another connection is another start");
    }

    [Fact]
    public async Task All_sources_share_one_connection_and_the_next_host_is_taken_when_one_falls()
    {
        var broker = new FakeConnector();
        broker.Down.Add("one");
        AmqpConnectionSettings settings = AmqpConnectionSettings.Parse("amqp://one,two,three") with { RedialInterval = TimeSpan.Zero };
        await using var connections = new AmqpConnections(settings, connector: broker);
        IAmqpConnection[] shared = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => connections.GetAsync(AmqpConnectionRole.Consuming, default)));
        shared.Distinct().Count().ShouldBe(1);
        connections.StateOf(AmqpConnectionRole.Consuming).Endpoint!.Host.ShouldBe("two");
        connections.StateOf(AmqpConnectionRole.Publishing).IsConnected.ShouldBeFalse();

        (await broker.NextAsync()).Lose("gone");
        await UntilAsync(() => !connections.StateOf(AmqpConnectionRole.Consuming).IsConnected);
        connections.StateOf(AmqpConnectionRole.Consuming).Error.ShouldNotBeNull().ShouldContain("gone");
        await connections.GetAsync(AmqpConnectionRole.Consuming, default);
        broker.Dialled.ShouldBe(["one", "two", "three"]);

        broker.Down.UnionWith(["two", "three"]);
        (await broker.NextAsync()).Lose("gone");
        await UntilAsync(() => !connections.StateOf(AmqpConnectionRole.Consuming).IsConnected);
        Exception error = await Should.ThrowAsync<AmqpException>(() => connections.GetAsync(AmqpConnectionRole.Consuming, default));
        error.Message.ShouldContain("one:5672 is down. two:5672 is down. three:5672 is down.");
    }

    [Fact]
    public async Task Hosts_are_dialled_no_more_often_than_the_interval_however_many_ask()
    {
        var time = new ManualTime();
        _broker.Down.Add("127.0.0.1");
        await using var connections = new AmqpConnections(new AmqpConnectionSettings(), time, _broker);
        for (int i = 0; i < 10; i++)
        {
            await Should.ThrowAsync<AmqpException>(() => connections.GetAsync(AmqpConnectionRole.Consuming, default));
        }

        _broker.Dialled.Count.ShouldBe(1);
        _broker.Down.Clear();
        time.Advance(TimeSpan.FromSeconds(1));
        await connections.GetAsync(AmqpConnectionRole.Consuming, default);
    }

    [Fact]
    public async Task A_broker_that_drops_each_connection_at_once_is_dialled_ever_more_seldom_until_one_lasts_for_seconds()
    {
        var time = new ManualTime();
        await using var connections = new AmqpConnections(new AmqpConnectionSettings(), time, _broker);
        int inFirstMinute = await DialForAMinuteAsync(lasting: TimeSpan.FromMilliseconds(100));
        inFirstMinute.ShouldBeInRange(7, 10);
        int inSecondMinute = await DialForAMinuteAsync(lasting: TimeSpan.FromMilliseconds(4900));
        inSecondMinute.ShouldBeInRange(5, 7);

        // The first that lasts takes the waits back to the first one.
        int inThirdMinute = await DialForAMinuteAsync(lasting: TimeSpan.FromMilliseconds(5100));
        inThirdMinute.ShouldBeInRange(10, 12);

        async Task<int> DialForAMinuteAsync(TimeSpan lasting)
        {
            int before = _broker.Dialled.Count;
            for (long end = time.NowMs + 60_000; time.NowMs < end;)
            {
                try
                {
                    await connections.GetAsync(AmqpConnectionRole.Consuming, default);
                    FakeConnection connection = await _broker.NextAsync();
                    time.Advance(lasting);
                    connection.Lose("FRAME_ERROR", code: 501);
                    await UntilAsync(() => !connections.StateOf(AmqpConnectionRole.Consuming).IsConnected);
                }
                catch (AmqpException)
                {
                    time.Advance(TimeSpan.FromMilliseconds(100));
                }
            }

            return _broker.Dialled.Count - before;
        }
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
        _connection!.Lose("gone");
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
        _broker.Dialled.Count.ShouldBe(1, "one batch is read still");
        first.Release();

        _connection = await _broker.NextAsync();
        FakeChannel next = await NextChannelAsync();
        first.Committer.IsLost.ShouldBeTrue();
        channel.Acknowledged.ShouldBeEmpty();
        probe.Request(1);
        next.Deliver("a");
        Bodies(await probe.ExpectNextAsync(default)).ShouldBe("a");
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
        _connection!.Lose("gone");
        await UntilAsync(() => taken.Committer.IsAwaited);
        await control.StopTaking().WaitAsync(Patience);
        probe.Request(1);
        await probe.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100), default);

        taken.Release();
        taken.Committer.CompleteAll();
        await probe.ExpectCompleteAsync(default);
        (await control.Drained.WaitAsync(Patience)).ShouldBe(1, "the broker gives it to whoever consumes next");
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

    private FakeConnection? _connection;

    /// <summary>Hears of warnings and errors.</summary>
    private TestProbe Warnings()
    {
        TestProbe log = CreateTestProbe();
        Sys.EventStream.SetLogLevel(LogLevel.WarningLevel);
        Sys.EventStream.Subscribe(log, typeof(Warning));
        Sys.EventStream.Subscribe(log, typeof(Error));
        return log;
    }

    private async Task<(IAmqpConsumerControl Control, TestSubscriber.Probe<DeliveryBatch> Probe, FakeChannel Channel)> StartAsync(
        bool restarting = false,
        AmqpSourceSettings? settings = null)
    {
        AmqpRestartSettings restart = new() { MinBackoff = TimeSpan.FromMilliseconds(10), MaxBackoff = TimeSpan.FromMilliseconds(20), RandomFactor = 0 };
        Source<DeliveryBatch, IAmqpConsumerControl> source = restarting
            ? AmqpSource.Restarting(_connections, settings ?? Settings, restart)
            : AmqpSource.CommittableBatches(_connections, settings ?? Settings);
        (IAmqpConsumerControl control, TestSubscriber.Probe<DeliveryBatch> probe) = source.ToMaterialized(this.SinkProbe<DeliveryBatch>(), Keep.Both)
            .Run(Materializer);
        _connection = await _broker.NextAsync();
        return (control, probe, await NextChannelAsync());
    }

    private async Task<FakeChannel> NextChannelAsync()
    {
        FakeChannel channel = await _connection!.NextAsync();
        await channel.Consuming;
        return channel;
    }

    private static string Bodies(DeliveryBatch batch) => string.Concat(batch.Select(delivery => Encoding.UTF8.GetString(delivery.Body.Span)));

    private static Task AcknowledgedAsync(FakeChannel channel, ulong tag) => UntilAsync(() => channel.Acknowledged.LastOrDefault() == tag);

    /// <summary>Waits until the stage has done what it was told before: it emits and acknowledges at one go.</summary>
    private static async Task PassAsync(FakeChannel channel, TestSubscriber.Probe<DeliveryBatch> probe)
    {
        channel.Deliver("-");
        await probe.ExpectNextAsync(default);
    }

    private static Task UntilAsync(Func<bool> condition) => Broker.Deadline.UntilAsync("the condition", condition, Patience);
}
