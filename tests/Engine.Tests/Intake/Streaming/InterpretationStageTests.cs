using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using DataLoad.Engine.Intake.Streaming;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Intake.Streaming;

public sealed class InterpretationStageTests : IntakeKit
{
    private readonly StreamState _state = new();

    [Fact]
    public async Task A_failing_query_is_waited_for_and_not_counted_as_a_try()
    {
        Lookup.With(Rows).IsAway = true;
        (TestPublisher.Probe<IDeliveryBatch> upstream, TestSubscriber.Probe<Interpretation> downstream) = Run("act.buy");
        var batch = new TestDeliveries(1, Message(Record));
        downstream.Request(1);
        upstream.SendNext(batch);

        await AdvanceUntilAsync(() => _state.LookupFailing is not null, Second / 2, "the failure to be shown");
        batch.IsReleased.ShouldBeFalse();
        Lookup.IsAway = false;
        await AdvanceUntilAsync(() => Lookup.Asked.Count == 2, Second / 2, "the query to be mended");

        Interpretation interpretation = await downstream.ExpectNextAsync();
        interpretation.Parts.ShouldHaveSingleItem().Target.ShouldBe(PartTarget.Partition);
        batch.IsReleased.ShouldBeTrue();
        _state.LookupFailing.ShouldBeNull();
    }

    [Fact]
    public async Task One_batch_is_interpreted_at_a_time_and_in_order()
    {
        Lookup.With(Rows);
        using var gate = new SemaphoreSlim(0);
        Lookup.Gate = gate;
        (TestPublisher.Probe<IDeliveryBatch> upstream, TestSubscriber.Probe<Interpretation> downstream) = Run("act.buy");
        downstream.Request(10);
        upstream.SendNext(new TestDeliveries(1, Message(Record)));
        upstream.SendNext(new TestDeliveries(2, Message(Record)));

        await UntilAsync(() => Lookup.Queries == 1, "the first query");
        gate.Release(100);

        (await downstream.ExpectNextAsync()).Parts.Single().Tags.ShouldBe([1UL]);
        (await downstream.ExpectNextAsync()).Parts.Single().Tags.ShouldBe([2UL]);
    }

    [Fact]
    public async Task Deliveries_that_came_before_are_parked_after_one_failure_so_that_their_queue_does_not_wear_them_out()
    {
        Lookup.IsAway = true;
        (TestPublisher.Probe<IDeliveryBatch> upstream, TestSubscriber.Probe<Interpretation> downstream) = Run("act.buy");
        downstream.Request(1);
        upstream.SendNext(new TestDeliveries(1, Message(Record)) { IsRedelivered = true });

        await UntilAsync(() => Lookup.Queries == 1, "the first query");
        await PassAsync(Second);

        Interpretation interpretation = await downstream.ExpectNextAsync();
        ((Park)interpretation.Parts.Single().Message).Deliveries.Single().Tries.ShouldBe(0);
    }

    [Fact]
    public async Task Deliveries_are_held_for_a_failing_query_up_to_the_limit_and_then_parked()
    {
        Options = Options with { Settings = Options.Settings with { HoldLimit = TimeSpan.FromSeconds(5) } };
        Lookup.IsAway = true;
        (TestPublisher.Probe<IDeliveryBatch> upstream, TestSubscriber.Probe<Interpretation> downstream) = Run("act.buy");
        downstream.Request(1);
        upstream.SendNext(new TestDeliveries(1, Message(Record)));
        DateTimeOffset start = Clock.Now;

        Task<Interpretation> next = downstream.ExpectNextAsync();
        await AdvanceUntilAsync(() => next.IsCompleted, Second / 4, "the delivery to be parked");

        (Clock.Now - start).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(5));
        (await next).Parts.Single().Target.ShouldBe(PartTarget.Parking);
    }

    [Fact]
    public async Task A_batch_of_a_lost_channel_does_not_wait_for_its_query()
    {
        Lookup.IsAway = true;
        (TestPublisher.Probe<IDeliveryBatch> upstream, TestSubscriber.Probe<Interpretation> downstream) = Run("act.buy");
        var batch = new TestDeliveries(1, Message(Record));
        downstream.Request(1);
        upstream.SendNext(batch);
        await UntilAsync(() => Lookup.Queries == 1, "the first query");

        batch.IsLost = true;
        await PassAsync(Second);

        (await downstream.ExpectNextAsync()).Origin.IsLost.ShouldBeTrue();
    }

    [Fact]
    public async Task A_batch_that_its_source_waits_for_is_parked_after_one_failure_of_its_query()
    {
        Lookup.IsAway = true;
        (TestPublisher.Probe<IDeliveryBatch> upstream, TestSubscriber.Probe<Interpretation> downstream) = Run("act.buy");
        var batch = new TestDeliveries(1, Message(Record));
        downstream.Request(1);
        upstream.SendNext(batch);
        await UntilAsync(() => Lookup.Queries == 1, "the first query");

        batch.IsAwaited = true;
        await PassAsync(Second);

        (await downstream.ExpectNextAsync()).Parts.Single().Target.ShouldBe(PartTarget.Parking);
    }

    [Fact]
    public async Task What_is_in_hand_when_the_source_ends_is_finished_first()
    {
        Lookup.With(Rows);
        using var gate = new SemaphoreSlim(0);
        Lookup.Gate = gate;
        (TestPublisher.Probe<IDeliveryBatch> upstream, TestSubscriber.Probe<Interpretation> downstream) = Run("act.buy");
        downstream.Request(10);
        upstream.SendNext(new TestDeliveries(1, Message(Record)));
        upstream.SendComplete();
        await UntilAsync(() => Lookup.Queries == 1, "the first query");

        gate.Release(100);

        await downstream.ExpectNextAsync();
        await downstream.ExpectCompleteAsync();
    }

    [Fact]
    public async Task A_stream_whose_messages_hold_all_asks_for_nothing()
    {
        (TestPublisher.Probe<IDeliveryBatch> upstream, TestSubscriber.Probe<Interpretation> downstream) = Run("act.share");
        downstream.Request(1);
        upstream.SendNext(new TestDeliveries(1, Message(Share)));

        ((EventBatch)(await downstream.ExpectNextAsync()).Parts.Single().Message).Count.ShouldBe(1);
        Lookup.Queries.ShouldBe(0);
    }

    private (TestPublisher.Probe<IDeliveryBatch> Upstream, TestSubscriber.Probe<Interpretation> Downstream) Run(string stream) =>
        this.SourceProbe<IDeliveryBatch>()
            .Via(new InterpretationStage(new DeliveryInterpreter(StreamNamed(stream), Options), Options, _state))
            .ToMaterialized(this.SinkProbe<Interpretation>(), Keep.Both)
            .Run(Streams);
}
