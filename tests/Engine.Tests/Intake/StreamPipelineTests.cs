using System.Text;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Tests.Scheduling;
using DataLoad.Engine.Tests.Sharding;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Intake;

public sealed class StreamPipelineTests
{
    private const string Share = """{"sessionStr":"s","topicType":"lesson","topicId":9,"wuId":42}""";
    private const string Record = """{"recordId":5}""";
    private const string Rows = "mq_operate_record 5 data={\"orderId\":7}; orders 7";

    public static TheoryData<object> LongDelays => [(long)TimeSpan.FromDays(30).TotalMilliseconds + 1, long.MaxValue, ulong.MaxValue];

    public static TheoryData<object> Garbage => ["abc", "1.5", "", 1.5, true, Encoding.UTF8.GetBytes("ten"), new List<object?>()];

    public static TheoryData<object> Delays => [(sbyte)60, (byte)60, (short)60, (ushort)60, 60, 60U, 60L, 60UL, "60", Encoding.UTF8.GetBytes("60")];

    [Fact]
    public async Task A_delivery_is_done_when_its_event_is_journaled()
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.share");

        await harness.ProcessAsync(Share);
        await harness.Sink.WhenAsync(1);

        EventSpecOf(harness).Stream.Name.ShouldBe("act.share");
    }

    [Theory]
    [MemberData(nameof(Delays))]
    public async Task A_delay_of_any_integer_type_is_held_to_the_millisecond(object delay)
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.share");

        await harness.ProcessAsync(Share, Delayed(delay));

        harness.Sink.Done.ShouldBe([1UL]);
        harness.Parkings.ShouldBe([(TimeSpan.FromMilliseconds(60), 0)]);
        await WaitFor.ConditionAsync(() => harness.Time.Waiting == 1, "the parked one to be waited for");
        harness.Time.Advance(TimeSpan.FromMilliseconds(59));
        harness.Journaled.ShouldBe(0);

        // A look that began before the clock moved waits for a millisecond more.
        await harness.Time.AdvanceUntilAsync(() => harness.Parked == 0 && harness.Parking.Count == 0, TimeSpan.FromMilliseconds(1));
        harness.Journaled.ShouldBe(1);
        EventSpecOf(harness).TimeMs.ShouldBe(ManualTime.Start);
        EventSpecOf(harness).Identity.Kind.ShouldBe(IdentityKind.Hash);
    }

    [Fact]
    public async Task A_delay_of_exactly_the_most_is_held()
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.share");

        await harness.ProcessAsync(Share, Delayed((long)TimeSpan.FromDays(30).TotalMilliseconds));

        harness.Parkings.ShouldBe([(TimeSpan.FromDays(30), 0)]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(null)]
    public async Task No_delay_is_no_wait(int? delay)
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.share");

        await harness.ProcessAsync(Share, Delayed(delay));
        await harness.Sink.WhenAsync(1);

        harness.Journaled.ShouldBe(1);
        harness.Parkings.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(LongDelays))]
    [MemberData(nameof(Garbage))]
    public async Task A_delay_that_is_too_long_or_none_at_all_is_rejected(object delay)
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.share");

        await harness.ProcessAsync(Share, Delayed(delay));

        harness.DeadLetters.Letters.Single().Rejection.Reason.ShouldBe(RejectReason.BadDelay);
        harness.Sink.Done.ShouldBe([1UL]);
        harness.Parkings.ShouldBeEmpty();
    }

    [Fact]
    public async Task Where_the_broker_has_waited_the_header_is_not_looked_at()
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.share");
        harness.Pipeline.BrokerDelays = true;

        await harness.ProcessAsync((Share, Delayed(60_000)), (Share, Delayed("abc")));
        await harness.Sink.WhenAsync(2);

        harness.Journaled.ShouldBe(2);
    }

    [Fact]
    public async Task What_cannot_be_read_is_rejected_at_once_though_it_is_delayed()
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.share");

        await harness.ProcessAsync("{", Delayed(60_000));

        harness.DeadLetters.Letters.Single().Rejection.Reason.ShouldBe(RejectReason.Unreadable);
        harness.Parkings.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_missing_row_is_tried_again_ever_later_and_then_rejected()
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.buy");

        await harness.ProcessAsync(Record);
        harness.Sink.Done.ShouldBe([1UL]);
        using var gate = new SemaphoreSlim(0);
        harness.Lookup.Gate = gate;
        for (int tries = 2; tries <= 4; tries++)
        {
            // The clock stands from the query on, so that the wait that follows it is known exactly.
            await harness.Time.AdvanceUntilAsync(() => harness.Lookup.Queries == tries, TimeSpan.FromMilliseconds(50));
            gate.Release();
            await harness.Time.AdvanceUntilAsync(() => harness.ParkingCount == tries || harness.DeadLetters.Letters.Count > 0, TimeSpan.Zero);
        }

        await harness.Time.AdvanceUntilAsync(() => harness.Parked == 0, TimeSpan.Zero);

        harness.Parkings.Select(parking => parking.Tries).ShouldBe([1, 2, 3]);
        harness.Parkings.Select(parking => parking.Wait.TotalSeconds).ShouldBe([1, 2, 4]);
        DeadLetter letter = harness.DeadLetters.Letters.Single();
        letter.Rejection.Reason.ShouldBe(RejectReason.NoRow);
        letter.Rejection.Error.ShouldContain("mq_operate_record 5");
        letter.ReceivedMs.ShouldBe(ManualTime.Start);
        Encoding.UTF8.GetString(letter.Body.Span).ShouldBe(Record);
        harness.Lookup.Queries.ShouldBe(4);
    }

    [Fact]
    public async Task A_row_that_comes_late_is_counted_as_if_it_had_been_there()
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.buy");
        await harness.ProcessAsync(Record);

        harness.Lookup.With(Rows);
        await harness.Time.AdvanceUntilAsync(() => harness.Parked == 0, TimeSpan.FromMilliseconds(50));

        harness.DeadLetters.Letters.ShouldBeEmpty();
        EventSpecOf(harness).TimeMs.ShouldBe(ManualTime.Start);
        EventSpecOf(harness).Identity.ShouldBe(EventId.Key(7));
    }

    [Fact]
    public async Task A_failing_query_pauses_its_stream_and_is_not_a_try()
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.buy");
        harness.Lookup.Failures = 7;

        // Seven that fail and one that works; the next, of the delivery that was parked meanwhile, waits until it may,
        // however far the clock has been moved.
        using var gate = new SemaphoreSlim(8);
        harness.Lookup.Gate = gate;

        Task processing = harness.ProcessAsync(Record);
        processing.IsCompleted.ShouldBeFalse();
        harness.Pipeline.Failing.ShouldBe("the business database is away");
        await harness.Time.AdvanceUntilAsync(() => processing.IsCompleted, TimeSpan.FromMilliseconds(500));
        await processing;

        harness.Pipeline.Failing.ShouldBeNull();
        harness.Parkings.Select(parking => parking.Tries).ShouldBe([1]);
        harness.Lookup.With(Rows);
        gate.Release(100);
        await harness.Time.AdvanceUntilAsync(() => harness.Parked == 0, TimeSpan.FromMilliseconds(50));
        harness.Journaled.ShouldBe(1);
    }

    [Fact]
    public async Task One_missing_row_holds_up_nothing_else_and_a_batch_is_one_round_trip_a_step()
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.buy");
        harness.Lookup.With("mq_operate_record 5 data={\"orderId\":7}; orders 7; mq_operate_record 6 data={\"orderId\":8}; orders 8; mq_operate_record 8 data=nothing");

        await harness.ProcessAsync((Record, null), ("""{"recordId":99}""", null), ("""{"recordId":6}""", null), ("""{"recordId":5}""", null), ("""{"recordId":8}""", null));
        await harness.Sink.WhenAsync(5);

        harness.Sink.Done.Order().ShouldBe([1UL, 2UL, 3UL, 4UL, 5UL]);
        harness.Journaled.ShouldBe(2);
        harness.Parked.ShouldBe(1);
        harness.DeadLetters.Letters.Single().Rejection.Reason.ShouldBe(RejectReason.BadRow);
        harness.Lookup.Asked[0].ShouldBe([5, 99, 6, 8]);
        harness.Lookup.Asked[1].ShouldBe([7, 8]);
    }

    [Fact]
    public async Task What_is_rejected_is_done_only_when_its_dead_letter_is_confirmed()
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.group");
        harness.DeadLetters.Gate = new TaskCompletionSource();
        var properties = new BasicProperties { ContentType = "application/json", MessageId = "m", Headers = new Dictionary<string, object?> { ["mine"] = 1 } };

        Task processing = harness.ProcessAsync("""{"sessionStr":"s","topicType":"t","topicId":1,"wuId":2,"joinType":9}""", properties);
        processing.IsCompleted.ShouldBeFalse();
        harness.Sink.Count.ShouldBe(0);
        harness.DeadLetters.Gate.SetResult();
        await processing;

        harness.Sink.Done.ShouldBe([1UL]);
        BasicProperties published = harness.DeadLetters.Letters.Single().ToPublish();
        published.MessageId.ShouldBe("m");
        published.DeliveryMode.ShouldBe(DeliveryModes.Persistent);
        published.Headers!["mine"].ShouldBe(1);
        published.Headers[DeliveryHeaders.Received].ShouldBe(ManualTime.Start);
        published.Headers[DeliveryHeaders.Stream].ShouldBe("act.group");
        published.Headers[DeliveryHeaders.Reason].ShouldBe(RejectReason.BadJoinType);
        published.Headers[DeliveryHeaders.Error].ShouldBeOfType<string>().ShouldContain("9");
        properties.Headers.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_rejected_delivery_leaves_no_identity_behind()
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.share");
        var properties = new BasicProperties { ContentType = "application/json", MessageId = "m" };

        await harness.ProcessAsync("""{"sessionStr":"s","topicType":"lesson"}""", properties);
        await harness.ProcessAsync(Share, properties);
        await harness.Sink.WhenAsync(2);

        harness.Journaled.ShouldBe(1);
        harness.DeadLetters.Letters.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_first_receipt_that_was_recorded_stays()
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.share");
        long earlier = ManualTime.Start - 90_000_000;

        await harness.ProcessAsync(
            (Share, Received(earlier)),
            (Share, Received(ManualTime.Start + 1)),
            (Share, Received("garbage")));
        await harness.Sink.WhenAsync(3);

        harness.Region.WholeJournal().Select(spec => spec.TimeMs).Order().ShouldBe([earlier, ManualTime.Start, ManualTime.Start]);
    }

    [Fact]
    public async Task A_delay_counts_from_the_first_receipt()
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.share");
        BasicProperties waited = Delayed(60_000);
        waited.Headers![DeliveryHeaders.Received] = ManualTime.Start - 60_000;
        BasicProperties waiting = Delayed(60_000);
        waiting.Headers![DeliveryHeaders.Received] = ManualTime.Start - 59_000;

        await harness.ProcessAsync((Share, waited), (Share, waiting));
        await harness.Sink.WhenAsync(2);

        harness.Journaled.ShouldBe(1);
        harness.Parkings.ShouldBe([(TimeSpan.FromSeconds(1), 0)]);
    }

    [Fact]
    public async Task What_was_held_is_tried_as_often_as_any_and_keeps_its_receipt_and_message()
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.buy");
        BasicProperties properties = Delayed(60_000);
        properties.MessageId = "m";
        properties.Expiration = "777";

        await harness.ProcessAsync(Record, properties);
        await harness.Time.AdvanceUntilAsync(() => harness.Parked == 0, TimeSpan.FromMilliseconds(500));

        harness.Parkings.Select(parking => parking.Tries).ShouldBe([0, 1, 2, 3]);
        DeadLetter letter = harness.DeadLetters.Letters.Single();
        letter.Rejection.Reason.ShouldBe(RejectReason.NoRow);
        letter.ReceivedMs.ShouldBe(ManualTime.Start);
        (letter.Properties.MessageId, letter.Properties.Expiration, letter.Properties.Headers![DeliveryHeaders.Delay]).ShouldBe(("m", "777", 60_000));
    }

    [Fact]
    public async Task Times_are_judged_by_the_first_receipt()
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.share");
        const long earlier = ManualTime.Start - 3_600_000;
        string timed = Share.Replace("}", $",\"ctime\":{earlier + EventTime.MaxAheadMs}}}", StringComparison.Ordinal);
        string later = timed.Replace($"{earlier + EventTime.MaxAheadMs}", $"{earlier + EventTime.MaxAheadMs + 1}", StringComparison.Ordinal);

        await harness.ProcessAsync((timed, Received(earlier)), (later, Received(earlier)));
        await harness.Sink.WhenAsync(2);

        DeadLetter letter = harness.DeadLetters.Letters.Single();
        letter.Rejection.Reason.ShouldBe(RejectReason.BadTime);
        letter.ReceivedMs.ShouldBe(earlier);
        harness.Journaled.ShouldBe(1);
    }

    private static Journaling.EventSpec EventSpecOf(PipelineHarness harness) => harness.Region.WholeJournal().Single();

    private static BasicProperties Delayed(object? delay) => new()
    {
        ContentType = "application/json",
        Headers = new Dictionary<string, object?> { [DeliveryHeaders.Delay] = delay },
    };

    private static BasicProperties Received(object value) => new()
    {
        ContentType = "application/json",
        Headers = new Dictionary<string, object?> { [DeliveryHeaders.Received] = value },
    };
}
