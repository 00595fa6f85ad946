using System.Text;
using Akka.Actor;
using Akka.TestKit;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Intake.Streaming;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Intake.Streaming;

/// <summary>The graph that takes up a stream's parked deliveries.</summary>
public sealed class ParkedDeliveriesTests : IntakeKit
{
    private readonly FakeParkingStore _store = new();
    private readonly StreamState _state = new();
    private readonly TestProbe _region;
    private readonly TestProbe _letters;

    public ParkedDeliveriesTests()
    {
        _region = CreateTestProbe("region");
        _letters = CreateTestProbe("letters");
    }

    private IActorRef Parking => field ??= Sys.ActorOf(ParkingActor.Props(_store, Options, new ParkingState()));

    private long NowMs => Clock.Now.ToUnixTimeMilliseconds();

    [Fact]
    public async Task A_row_is_removed_only_when_its_event_is_accepted()
    {
        await ParkAsync(Row("act.share", Share));
        Run("act.share");
        EventBatch sent = await _region.ExpectMsgAsync<EventBatch>();
        _store.Rows.Count.ShouldBe(1);

        _region.Reply(new Accepted(sent.Id, sent.Partition));

        await UntilAsync(() => _store.Rows.Count == 0, "the row to be removed");
    }

    [Fact]
    public async Task What_is_due_later_is_taken_up_at_its_time()
    {
        long dueMs = NowMs + 5000;
        await ParkAsync(Row("act.share", Share) with { DueMs = dueMs });
        Run("act.share");
        await UntilAsync(() => _store.CallsOf("next") == 1, "the wait");

        await AdvanceUntilAsync(() => _region.HasMessages, Second / 2, "it to be taken up");

        NowMs.ShouldBeGreaterThanOrEqualTo(dueMs);
    }

    [Fact]
    public async Task What_is_parked_meanwhile_and_due_earlier_ends_the_wait()
    {
        Run("act.share");
        await UntilAsync(() => _store.CallsOf("next") == 1, "the wait");

        Parking.Tell(new Park(new BatchId(Guid.Empty, 1), [Row("act.share", Share)]));

        await _region.ExpectMsgAsync<EventBatch>();
    }

