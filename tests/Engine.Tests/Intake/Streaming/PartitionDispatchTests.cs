using Akka.Actor;
using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using Akka.TestKit;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Intake.Streaming;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Intake.Streaming;

public sealed class PartitionDispatchTests : IntakeKit
{
    private readonly TestProbe _region;
    private readonly TestProbe _parking;
    private readonly TestProbe _letters;
    private readonly StreamState _state = new();
    private readonly Guid _source = new(7, 7, 7, new byte[8]);
    private long _number;

    public PartitionDispatchTests()
    {
        _region = CreateTestProbe("region");
        _parking = CreateTestProbe("parking");
        _letters = CreateTestProbe("letters");
    }

    [Fact]
    public async Task A_delivery_is_done_when_its_batch_is_accepted_and_not_before()
    {
        var origin = new TestDeliveries(1);
        (TestPublisher.Probe<Interpretation> upstream, _) = Run();
        upstream.SendNext(Of(origin, Batch(0, 1, 2)));

        EventBatch sent = await _region.ExpectMsgAsync<EventBatch>();
        origin.Done.ShouldBeEmpty();
        _region.Reply(new Held(sent.Id, 0));
        _region.Reply(new Accepted(new BatchId(_source, 99), 0));
        _region.Reply(new Accepted(sent.Id, 0));

        await UntilAsync(() => origin.Done.Count > 0, "the deliveries to be done");
        origin.Done.ShouldBe([1UL, 2UL]);
    }

    [Fact]
    public async Task A_batch_that_was_lost_is_sent_again_after_a_second_and_is_the_same_object()
    {
        var origin = new TestDeliveries(1);
        (TestPublisher.Probe<Interpretation> upstream, _) = Run();
        upstream.SendNext(Of(origin, Batch(0, 1)));
        EventBatch first = await _region.ExpectMsgAsync<EventBatch>();

        await PassAsync(Second);

        EventBatch second = await _region.ExpectMsgAsync<EventBatch>();
        second.ShouldBeSameAs(first);
        await PassAsync(2 * Second);
        (await _region.ExpectMsgAsync<EventBatch>()).ShouldBeSameAs(first);
        _state.DispatchFailing!.ShouldContain("Partition 0");
        _region.Reply(new Accepted(first.Id, 0));
        await UntilAsync(() => origin.Done.Count == 1 && _state.DispatchFailing is null, "the delivery to be done");
    }

    [Fact]
    public async Task A_node_that_leaves_sends_Partitions_nothing_and_takes_what_they_accept_still()
    {
        var origin = new TestDeliveries(1);
        (TestPublisher.Probe<Interpretation> upstream, _) = Run();
        upstream.SendNext(Of(origin, Batch(0, 1)));
        EventBatch sent = await _region.ExpectMsgAsync<EventBatch>();

        _state.IsLeaving = true;
        upstream.SendNext(Of(origin, Batch(1, 2)));
        await UntilAsync(() => _state.Unaccepted == 2, "the second batch to be taken");
        Sys.EventStream.Publish(new PartitionServing(0));
        Clock.Advance(10 * Second);
        _region.Reply(new Accepted(sent.Id, 0));

        await UntilAsync(() => origin.Done.Count == 1, "the delivery to be done");
        _region.Ref.Tell(new Accepted(sent.Id, 0));
        (await _region.ExpectMsgAsync<Accepted>()).Id.ShouldBe(sent.Id, "no batch came before it");
    }

