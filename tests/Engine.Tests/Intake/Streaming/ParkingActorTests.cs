using Akka.Actor;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Scheduling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Intake.Streaming;

public sealed class ParkingActorTests : IntakeKit
{
    private readonly FakeParkingStore _store = new();
    private readonly ParkingState _state = new();
    private long _number;

    [Fact]
    public async Task It_answers_when_the_deliveries_are_stored_and_not_before()
    {
        _store.Gate = new TaskCompletionSource();
        IActorRef parking = Start();
        Park park = ParkOf(Row(1));
        parking.Tell(park, TestActor);
        await UntilAsync(() => _state.Count == 1, "it to be counted");
        _store.Rows.ShouldBeEmpty();

        _store.Gate.SetResult();

        (await ExpectMsgAsync<Parked>()).Id.ShouldBe(park.Id);
        _store.Rows.Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_stored_at_the_start_is_counted_though_the_store_is_away_at_first()
    {
        await _store.ParkAsync([Row(1), Row(2)], default);
        _store.Failures["count"] = 2;
        IActorRef parking = Start();
        parking.Tell(ParkOf(Row(3)), TestActor);

        await AdvanceUntilAsync(() => _state.Count == 3, Second, "all to be counted");

        await ExpectMsgAsync<Parked>();
        _store.CallsOf("count").ShouldBe(3);
    }

    [Fact]
    public async Task A_store_that_fails_is_asked_again_until_it_works_and_what_it_may_have_done_is_not_done_twice()
    {
        _store.FailsAfterwards = true;
        _store.Failures["park"] = 2;
        IActorRef parking = Start();
        parking.Tell(ParkOf(Row(1)), TestActor);
        await UntilAsync(() => _state.Failing is not null, "the failure to be shown");
        _state.Failing!.ShouldBe("the store went away");

        await AdvanceUntilAsync(() => _store.CallsOf("park") == 3, Second, "the third try");

        await ExpectMsgAsync<Parked>();
        (_store.Rows.Count, _state.Count, _state.Failing).ShouldBe((1, 1L, null));
    }

    [Fact]
    public async Task A_request_that_fails_holds_up_no_other()
    {
        _store.Failures["park"] = 1;
        IActorRef parking = Start();
        Park failing = ParkOf(Row(1));
        Park good = ParkOf(Row(2));
        parking.Tell(failing, TestActor);
        parking.Tell(good, TestActor);

        (await ExpectMsgAsync<Parked>()).Id.ShouldBe(good.Id);
        await PassAsync(Second);
        (await ExpectMsgAsync<Parked>()).Id.ShouldBe(failing.Id);
    }

    [Fact]
    public async Task At_the_limit_deliveries_wait_for_room_and_those_that_have_rows_do_not()
    {
        IActorRef parking = Start(maxParked: 2);
        parking.Tell(ParkOf(Row(1), Row(2)), TestActor);
        await ExpectMsgAsync<Parked>();
        Park waiting = ParkOf(Row(3));
        DueDeliveries claimed = await ClaimAsync(parking);
        var again = new ParkAgain(NextBatch(), [Row(1)], claimed.Claim);
        parking.Tell(waiting, TestActor);
        parking.Tell(again, TestActor);

        (await ExpectMsgAsync<Parked>()).Id.ShouldBe(again.Id);
        _state.Failing!.ShouldContain("2 deliveries are parked, which is the limit");
        claimed = await ClaimAsync(parking);
        parking.Tell(new Unpark(NextBatch(), [Row(1).Id], claimed.Claim), TestActor);

        (await ExpectMsgAsync<Unparked>()).Removed.ShouldBe(1);
        (await ExpectMsgAsync<Parked>()).Id.ShouldBe(waiting.Id);
        (_state.Count, _state.Failing).ShouldBe((2L, null));
    }

    [Fact]
    public async Task Room_that_another_node_made_is_found()
    {
        IActorRef parking = Start(maxParked: 1);
        parking.Tell(ParkOf(Row(1)), TestActor);
        await ExpectMsgAsync<Parked>();
        Park waiting = ParkOf(Row(2));
        parking.Tell(waiting, TestActor);
        await UntilAsync(() => _state.Failing is not null, "the lot to be full");
        _store.RemoveElsewhere(Row(1).Id);

        await PassAsync(Second);

        (await ExpectMsgAsync<Parked>()).Id.ShouldBe(waiting.Id);
        _state.Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_waits_for_room_can_be_taken_back()
    {
        IActorRef parking = Start(maxParked: 1);
        parking.Tell(ParkOf(Row(1)), TestActor);
        await ExpectMsgAsync<Parked>();
        DueDeliveries claimed = await ClaimAsync(parking);
        Park first = ParkOf(Row(2));
        Park second = ParkOf(Row(3));
        parking.Tell(first, TestActor);
        parking.Tell(second, TestActor);
        parking.Tell(new CancelParking(first.Id), TestActor);
        parking.Tell(new Unpark(NextBatch(), [Row(1).Id], claimed.Claim), TestActor);

        await ExpectMsgAsync<Unparked>();
        (await ExpectMsgAsync<Parked>()).Id.ShouldBe(second.Id);
        _store.Rows.Single().Id.ShouldBe(Row(3).Id);
    }

    [Fact]
    public async Task What_is_taken_back_while_the_store_is_away_is_not_tried_again_and_is_counted_until_they_are_counted_anew()
    {
        IActorRef parking = Start(maxParked: 1);
        _store.Failures["park"] = int.MaxValue;
        Park taken = ParkOf(Row(1));
        parking.Tell(taken, TestActor);
        await UntilAsync(() => _state.Failing is not null, "the failure");

        parking.Tell(new CancelParking(taken.Id), TestActor);

        await UntilAsync(() => _state.Failing is null, "it to be given up");
        Clock.Advance(10 * Second);
        _store.Failures["park"] = 0;
        Park next = ParkOf(Row(2));
        parking.Tell(next, TestActor);
        await AdvanceUntilAsync(() => _store.Rows.Count > 0 && _state.Count == 1, Second, "the next one to be stored, and counted alone");
        _store.Rows.Single().Id.ShouldBe(Row(2).Id);
    }

    [Fact]
    public async Task What_is_taken_back_while_it_is_being_stored_may_be_stored_and_is_not_tried_again_where_that_fails()
    {
        IActorRef parking = Start();
        _store.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _store.Failures["park"] = 1;
        await ClaimAsync(parking);
        Park taken = ParkOf(Row(1));
        parking.Tell(taken, TestActor);
        parking.Tell(new CancelParking(taken.Id), TestActor);
        await ClaimAsync(parking);

        _store.Gate.SetResult();

        await UntilAsync(() => _store.CallsOf("park") == 1, "the failure");
        Clock.Advance(10 * Second);
        parking.Tell(ParkOf(Row(2)), TestActor);
        await ExpectMsgAsync<Parked>();
        _store.Rows.Single().Id.ShouldBe(Row(2).Id);
    }

    [Fact]
    public async Task What_is_parked_is_announced_to_its_streams_subscribers_even_where_its_outcome_is_unknown()
    {
        IActorRef parking = Start();
        parking.Tell(new SubscribeParking("act.share"), TestActor);
        parking.Tell(ParkOf(Row(1) with { Stream = "act.buy" }), TestActor);
        await ExpectMsgAsync<Parked>();
        _store.Failures["park"] = 1;

        parking.Tell(ParkOf(Row(2)), TestActor);

        await ExpectMsgAsync<ParkingChanged>();
        await PassAsync(Second);
        await ExpectMsgAsync<Parked>();
        await ExpectMsgAsync<ParkingChanged>();
    }

    [Fact]
    public async Task It_claims_what_is_due_or_says_when_the_next_one_is()
    {
        IActorRef parking = Start();
        parking.Tell(ParkOf(Row(1) with { DueMs = NowMs }, Row(2) with { DueMs = NowMs + 100 }), TestActor);
        await ExpectMsgAsync<Parked>();

        DueDeliveries due = await ClaimAsync(parking);
        due.Deliveries.Select(row => row.Id).ShouldBe([Row(1).Id]);
        _store.ClaimOf(Row(1).Id).ShouldBe(due.Claim);
        _store.Rows[0].DueMs.ShouldBe(NowMs + 20_000);

        due = await ClaimAsync(parking);
        (due.Deliveries.Count, due.NextDueMs).ShouldBe((0, NowMs + 100));
    }

    [Fact]
    public async Task A_claim_whose_answer_was_lost_is_nobodys_and_its_rows_are_due_again_when_it_has_run_out()
    {
        IActorRef parking = Start();
        parking.Tell(ParkOf(Row(1)), TestActor);
        await ExpectMsgAsync<Parked>();
        (_store.FailsAfterwards, _store.Failures["claim"]) = (true, 1);
        parking.Tell(new ClaimDue("act.share", 10, 1000), TestActor);
        await AdvanceUntilAsync(() => HasMessages, Second / 100, "the second try");
        (await ExpectMsgAsync<DueDeliveries>()).Deliveries.ShouldBeEmpty();

        await PassUntilAsync(20 * Second);

        (await ClaimAsync(parking)).Deliveries.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_claim_that_is_renewed_runs_from_when_the_store_is_told()
    {
        IActorRef parking = Start();
        parking.Tell(ParkOf(Row(1)), TestActor);
        await ExpectMsgAsync<Parked>();
        DueDeliveries claimed = await ClaimAsync(parking);
        await PassUntilAsync(10 * Second);
        _store.Failures["renew"] = 1;
        long askedMs = NowMs;

        parking.Tell(new RenewClaim([Row(1).Id], claimed.Claim), TestActor);

        await AdvanceUntilAsync(() => HasMessages, Second / 100, "the second try");
        (await ExpectMsgAsync<ClaimRenewed>()).Claim.ShouldBe(claimed.Claim);
        _store.Rows.Single().DueMs.ShouldBeInRange(askedMs + 20_001, NowMs + 20_000, "from the second try, which came later");
    }

    [Fact]
    public async Task What_another_node_removed_is_neither_stored_again_nor_subtracted()
    {
        IActorRef parking = Start();
        parking.Tell(ParkOf(Row(1), Row(2)), TestActor);
        await ExpectMsgAsync<Parked>();
        DueDeliveries claimed = await ClaimAsync(parking);
        _store.RemoveElsewhere(Row(1).Id);

        parking.Tell(new ParkAgain(NextBatch(), [Row(1)], claimed.Claim), TestActor);
        await ExpectMsgAsync<Parked>();
        _store.Rows.ShouldHaveSingleItem().Id.ShouldBe(Row(2).Id);
        parking.Tell(new Unpark(NextBatch(), [Row(1).Id], claimed.Claim), TestActor);
        (await ExpectMsgAsync<Unparked>()).Removed.ShouldBe(0);

        // Until the next count.
        _state.Count.ShouldBe(2);
        await AdvanceUntilAsync(() => _state.Count == 1, Second, "the next count");
    }

    [Fact]
    public async Task They_are_counted_every_few_seconds_as_other_nodes_park_too()
    {
        Start();
        await UntilAsync(() => _store.CallsOf("count") == 1, "the first count");
        await _store.ParkAsync([Row(1), Row(2)], default);
        DateTimeOffset start = Clock.Now;

        await AdvanceUntilAsync(() => _state.Count == 2, Second, "the count");

        (Clock.Now - start).ShouldBe(5 * Second);
    }

    [Fact]
    public async Task Near_the_limit_they_are_counted_before_more_are_stored_where_the_count_is_older_than_a_second()
    {
        IActorRef parking = Start(maxParked: 10);
        await UntilAsync(() => _store.CallsOf("count") == 1, "the first count");
        parking.Tell(ParkOf([.. Enumerable.Range(1, 9).Select(Row)]), TestActor);
        await ExpectMsgAsync<Parked>();
        await _store.ParkAsync([Row(10), Row(11)], default);
        await PassUntilAsync(2 * Second);

        parking.Tell(ParkOf(Row(12)), TestActor);

        await UntilAsync(() => _state.Failing is not null, "the lot to be full");
        (_store.CallsOf("count"), _state.Count, _store.Rows.Count).ShouldBe((2, 11L, 11));
    }

    [Fact]
    public async Task Far_from_the_limit_nothing_is_counted_before_more_is_stored()
    {
        IActorRef parking = Start(maxParked: 10);
        await UntilAsync(() => _store.CallsOf("count") == 1, "the first count");
        parking.Tell(ParkOf([.. Enumerable.Range(1, 8).Select(Row)]), TestActor);
        await ExpectMsgAsync<Parked>();
        await PassUntilAsync(2 * Second);
        parking.Tell(ParkOf(Row(9)), TestActor);
        await ExpectMsgAsync<Parked>();

        _store.CallsOf("count").ShouldBe(1);
    }

    [Fact]
    public async Task What_crosses_a_count_is_counted_rather_too_often_than_not_at_all()
    {
        IActorRef parking = Start();
        parking.Tell(ParkOf(Row(1), Row(2)), TestActor);
        await ExpectMsgAsync<Parked>();
        _store.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        parking.Tell(ParkOf(Row(3)), TestActor);
        await AdvanceUntilAsync(() => _store.CallsOf("count") == 2, Second, "the second count");
        await UntilAsync(() => _state.Count == 3, "what is under way to be counted");

        _store.Gate.SetResult();

        await ExpectMsgAsync<Parked>();
        (_state.Count, _store.Rows.Count).ShouldBe((3L, 3));
    }

    private long NowMs => Clock.Now.ToUnixTimeMilliseconds();

    /// <summary>Moves the clock, and lets what was due then be done.</summary>
    private async Task PassUntilAsync(TimeSpan time)
    {
        DateTimeOffset end = Clock.Now + time;
        await AdvanceUntilAsync(() => Clock.Now >= end, Second, $"{time}");
    }

    private async Task<DueDeliveries> ClaimAsync(IActorRef parking)
    {
        parking.Tell(new ClaimDue("act.share", 10, 1000), TestActor);
        return await ExpectMsgAsync<DueDeliveries>();
    }

    private static ParkedDelivery Row(int id) => new() { Id = new Guid(id, 0, 0, new byte[8]), Stream = "act.share", DueMs = 0, Tries = 0, Message = [] };

    private IActorRef Start(long maxParked = 100)
    {
        IntakeSettings settings = Options.Settings with { MaxParked = maxParked, Backoff = new Backoff(Second, Second) };
        return Sys.ActorOf(ParkingActor.Props(_store, Options with { Settings = settings }, _state));
    }

    private Park ParkOf(params ParkedDelivery[] rows) => new(NextBatch(), rows);

    private BatchId NextBatch() => new(Guid.Empty, ++_number);
}
