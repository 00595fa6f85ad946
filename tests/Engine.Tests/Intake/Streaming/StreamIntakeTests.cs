using System.Text;
using Akka.Actor;
using Akka.TestKit;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Streams.Amqp;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Intake.Streaming;

/// <summary>The whole intake between a broker in memory and a region that a test plays.</summary>
public sealed class StreamIntakeTests : IntakeKit
{
    private const string ShareQueue = "queue.data.load.act.date.share.cnt";
    private const string BuyQueue = "queue.data.load.act.date.buy.cnt";
    private readonly FakeBroker _broker = new();
    private readonly FakeParkingStore _store = new();
    private readonly TestProbe _region;
    private StreamIntake _intake = null!;

    public StreamIntakeTests() => _region = CreateTestProbe("region");

    [Fact]
    public async Task A_message_is_acknowledged_when_its_event_is_accepted()
    {
        Start();
        _broker.Send(ShareQueue, Json, Share);
        EventBatch sent = await _region.ExpectMsgAsync<EventBatch>();
        _broker.Left(ShareQueue).ShouldBe(1);

        _region.Reply(new Accepted(sent.Id, sent.Partition));

        await UntilAsync(() => _broker.Left(ShareQueue) == 0, "the acknowledgement");
        await UntilAsync(() => !_intake.Failing.Any(), "all streams to be consumed");
        (_intake.IsConnected, _intake.DeadLetters?.Messages).ShouldBe((true, 0L));
    }

    [Fact]
    public async Task The_watermark_waits_for_the_part_of_a_batch_that_is_not_accepted()
    {
        Options = Options with { Settings = Options.Settings with { MaxBatch = 100 } };
        string[] topics = [.. Enumerable.Range(0, 40).Select(topic => Share.Replace("9", $"{topic}", StringComparison.Ordinal))];
        foreach (string topic in topics)
        {
            _broker.Send(ShareQueue, Json, topic);
        }

        Start();
        var sent = new List<EventBatch>();
        while (sent.Sum(batch => batch.Count) < topics.Length)
        {
            sent.Add(await _region.ExpectMsgAsync<EventBatch>());
        }

        sent.Select(batch => batch.Partition).Distinct().Count().ShouldBe(4);
        int first = (int)sent.Single(batch => batch.Partition == new TopicKey("lesson", 0).ShardOf(4)).Id.Number;
        foreach (EventBatch batch in sent.Where(batch => batch.Id.Number != first))
        {
            _region.Reply(new Accepted(batch.Id, batch.Partition));
        }

        _broker.Left(ShareQueue).ShouldBe(40);
        EventBatch last = sent.Single(batch => batch.Id.Number == first);
        _region.Reply(new Accepted(last.Id, last.Partition));

        await UntilAsync(() => _broker.Left(ShareQueue) == 0, "the acknowledgement");
        _broker.Acknowledgements.ShouldBe(1);
    }

    [Fact]
    public async Task A_rejected_message_is_acknowledged_when_its_dead_letter_is_confirmed()
    {
        Start();
        _broker.Send(ShareQueue, Json.With(AmqpProperty.CorrelationId, [.. Enumerable.Repeat((byte)0xFF, 100)]), "{}");

        await UntilAsync(() => _broker.Left(ShareQueue) == 0 && _broker.Published.Count == 1, "the dead letter");

        AmqpMessage letter = _broker.Published.Single();
        Utf8(letter.Exchange.Span).ShouldBe("dataload.dead");
        Utf8(letter.Body.Span).ShouldBe("{}");
        letter.Properties.Get(AmqpProperty.CorrelationId).ToArray().ShouldBe([.. Enumerable.Repeat((byte)0xFF, 100)]);
    }

    [Fact]
    public async Task A_message_whose_row_is_missing_is_parked_acknowledged_and_counted_when_the_row_is_there()
    {
        Start();
        _broker.Send(BuyQueue, Json, Record);
        await UntilAsync(() => _broker.Left(BuyQueue) == 0, "the acknowledgement");
        _store.Rows.Single().Tries.ShouldBe(1);
        Lookup.With(Rows);

        await AdvanceUntilAsync(() => _region.HasMessages, Second / 10, "the parked delivery to be taken up");

        EventBatch sent = await _region.ExpectMsgAsync<EventBatch>();
        _region.Reply(new Accepted(sent.Id, sent.Partition));
        await UntilAsync(() => _store.Rows.Count == 0, "the row to be removed");
    }

    [Fact]
    public async Task When_its_channel_is_lost_a_message_comes_again_and_a_late_answer_acknowledges_nothing()
    {
        Start();
        _broker.Send(ShareQueue, Json, Share);
        EventBatch first = await _region.ExpectMsgAsync<EventBatch>();
        _broker.CloseChannel(ShareQueue);

        await AdvanceUntilAsync(() => _broker.IsConsumed(ShareQueue), Second / 10, "the next channel");
        EventBatch second = first;
        while (second.Id == first.Id)
        {
            second = await _region.ExpectMsgAsync<EventBatch>();
        }

        _region.Reply(new Accepted(first.Id, first.Partition));
        second.Events[0].Identity.ShouldNotBe(first.Events[0].Identity);
        _broker.Left(ShareQueue).ShouldBe(1);

        _region.Reply(new Accepted(second.Id, second.Partition));
        await UntilAsync(() => _broker.Left(ShareQueue) == 0, "the acknowledgement");
    }