    [Fact]
    public async Task Held_is_no_success_and_does_not_stop_the_sending()
    {
        var origin = new TestDeliveries(1);
        (TestPublisher.Probe<Interpretation> upstream, _) = Run();
        upstream.SendNext(Of(origin, Batch(0, 1)));
        EventBatch first = await _region.ExpectMsgAsync<EventBatch>();
        _region.Reply(new Held(first.Id, 0));

        await PassAsync(Second);

        await _region.ExpectMsgAsync<EventBatch>();
        origin.Done.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_new_owner_gets_what_is_not_accepted_at_once()
    {
        (TestPublisher.Probe<Interpretation> upstream, _) = Run();
        upstream.SendNext(Of(new TestDeliveries(1), Batch(0, 1), Batch(1, 2)));
        await _region.ExpectMsgAsync<EventBatch>();
        await _region.ExpectMsgAsync<EventBatch>();

        Sys.EventStream.Publish(new PartitionServing(1));

        (await _region.ExpectMsgAsync<EventBatch>()).Partition.ShouldBe(1);
    }

    [Fact]
    public async Task Without_credit_nothing_more_is_taken_in()
    {
        Options = Options with { Settings = Options.Settings with { MaxUnacceptedBatches = 2 } };
        Taken taken = RunOver(Of(new TestDeliveries(1), Batch(0, 1)), Of(new TestDeliveries(2), Batch(0, 2)), Of(new TestDeliveries(3), Batch(0, 3)));
        await _region.ExpectMsgAsync<EventBatch>();
        EventBatch second = await _region.ExpectMsgAsync<EventBatch>();
        await UntilAsync(() => _state.Unaccepted == 2, "two to be sent");
        taken.Count.ShouldBe(2);

        _region.Reply(new Accepted(second.Id, 0));

        await _region.ExpectMsgAsync<EventBatch>();
        taken.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Bytes_of_letters_and_of_what_is_parked_take_credit_too()
    {
        Options = Options with { Settings = Options.Settings with { MaxUnacceptedBytes = 100 } };
        var origin = new TestDeliveries(1);
        Part letters = Letters(bytes: 99, 1);
        Taken taken = RunOver(Of(origin, letters), Of(origin, Parked(PartTarget.Parking, bytes: 1, 2)), Of(origin, Batch(0, 3)));
        Park park = await _parking.ExpectMsgAsync<Park>();
        await _letters.ExpectMsgAsync<PublishLetters>();
        await UntilAsync(() => _state.Unaccepted == 2, "two to be sent");
        taken.Count.ShouldBe(2);

        _letters.Reply(new LettersSafe(letters.Id));

        await _region.ExpectMsgAsync<EventBatch>();
        origin.Done.ShouldBe([1UL]);
        _parking.Reply(new Parked(park.Id));
        await UntilAsync(() => origin.Done.Count == 2, "the delivery to be parked");
    }

    [Fact]
    public async Task What_of_a_lost_channel_is_not_accepted_is_dropped_and_taken_back_and_a_late_answer_means_nothing()
    {
        var lost = new TestDeliveries(1);
        (TestPublisher.Probe<Interpretation> upstream, _) = Run();
        Part letters = Letters(bytes: 1, 2);
        Part parked = Parked(PartTarget.Parking, bytes: 1, 3);
        upstream.SendNext(Of(lost, Batch(0, 1), letters, parked));
        EventBatch old = await _region.ExpectMsgAsync<EventBatch>();
        await _letters.ExpectMsgAsync<PublishLetters>();
        await _parking.ExpectMsgAsync<Park>();

        lost.IsLost = true;
        await PassAsync(Second);

        (await _letters.ExpectMsgAsync<CancelLetters>()).Id.ShouldBe(letters.Id);
        (await _parking.ExpectMsgAsync<CancelParking>()).Id.ShouldBe(parked.Id);
        _region.Reply(new Accepted(old.Id, 0));
        var next = new TestDeliveries(1);
        upstream.SendNext(Of(next, Batch(1, 1)));
        EventBatch sent = await _region.ExpectMsgAsync<EventBatch>();
        sent.Partition.ShouldBe(1);
        _region.Reply(new Accepted(sent.Id, 1));
        await UntilAsync(() => next.Done.Count == 1, "the next delivery to be done");
        lost.Done.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_comes_of_a_channel_that_is_lost_already_is_not_sent()
    {
        (TestPublisher.Probe<Interpretation> upstream, _) = Run();
        upstream.SendNext(Of(new TestDeliveries(1) { IsLost = true }, Batch(0, 1)));
        upstream.SendNext(Of(new TestDeliveries(1), Batch(1, 1)));

        (await _region.ExpectMsgAsync<EventBatch>()).Partition.ShouldBe(1);
    }

    [Fact]
    public async Task It_ends_only_when_all_is_accepted()
    {
        (TestPublisher.Probe<Interpretation> upstream, Task ended) = Run();
        upstream.SendNext(Of(new TestDeliveries(1), Batch(0, 1)));
        EventBatch sent = await _region.ExpectMsgAsync<EventBatch>();
        upstream.SendComplete();

        await PassAsync(Second);
        await _region.ExpectMsgAsync<EventBatch>();
        ended.IsCompleted.ShouldBeFalse();
        _region.Reply(new Accepted(sent.Id, 0));

        await ended;
    }

    [Fact]
    public async Task It_fails_with_the_parking_or_the_dead_letters_which_may_have_forgotten_what_they_held()
    {
        (_, Task ended) = Run();

        Sys.Stop(_letters);

        (await Should.ThrowAsync<InvalidOperationException>(ended)).Message.ShouldContain("letters");
    }

    [Fact]
    public async Task A_batch_that_is_not_accepted_within_the_hold_limit_is_parked_and_only_then_its_deliveries_are_done()
    {
        var origin = new TestDeliveries(1);
        (TestPublisher.Probe<Interpretation> upstream, _) = Run();
        Part batch = Batch(3, 1, 2);
        upstream.SendNext(Of(origin, batch));
        await _region.ExpectMsgAsync<EventBatch>();
        DateTimeOffset start = Clock.Now;

        Park park = await ParkedAsync();

        // The clock may be moved on before the stage hears of it, never the other way round.
        ParkedDelivery row = park.Deliveries.Single();
        (row.Stream, row.Tries).ShouldBe(("act.share", 1));
        row.DueMs.ShouldBeInRange((start + HoldLimit + TimeSpan.FromSeconds(30)).ToUnixTimeMilliseconds(), (Clock.Now + TimeSpan.FromSeconds(30))
            .ToUnixTimeMilliseconds());
        EventBatch parked = ParkedContent.Decode(row.Id, row.Message).Batch!;
        (parked.Id, parked.Partition).ShouldBe((batch.Id, 3));
        origin.Done.ShouldBeEmpty();
        _parking.Reply(new Parked(park.Id));
        await UntilAsync(() => origin.Done.Count > 0, "the deliveries to be done");
        origin.Done.ShouldBe([1UL, 2UL]);
    }

    [Fact]
    public async Task While_one_Partition_is_away_its_batches_are_parked_at_once_and_the_others_parts_go_on()
    {
        Options = Options with { Settings = Options.Settings with { MaxUnacceptedBatches = 40 } };
        (TestPublisher.Probe<Interpretation> upstream, _) = Run();
        upstream.SendNext(Of(new TestDeliveries(1), Batch(0, 1)));
        _parking.Reply(new Parked((await ParkedAsync()).Id));
        _region.SetAutoPilot(Accepting(partition: 1));

        for (ulong tag = 2; tag < 200; tag += 2)
        {
            var origin = new TestDeliveries(tag);
            upstream.SendNext(Of(origin, Batch(0, tag), Batch(1, tag + 1)));
            Park park = await _parking.ExpectMsgAsync<Park>();
            _parking.Reply(new Parked(park.Id));
            await UntilAsync(() => origin.Done.Count == 2, "both to be done");
        }

        _state.DispatchFailing!.ShouldContain("Partition 0");
    }

    [Fact]
    public async Task A_Partition_that_accepts_the_parked_batch_late_is_away_no_more()
    {
        (TestPublisher.Probe<Interpretation> upstream, _) = Run();
        upstream.SendNext(Of(new TestDeliveries(1), Batch(0, 1)));
        EventBatch first = await _region.ExpectMsgAsync<EventBatch>();
        _parking.Reply(new Parked((await ParkedAsync()).Id));
        await UntilAsync(() => _state.Unaccepted == 0, "it to be parked");
        while (_region.HasMessages)
        {
            await _region.ExpectMsgAsync<EventBatch>();
        }

        await PassAsync(TimeSpan.FromSeconds(30));
        (await _region.ExpectMsgAsync<EventBatch>()).ShouldBeSameAs(first);
        _region.Reply(new Accepted(first.Id, 0));

        await UntilAsync(() => _state.DispatchFailing is null, "the Partition to be back");
        upstream.SendNext(Of(new TestDeliveries(2), Batch(0, 2)));
        (await _region.ExpectMsgAsync<EventBatch>()).ShouldNotBeSameAs(first);
        Clock.Advance(Second);
        _parking.HasMessages.ShouldBeFalse();
    }

    [Fact]
    public async Task A_batch_that_is_accepted_while_it_waits_for_room_is_done_and_its_parking_is_taken_back()
    {
        var origin = new TestDeliveries(1);
        (TestPublisher.Probe<Interpretation> upstream, _) = Run();
        upstream.SendNext(Of(origin, Batch(0, 1)));
        EventBatch batch = await _region.ExpectMsgAsync<EventBatch>();
        Park park = await ParkedAsync();
        _state.DispatchFailing!.ShouldContain("1 wait");

        _region.Reply(new Accepted(batch.Id, 0));

        (await _parking.ExpectMsgAsync<CancelParking>()).Id.ShouldBe(park.Id);
        await UntilAsync(() => origin.Done.Count == 1 && _state.DispatchFailing is null, "the delivery to be done");
        _parking.Reply(new Parked(park.Id));
        upstream.SendNext(Of(new TestDeliveries(2), Batch(1, 2)));
        await UntilAsync(() => _state.Unaccepted == 1, "the next one to be sent");
        origin.Done.ShouldBe([1UL]);
    }

    [Fact]
    public async Task What_waits_to_be_parked_when_its_channel_is_lost_is_taken_back()
    {
        var lost = new TestDeliveries(1);
        (TestPublisher.Probe<Interpretation> upstream, _) = Run();
        upstream.SendNext(Of(lost, Batch(0, 1)));
        Park park = await ParkedAsync();

        lost.IsLost = true;
        await AdvanceUntilAsync(() => _parking.HasMessages, Second, "it to be taken back");

        (await _parking.ExpectMsgAsync<CancelParking>()).Id.ShouldBe(park.Id);
        _parking.Reply(new Parked(park.Id));
        await UntilAsync(() => _state.Unaccepted == 0 && _state.DispatchFailing is null, "it to be forgotten");
        lost.Done.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_parked_holds_up_no_end()
    {
        (TestPublisher.Probe<Interpretation> upstream, Task ended) = Run();
        upstream.SendNext(Of(new TestDeliveries(1), Batch(0, 1)));
        upstream.SendComplete();

        _parking.Reply(new Parked((await ParkedAsync()).Id));

        await ended;
    }

    private static readonly TimeSpan HoldLimit = TimeSpan.FromMinutes(15);

    private async Task<Park> ParkedAsync()
    {
        await AdvanceUntilAsync(() => _parking.HasMessages, Second, "it to be parked");
        return await _parking.ExpectMsgAsync<Park>();
    }

    private static DelegateAutoPilot Accepting(int partition) => new((sender, message) =>
    {
        if (message is EventBatch batch && batch.Partition == partition)
        {
            sender.Tell(new Accepted(batch.Id, batch.Partition));
        }

        return AutoPilot.KeepRunning;
    });

    private (TestPublisher.Probe<Interpretation> Upstream, Task Ended) Run() =>
        this.SourceProbe<Interpretation>()
            .ToMaterialized(new PartitionDispatch(new DispatchTargets(_region, _parking, _letters), "act.share", Options, _state), Keep.Both)
            .Run(Streams);

    /// <summary>Runs over interpretations that are taken one by one, as from a stage of the same graph.</summary>
    private Taken RunOver(params Interpretation[] interpretations)
    {
        var taken = new Taken();
        _ = Source.From(interpretations)
            .Select(interpretation =>
            {
                taken.Add();
                return interpretation;
            })
            .RunWith(new PartitionDispatch(new DispatchTargets(_region, _parking, _letters), "act.share", Options, _state), Streams);
        return taken;
    }

    private static Interpretation Of(IDeliveryOrigin origin, params Part[] parts) => new(origin, parts);

    private Part Batch(int partition, params ulong[] tags)
    {
        BatchId id = new(_source, ++_number);
        return new Part(id, PartTarget.Partition, new EventBatch(id, partition, [], []), 1, tags);
    }

    private Part Letters(long bytes, params ulong[] tags)
    {
        BatchId id = new(_source, ++_number);
        return new Part(id, PartTarget.DeadLetters, new PublishLetters(id, []), bytes, tags);
    }

    private Part Parked(PartTarget target, long bytes, params ulong[] tags)
    {
        BatchId id = new(_source, ++_number);
        return new Part(id, target, target == PartTarget.ParkingAgain ? new ParkAgain(id, [], Guid.Empty) : new Park(id, []), bytes, tags);
    }

    private sealed class Taken
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public void Add() => Interlocked.Increment(ref _count);
    }
}