    [Fact]
    public async Task What_was_parked_without_being_announced_is_looked_for_every_thirty_seconds()
    {
        Run("act.share");
        await UntilAsync(() => _store.CallsOf("next") == 1, "the wait");
        await ParkAsync(Row("act.share", Share));
        DateTimeOffset start = Clock.Now;

        await AdvanceUntilAsync(() => _region.HasMessages, Second, "it to be found");

        (Clock.Now - start).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task What_misses_its_row_still_is_parked_again_and_keeps_its_row()
    {
        ParkedDelivery row = Row("act.buy", Record);
        await ParkAsync(row with { Tries = 1 });
        Run("act.buy");

        await UntilAsync(() => _store.Rows.Single().Tries >= 2, "it to be parked again");

        ParkedDelivery again = _store.Rows.Single();
        (again.Id, again.DueMs).ShouldBe((row.Id, NowMs + 2000));
        _store.CallsOf("remove").ShouldBe(0);
        Lookup.With(Rows);
        await AdvanceUntilAsync(() => _region.HasMessages, Second / 4, "its row to be found");
        EventBatch sent = await _region.ExpectMsgAsync<EventBatch>();
        _region.Reply(new Accepted(sent.Id, sent.Partition));
        await UntilAsync(() => _store.Rows.Count == 0, "the row to be removed");
    }

    [Fact]
    public async Task What_was_tried_often_enough_is_a_dead_letter_and_its_row_goes_when_that_is_safe()
    {
        await ParkAsync(Row("act.buy", Record) with { Tries = 3 });
        Run("act.buy");
        PublishLetters publish = await _letters.ExpectMsgAsync<PublishLetters>();
        _store.Rows.Count.ShouldBe(1);

        _letters.Reply(new LettersSafe(publish.Id));

        await UntilAsync(() => _store.Rows.Count == 0, "the row to be removed");
    }

    [Fact]
    public async Task A_damaged_one_is_left_aside_and_the_others_are_taken_up()
    {
        ParkedDelivery damaged = Row("act.share", Share) with { Message = [1, 2, 3] };
        await ParkAsync(damaged, Row("act.share", Share));
        Run("act.share");

        EventBatch sent = await _region.ExpectMsgAsync<EventBatch>();

        sent.Count.ShouldBe(1);
        ParkedDelivery aside = _store.Rows.Single(row => row.Id == damaged.Id);
        aside.DueMs.ShouldBe(NowMs + (long)TimeSpan.FromHours(1).TotalMilliseconds);
        aside.Message.ShouldBe(damaged.Message);
    }

    [Fact]
    public async Task A_batch_goes_to_its_Partition_with_its_identities_and_its_row_is_removed_only_when_it_is_accepted()
    {
        ParkedDelivery row = BatchRow(topic: 1, "a", "b");
        await ParkAsync(row);
        Run("act.share");

        EventBatch sent = await _region.ExpectMsgAsync<EventBatch>();
        EventBatch parked = ParkedContent.Decode(row.Id, row.Message).Batch!;
        sent.Partition.ShouldBe(parked.Partition);
        sent.Events.ToArray().ShouldBe(parked.Events.ToArray());
        sent.Payloads.ToArray().ShouldBe(parked.Payloads.ToArray());
        _store.Rows.Count.ShouldBe(1);
        _region.Reply(new Accepted(sent.Id, sent.Partition));

        await UntilAsync(() => _store.Rows.Count == 0, "the row to be removed");
    }

    [Fact]
    public async Task A_batch_that_is_not_accepted_still_keeps_its_row_waits_ever_longer_and_holds_up_no_other_Partition()
    {
        ParkedDelivery away = BatchRow(topic: 1, "a");
        await ParkAsync(away);
        Run("act.share");
        int partition = (await _region.ExpectMsgAsync<EventBatch>()).Partition;
        double[] waits = [60, 120, 240, 480, 900, 900, 900];
        var stored = new List<(long DueMs, long AtMs)>();
        _store.OnStored = row => stored.Add((row.DueMs, NowMs));
        await AdvanceUntilAsync(() => _store.Rows.Single().Tries > waits.Length, 5 * Second, "it to be parked again and again");

        // A wait begins when the row is read, which is due by then, or when it is sent, and before it is stored again, whenever that may be.
        long lastDueMs = away.DueMs;
        foreach ((double wait, (long dueMs, long atMs)) in waits.Zip(stored))
        {
            (wait * 1000).ShouldBeInRange(dueMs - atMs, dueMs - lastDueMs);
            lastDueMs = dueMs;
        }

        DateTimeOffset start = Clock.Now;
        ParkedDelivery other = BatchRow(topic: 2, "b");
        Parking.Tell(new Park(new BatchId(Guid.Empty, 1), [other]));
        EventBatch sent = (EventBatch)await _region.FishForMessageAsync(message => message is EventBatch batch && batch.Partition != partition);
        _region.Reply(new Accepted(sent.Id, sent.Partition));
        await UntilAsync(() => _store.Rows.Count == 1, "the other's row to be removed");
        (Clock.Now - start).ShouldBe(TimeSpan.Zero);
        _store.Rows.Single().Id.ShouldBe(away.Id);
        _store.Rows.Single().Message.ShouldBe(away.Message);
    }

    [Fact]
    public async Task A_message_whose_Partition_does_not_accept_is_parked_again_which_is_no_try()
    {
        ParkedDelivery row = Row("act.buy", Record);
        await ParkAsync(row with { Tries = 1 });
        Lookup.With(Rows);
        Run("act.buy");
        await _region.ExpectMsgAsync<EventBatch>();

        await AdvanceUntilAsync(() => _store.Rows.Single().DueMs > NowMs, Second, "it to be parked again");

        ParkedDelivery again = _store.Rows.Single();
        (again.Id, again.Tries).ShouldBe((row.Id, 1));
        again.Message.ShouldBe(row.Message);
    }

    [Fact]
    public async Task A_row_that_is_being_parked_again_when_its_batch_is_accepted_comes_back_and_goes_then()
    {
        await ParkAsync(BatchRow(topic: 1, "a"));
        Run("act.share");
        EventBatch sent = await _region.ExpectMsgAsync<EventBatch>();
        _store.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await AdvanceUntilAsync(() => _state.DispatchFailing is not null && _state.DispatchFailing.Contains("parked", StringComparison.Ordinal), Second,
            "it to be parked again");

        _region.Send(_region.LastSender, new Accepted(sent.Id, sent.Partition));
        await UntilAsync(() => _state.DispatchFailing is null || !_state.DispatchFailing.Contains("parked", StringComparison.Ordinal),
            "the Partition to be back");
        _store.CallsOf("remove").ShouldBe(0);
        _store.Gate.SetResult();

        await UntilAsync(() => _store.Rows.Single().Tries >= 2, "it to be parked again");
        await AnswerUntilAsync(() => _store.Rows.Count == 0, "the row to be removed");
    }

    [Theory]
    [InlineData("act.h5-visit", 0)]
    [InlineData("act.share", 1)]
    public async Task A_batch_of_another_stream_or_for_another_Partition_than_its_topics_is_left_aside(string stream, int beside)
    {
        ParkedDelivery row = BatchRow(topic: 1, beside, "a") with { Stream = stream };
        await ParkAsync(row);
        Run(stream);

        await UntilAsync(() => _store.Rows.Single().DueMs == NowMs + (long)TimeSpan.FromHours(1).TotalMilliseconds, "it to be left aside");

        _region.HasMessages.ShouldBeFalse();
    }

    [Fact]
    public async Task While_it_is_paused_nothing_is_taken_up()
    {
        await ParkAsync(Row("act.share", Share));
        StreamRun run = Run("act.share", paused: true);
        run.Resume();

        await _region.ExpectMsgAsync<EventBatch>();
    }

    [Fact]
    public async Task It_stops_when_the_batch_that_is_out_is_done()
    {
        await ParkAsync(Row("act.share", Share));
        StreamRun run = Run("act.share");
        EventBatch sent = await _region.ExpectMsgAsync<EventBatch>();

        await run.StopTaking();
        run.Ended.IsCompleted.ShouldBeFalse();
        _region.Reply(new Accepted(sent.Id, sent.Partition));

        await run.Ended;
        _store.Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failing_query_is_waited_for_however_long_it_takes()
    {
        Options = Options with { Settings = Options.Settings with { HoldLimit = TimeSpan.FromSeconds(2) } };
        await ParkAsync(Row("act.buy", Record));
        Lookup.With(Rows).Failures = 20;
        Run("act.buy");

        await AdvanceUntilAsync(() => _region.HasMessages, Second / 2, "the query to be mended");

        _store.CallsOf("park").ShouldBe(1);
    }

    [Fact]
    public async Task A_batch_that_is_out_for_long_stays_claimed()
    {
        // So long that it is not parked again meanwhile, however far the clock gets between two looks.
        var days = TimeSpan.FromDays(10);
        Options = Options with { Settings = Options.Settings with { ClaimTimeToLive = 10 * Second, Resend = new Engine.Scheduling.Backoff(Second, days), HoldLimit = days } };
        ParkedDelivery row = Row("act.share", Share);
        await ParkAsync(row);
        Run("act.share");
        EventBatch sent = await _region.ExpectMsgAsync<EventBatch>();
        Guid? claim = _store.ClaimOf(row.Id);
        for (int i = 1; i <= 4; i++)
        {
            long due = _store.Rows.Single().DueMs;
            await AdvanceUntilAsync(() => _store.Rows.Single().DueMs > due, Second, "the claim to be renewed");
        }

        _store.ClaimOf(row.Id).ShouldBe(claim);
        _region.Reply(new Accepted(sent.Id, sent.Partition));
        await UntilAsync(() => _store.Rows.Count == 0, "the row to be removed");
        int renewals = _store.CallsOf("renew");
        DateTimeOffset end = Clock.Now + (12 * Second);
        await AdvanceUntilAsync(() => Clock.Now >= end, Second, "the time of another renewal");
        _store.CallsOf("renew").ShouldBe(renewals);
    }

    [Fact]
    public async Task Rows_that_were_lost_to_another_node_meanwhile_are_its_own_and_the_next_are_taken_up()
    {
        Options = Options with { Settings = Options.Settings with { ClaimTimeToLive = 10 * Second } };
        ParkedDelivery[] rows = [Row("act.share", Share), Row("act.share", Share)];
        await ParkAsync(rows);
        Run("act.share");
        EventBatch sent = await _region.ExpectMsgAsync<EventBatch>();
        _store.RemoveElsewhere(rows[0].Id);
        var other = Guid.NewGuid();
        (await _store.ClaimAsync("act.share", NowMs + 10_000, long.MaxValue, other, 10, 1000, default)).ShouldHaveSingleItem().Id.ShouldBe(rows[1].Id);
        await AdvanceUntilAsync(() => _store.CallsOf("renew") > 0, Second, "the claim to be renewed");

        _region.Reply(new Accepted(sent.Id, sent.Partition));

        await UntilAsync(() => _store.CallsOf("remove") == 1, "the rows to be removed");
        ParkedDelivery left = _store.Rows.ShouldHaveSingleItem();
        (left.Id, left.DueMs, _store.ClaimOf(left.Id)).ShouldBe((rows[1].Id, long.MaxValue, other));
        ParkedDelivery next = Row("act.share", Share);
        Parking.Tell(new Park(new BatchId(Guid.Empty, 1), [next]));

        // Behind copies of the first one perhaps.
        await _region.FishForMessageAsync(message => message is EventBatch { Count: 1 });
    }

    [Fact]
    public async Task What_is_out_when_the_graph_fails_is_given_back_at_once()
    {
        ParkedDelivery row = Row("act.share", Share);
        await ParkAsync(row);
        StreamRun run = Run("act.share");
        await _region.ExpectMsgAsync<EventBatch>();

        run.Abort(new InvalidOperationException("a fault"));

        await UntilAsync(() => _store.ClaimOf(row.Id) is null, "it to be given back");
        _store.Rows.Single().ShouldBe(row);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_claimed_while_it_is_paused_or_stopped_is_given_back(bool isPaused)
    {
        ParkedDelivery row = Row("act.share", Share);
        _store.Failures["claim"] = 1;
        await ParkAsync(row);
        StreamRun run = Run("act.share");
        await UntilAsync(() => _store.CallsOf("claim") == 1, "it to be claimed");
        if (isPaused)
        {
            run.Pause();
        }
        else
        {
            await run.StopTaking();
        }

        await AdvanceUntilAsync(() => _store.CallsOf("park") == 2, Second / 50, "it to be given back");

        (_store.Rows.Single(), _store.ClaimOf(row.Id), _region.HasMessages).ShouldBe((row, null, false));
        if (!isPaused)
        {
            await run.Ended;
        }
    }

    [Fact]
    public async Task A_stop_waits_no_longer_than_its_patience_for_a_store_that_is_away()
    {
        _store.Failures["claim"] = int.MaxValue;
        StreamRun run = Run("act.share");
        await UntilAsync(() => _store.CallsOf("claim") == 1, "it to be claimed");

        await run.StopTaking();

        await AdvanceUntilAsync(() => run.Ended.IsCompleted, Second / 2, "the end");
        _store.Failures["claim"].ShouldBeGreaterThan(0);
    }

    /// <summary>Accepts whatever is sent, and moves the clock, until something holds.</summary>
    private Task AnswerUntilAsync(Func<bool> condition, string what)
    {
        _region.SetAutoPilot(new DelegateAutoPilot((sender, message) =>
        {
            if (message is EventBatch batch)
            {
                sender.Tell(new Accepted(batch.Id, batch.Partition));
            }

            return AutoPilot.KeepRunning;
        }));
        return AdvanceUntilAsync(condition, Second, what);
    }

    private StreamRun Run(string stream, bool paused = false)
    {
        StreamRun run = StreamGraph.RunParked(
            new ParkedSource(StreamNamed(stream), Parking, Options),
            new DeliveryInterpreter(StreamNamed(stream), Options),
            new PartitionDispatch(new DispatchTargets(_region, Parking, _letters), stream, Options, _state),
            Options,
            _state,
            Streams);
        if (paused)
        {
            run.Pause();
        }

        return run;
    }

    private ParkedDelivery BatchRow(int topic, params string[] identities) => BatchRow(topic, beside: 0, identities);

    private ParkedDelivery BatchRow(int topic, int beside, params string[] identities) => new()
    {
        Id = NextId(),
        Stream = "act.share",
        DueMs = NowMs,
        Tries = 1,
        Message = new ParkedContent(NowMs, ParkedContentTests.BatchOf(Options.Partitions, topic, beside, identities)).Encode(),
    };

    private async Task ParkAsync(params ParkedDelivery[] rows) => await _store.ParkAsync(rows, default);

    private ParkedDelivery Row(string stream, string body) => new()
    {
        Id = NextId(),
        Stream = stream,
        DueMs = NowMs,
        Tries = 0,
        Message = new ParkedContent(NowMs, Json, Encoding.UTF8.GetBytes(body)).Encode(),
    };
}