    [Fact]
    public async Task While_a_stream_is_paused_its_messages_stay_in_the_queue_and_what_was_taken_becomes_durable()
    {
        Start();
        _broker.Send(ShareQueue, Json, Share);
        EventBatch taken = await _region.ExpectMsgAsync<EventBatch>();
        _intake.Pause("act.share").ShouldBeTrue();
        _intake.Streams.Single(stream => stream.Stream is "act.share").IsPaused.ShouldBeTrue();
        _region.Reply(new Accepted(taken.Id, taken.Partition));
        await UntilAsync(() => !_broker.IsConsumed(ShareQueue), "the channel to be closed");
        _broker.Left(ShareQueue).ShouldBe(0);
        _broker.Send(ShareQueue, Json, Share);
        _broker.Left(ShareQueue).ShouldBe(1);

        _intake.Resume("act.share").ShouldBeTrue();

        EventBatch next = await _region.ExpectMsgAsync<EventBatch>();
        _region.Reply(new Accepted(next.Id, next.Partition));
        await UntilAsync(() => _broker.Left(ShareQueue) == 0, "the acknowledgement");
        _intake.Pause("no.such").ShouldBeFalse();
    }

    [Fact]
    public async Task A_pause_waits_two_seconds_for_a_failing_query_and_then_gives_back_what_was_taken()
    {
        Lookup.IsAway = true;
        Start();
        _broker.Send(BuyQueue, Json, Record);
        await UntilAsync(() => Lookup.Queries > 0, "the query");

        _intake.Pause("act.buy");
        await AdvanceUntilAsync(() => !_broker.IsConsumed(BuyQueue), Second / 4, "the channel to be closed");

        _broker.Left(BuyQueue).ShouldBe(1);
        Lookup.With(Rows).IsAway = false;
        await AdvanceUntilAsync(() => _intake.Streams.Single(stream => stream.Stream is "act.buy").Failing is null, Second / 4, "the batch to be dropped");
        _intake.Resume("act.buy");
        await AdvanceUntilAsync(() => _region.HasMessages, Second / 4, "the message to come again");
        EventBatch sent = await _region.ExpectMsgAsync<EventBatch>();
        _region.Reply(new Accepted(sent.Id, sent.Partition));
        await UntilAsync(() => _broker.Left(BuyQueue) == 0, "the acknowledgement");
        _store.Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failing_query_is_shown_and_the_showing_ends_with_it()
    {
        Lookup.With(Rows).IsAway = true;
        Start();
        _broker.Send(BuyQueue, Json, Record);

        await AdvanceUntilAsync(() => FailingOf("act.buy") is "the business database is away", Second / 4, "the failure to be shown");

        Lookup.IsAway = false;
        await AdvanceUntilAsync(() => _region.HasMessages, Second / 4, "the query to be mended");
        await UntilAsync(() => !_intake.Failing.Any(), "the showing to end");
    }

    [Fact]
    public async Task Stopping_takes_nothing_more_and_is_drained_when_what_was_taken_is_acknowledged()
    {
        Start();
        _broker.Send(ShareQueue, Json, Share);
        EventBatch taken = await _region.ExpectMsgAsync<EventBatch>();

        await _intake.StopTakingAsync();
        _broker.Send(ShareQueue, Json, Share);
        Task drained = _intake.DrainedAsync(default);
        drained.IsCompleted.ShouldBeFalse();
        _region.Reply(new Accepted(taken.Id, taken.Partition));

        await drained;
        await UntilAsync(() => !_broker.IsConsumed(ShareQueue), "the channel to be closed");
        _broker.Left(ShareQueue).ShouldBe(1);
        _intake.LeftUnacknowledged.ShouldBe(0);
    }

    [Fact]
    public async Task Stopping_gives_up_a_stream_that_waits_for_a_failing_query_after_two_seconds()
    {
        Lookup.IsAway = true;
        Start();
        _broker.Send(BuyQueue, Json, Record);
        await AdvanceUntilAsync(() => FailingOf("act.buy") is "the business database is away", Second / 4, "the failure to be shown");

        Task stopped = _intake.StopTakingAsync();
        Task drained = _intake.DrainedAsync(default);
        await AdvanceUntilAsync(() => drained.IsCompleted, Second / 4, "the stream to be given up");

        await stopped;
        await UntilAsync(() => !_broker.IsConsumed(BuyQueue), "the channel to be closed");
        _broker.Left(BuyQueue).ShouldBe(1);
        await UntilAsync(() => _intake.LeftUnacknowledged == 1, "what comes again to be counted");
    }

    [Fact]
    public async Task A_delayed_message_is_held_where_the_broker_cannot_delay()
    {
        Start(stream => new StreamSettings { Delayed = true });
        _broker.Send(ShareQueue, Json.WithHeader("x-delay"u8, 5000), Share);

        await UntilAsync(() => _store.Rows.Count == 1, "the message to be held");
        await UntilAsync(() => _broker.Left(ShareQueue) == 0, "the acknowledgement");
    }

    [Fact]
    public async Task A_delayed_message_counts_at_once_where_the_broker_has_delayed_it()
    {
        _broker.RefusesDelayedExchanges = false;
        Start(stream => new StreamSettings { Delayed = true });
        _broker.Send(ShareQueue, Json.WithHeader("x-delay"u8, 5000), Share);

        await _region.ExpectMsgAsync<EventBatch>();
    }

    [Fact]
    public async Task The_lengths_of_the_queues_are_looked_at_again_and_again()
    {
        Start(stream => new StreamSettings { Prefetch = 1 });
        for (int i = 0; i < 10; i++)
        {
            _broker.Send(ShareQueue, Json, Share);
        }

        await AdvanceUntilAsync(() => _intake.Lag.GetValueOrDefault("act.share") is { Messages: 9, IsKnown: true }, Second, "the length to be known");
        StreamStatus status = _intake.Streams.Single(stream => stream.Stream is "act.share");
        (status.Prefetch, status.Unacknowledged).ShouldBe((1, 1));
    }

    [Fact]
    public async Task While_the_broker_is_away_the_lengths_are_those_of_the_last_look_and_not_known_and_all_streams_say_the_same()
    {
        Start(stream => new StreamSettings { Prefetch = 1 });
        for (int i = 0; i < 10; i++)
        {
            _broker.Send(ShareQueue, Json, Share);
        }

        await AdvanceUntilAsync(() => LagOf("act.share") is { Messages: 9, IsKnown: true }, Second, "the length to be known");
        _broker.Stop();
        await AdvanceUntilAsync(() => Options.Time.GetUtcNow() - LagOf("act.share")!.Value.At > TimeSpan.FromSeconds(8), Second, "time to pass");

        _intake.Lag.Values.ShouldAllBe(length => !length.IsKnown);
        LagOf("act.share")!.Value.Messages.ShouldBe(9);
        _intake.DeadLetters!.Value.IsKnown.ShouldBeFalse();
        _intake.Streams.Select(stream => stream.Failing).Distinct().ShouldHaveSingleItem().ShouldBe("not connected to the broker at 127.0.0.1:5672/");

        _broker.Start();
        await AdvanceUntilAsync(() => LagOf("act.share") is { IsKnown: true } && !_intake.Failing.Any(), Second, "all to be known again");
    }

    [Fact]
    public async Task A_stream_that_is_resumed_has_no_failure_before_it_has_tried()
    {
        Start();
        await UntilAsync(() => _broker.IsConsumed(ShareQueue), "the stream to be consumed");
        for (int i = 0; i < 20; i++)
        {
            _intake.Pause("act.share");
            await UntilAsync(() => !_broker.IsConsumed(ShareQueue), "the channel to be closed");

            _intake.Resume("act.share");

            while (!_broker.IsConsumed(ShareQueue))
            {
                FailingOf("act.share").ShouldBeNull();
            }
        }
    }

    [Fact]
    public async Task A_crash_of_the_parking_starts_all_streams_again_and_nothing_is_lost()
    {
        Start();
        _broker.Send(ShareQueue, Json, Share);
        EventBatch first = await _region.ExpectMsgAsync<EventBatch>();
        Sys.ActorSelection("/user/intake/intake/parking").Tell(Kill.Instance);

        EventBatch second = first;
        while (second.Id.Source == first.Id.Source)
        {
            await AdvanceUntilAsync(() => _region.HasMessages, Second / 4, "the message to come again");
            second = await _region.ExpectMsgAsync<EventBatch>();
        }

        _region.Reply(new Accepted(second.Id, second.Partition));

        await UntilAsync(() => _broker.Left(ShareQueue) == 0, "the acknowledgement");
    }

    private QueueLength? LagOf(string stream) => _intake.Lag.TryGetValue(stream, out QueueLength length) ? length : null;

    private string? FailingOf(string stream) => _intake.Failing.FirstOrDefault(failing => string.Equals(failing.Key, stream, StringComparison.Ordinal)).Value;

    private void Start(Func<StreamDefinition, StreamSettings>? settingsOf = null)
    {
        var connections = new AmqpConnections(new AmqpConnectionSettings(), Options.Time, _broker);
        _intake = new StreamIntake(new IntakeSetup
        {
            Options = Options,
            Connections = connections,
            SettingsOf = settingsOf ?? (_ => new StreamSettings()),
            Parking = _store,
            RandomFactor = 0,
        });
        Sys.ActorOf(_intake.Props(_region), "intake");
    }
}
