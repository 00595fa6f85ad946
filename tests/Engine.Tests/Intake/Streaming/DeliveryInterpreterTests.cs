using System.Buffers.Binary;
using System.Text;
using DataLoad.Engine.Counting;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Intake.Streaming;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Tests.Resolving;
using DataLoad.Streams.Amqp;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Intake.Streaming;

public sealed class DeliveryInterpreterTests
{
    private readonly ManualTime _time = new();
    private readonly FakeLookup _lookup = new();
    private int _ids;
    private ulong _tags = 1;

    public static TheoryData<string, string> IntegersOfSixty => new()
    {
        { "b", "3C" }, { "B", "3C" }, { "s", "003C" }, { "U", "003C" }, { "u", "003C" }, { "I", "0000003C" }, { "i", "0000003C" },
        { "l", "000000000000003C" }, { "L", "000000000000003C" }, { "S", "000000023630" }, { "x", "000000023630" },
    };

    public static TheoryData<string, string> Garbage => new()
    {
        { "S", "00000003616263" }, { "S", "00000003312E35" }, { "S", "00000000" }, { "d", "3FF8000000000000" }, { "t", "01" }, { "A", "00000000" },
        { "D", "1E0000000A" },
    };

    [Fact]
    public async Task A_good_delivery_becomes_an_event_for_its_topics_Partition()
    {
        Interpretation interpretation = await Interpret("act.share", IntakeKit.Message(IntakeKit.Share));

        Part part = interpretation.Parts.ShouldHaveSingleItem();
        part.Target.ShouldBe(PartTarget.Partition);
        part.Tags.ShouldBe([1UL]);
        var batch = (EventBatch)part.Message;
        batch.Partition.ShouldBe(new TopicKey("lesson", 9).ShardOf(4));
        batch.Id.ShouldBe(part.Id);
        EventHead head = batch.Events[0];
        (head.StreamId, head.TimeMs).ShouldBe((IntakeKit.StreamNamed("act.share").Id, ManualTime.Start));
    }

    [Fact]
    public async Task An_event_without_identity_gets_one_of_its_delivery_that_no_other_has()
    {
        EventId first = await IdentityOf("1", IntakeKit.Json);
        EventId second = await IdentityOf("1", IntakeKit.Json);
        _tags = 1;
        EventId sameTagOfAnotherChannel = await IdentityOf("2", IntakeKit.Json);
        _tags = 1;
        EventId firstAgain = await IdentityOf("1", IntakeKit.Json);

        first.Kind.ShouldBe(IdentityKind.Hash);
        new[] { first, second, sameTagOfAnotherChannel }.Distinct().Count().ShouldBe(3);
        firstAgain.ShouldBe(first);
    }

    [Fact]
    public async Task Message_ids_are_equal_where_their_bytes_are()
    {
        EventId first = await IdentityOf("1", IntakeKit.Json.With(AmqpProperty.MessageId, [0, 0, 0, 0xFE]));
        EventId again = await IdentityOf("2", IntakeKit.Json.With(AmqpProperty.MessageId, [0, 0, 0, 0xFE]));
        EventId other = await IdentityOf("1", IntakeKit.Json.With(AmqpProperty.MessageId, [0, 0, 0, 0xFF]));

        again.ShouldBe(first);
        other.ShouldNotBe(first);
    }

    [Fact]
    public async Task A_message_id_of_text_gives_the_identity_that_it_always_gave()
    {
        EventId identity = await IdentityOf("1", IntakeKit.Json.With(AmqpProperty.MessageId, "mé"u8));

        identity.ShouldBe(new IdentityHasher().OfMessageId(IntakeKit.StreamNamed("act.share"), new TopicKey("lesson", 9), "mé"));
    }

    [Theory]
    [MemberData(nameof(IntegersOfSixty))]
    public async Task A_delay_of_any_integer_type_is_held_to_the_millisecond(string type, string value)
    {
        Interpretation interpretation = await Interpret("act.share", (IntakeKit.Share, WithHeader("x-delay", type, value)));

        ParkedDelivery parked = ParkedOf(interpretation).ShouldHaveSingleItem();
        (parked.DueMs, parked.Tries, parked.Stream).ShouldBe((ManualTime.Start + 60, 0, "act.share"));
        interpretation.Parts.ShouldHaveSingleItem().Tags.ShouldBe([1UL]);
    }

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task A_delay_that_is_no_integer_is_rejected(string type, string value)
    {
        Interpretation interpretation = await Interpret("act.share", (IntakeKit.Share, WithHeader("x-delay", type, value)));

        LettersOf(interpretation).ShouldHaveSingleItem().Rejection.Reason.ShouldBe(RejectReason.BadDelay);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public async Task Thirty_days_are_held_and_no_millisecond_more(long more, int parked)
    {
        long delay = (long)TimeSpan.FromDays(30).TotalMilliseconds + more;

        Interpretation interpretation = await Interpret("act.share", (IntakeKit.Share, IntakeKit.Json.WithHeader("x-delay"u8, delay)));

        ParkedOf(interpretation).Count.ShouldBe(parked);
        LettersOf(interpretation).Count.ShouldBe(1 - parked);
    }

    [Fact]
    public async Task Headers_of_other_names_cost_nothing_whatever_they_are()
    {
        AmqpProperties strange = WithHeader("trace-ms", "L", "000001A0C5E1B800");
        AmqpProperties decimals = WithHeader("price", "D", "1E00000001");
        AmqpProperties unknown = WithHeader("what", "Z", "00");

        Interpretation interpretation = await Interpret("act.share", (IntakeKit.Share, strange), (IntakeKit.Share, decimals), (IntakeKit.Share, unknown));

        EventsOf(interpretation).Sum(batch => batch.Count).ShouldBe(3);
    }

    [Fact]
    public async Task Where_the_broker_has_waited_the_delay_is_not_looked_at()
    {
        DeliveryInterpreter interpreter = Interpreter("act.share");
        interpreter.BrokerDelays = true;

        Interpretation interpretation = await Interpret(interpreter, new TestDeliveries(1, (IntakeKit.Share, IntakeKit.Json.WithHeader("x-delay"u8, "abc"u8))));

        EventsOf(interpretation).Single().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_delay_counts_from_the_first_receipt_that_was_recorded()
    {
        AmqpProperties waited = IntakeKit.Json.WithHeader("x-delay"u8, 60_000).WithHeader("x-dataload-received"u8, ManualTime.Start - 60_000);
        AmqpProperties waiting = IntakeKit.Json.WithHeader("x-delay"u8, 60_000).WithHeader("x-dataload-received"u8, ManualTime.Start - 59_000);

        Interpretation interpretation = await Interpret("act.share", (IntakeKit.Share, waited), (IntakeKit.Share, waiting));

        EventsOf(interpretation).Single().Events[0].TimeMs.ShouldBe(ManualTime.Start - 60_000);
        ParkedOf(interpretation).Single().DueMs.ShouldBe(ManualTime.Start + 1000);
    }

    [Fact]
    public async Task A_receipt_that_cannot_have_been_is_not_believed()
    {
        AmqpProperties later = IntakeKit.Json.WithHeader("x-dataload-received"u8, ManualTime.Start + 1);
        AmqpProperties garbage = IntakeKit.Json.WithHeader("x-dataload-received"u8, "garbage"u8);

        Interpretation interpretation = await Interpret("act.share", (IntakeKit.Share, later), (IntakeKit.Share, garbage));

        EventsOf(interpretation).Single().Events.ToArray().ShouldAllBe(head => head.TimeMs == ManualTime.Start);
    }

    [Fact]
    public async Task A_missing_row_is_parked_ever_longer_and_rejected_after_the_last_try()
    {
        Guid claim = new(5, 5, 5, new byte[8]);
        for (int tries = 0; tries <= 3; tries++)
        {
            DeliveryInterpreter interpreter = Interpreter("act.buy");
            var row = new ParkedDelivery { Id = Guid.Empty, Stream = "act.buy", DueMs = 0, Tries = tries, Message = [] };
            interpreter.Start("");
            interpreter.Add(0, row, new ParkedContent(ManualTime.Start - 5000, IntakeKit.Json, Encoding.UTF8.GetBytes(IntakeKit.Record)));
            await interpreter.LookUpAsync(default);
            Interpretation interpretation = interpreter.Finish(new TestDeliveries(0) { Claim = claim });

            if (tries < 3)
            {
                Part again = interpretation.Parts.ShouldHaveSingleItem();
                again.Target.ShouldBe(PartTarget.ParkingAgain);
                ((ParkAgain)again.Message).Claim.ShouldBe(claim);
                ParkedDelivery parked = ((ParkAgain)again.Message).Deliveries.Single();
                (parked.DueMs, parked.Tries, parked.Id).ShouldBe((ManualTime.Start + (1000 << tries), tries + 1, row.Id));
                ParkedContent.Decode(parked.Id, parked.Message).ReceivedMs.ShouldBe(ManualTime.Start - 5000);
            }
            else
            {
                Letter letter = LettersOf(interpretation).Single();
                letter.Rejection.Reason.ShouldBe(RejectReason.NoRow);
                letter.Rejection.Error.ShouldContain("mq_operate_record 5");
                letter.ReceivedMs.ShouldBe(ManualTime.Start - 5000);
                Encoding.UTF8.GetString(letter.Body.Span).ShouldBe(IntakeKit.Record);
            }
        }
    }

    [Fact]
    public async Task A_parked_event_without_identity_takes_that_of_its_row()
    {
        var row = new ParkedDelivery { Id = new Guid(9, 9, 9, new byte[8]), Stream = "act.share", DueMs = 0, Tries = 0, Message = [] };
        var identities = new List<EventId>();
        for (int i = 0; i < 2; i++)
        {
            DeliveryInterpreter interpreter = Interpreter("act.share");
            interpreter.Start("");
            interpreter.Add((ulong)i, row, new ParkedContent(ManualTime.Start, IntakeKit.Json, Encoding.UTF8.GetBytes(IntakeKit.Share)));
            await interpreter.LookUpAsync(default);
            identities.Add(EventsOf(interpreter.Finish(new TestDeliveries(0))).Single().Events[0].Identity);
        }

        identities[1].ShouldBe(identities[0]);
        identities[0].Kind.ShouldBe(IdentityKind.Hash);
    }

    [Fact]
    public async Task One_missing_row_holds_up_nothing_else_and_a_batch_is_one_round_trip_a_step()
    {
        _lookup.With(
            "mq_operate_record 5 data={\"orderId\":7}; orders 7; mq_operate_record 6 data={\"orderId\":8}; orders 8; mq_operate_record 8 data=nothing");

        Interpretation interpretation = await Interpret(
            "act.buy",
            IntakeKit.Message(IntakeKit.Record),
            IntakeKit.Message("""{"recordId":99}"""),
            IntakeKit.Message("""{"recordId":6}"""),
            IntakeKit.Message("""{"recordId":5}"""),
            IntakeKit.Message("""{"recordId":8}"""));

        EventsOf(interpretation).Sum(batch => batch.Count).ShouldBe(3);
        ParkedOf(interpretation).Single().Tries.ShouldBe(1);
        LettersOf(interpretation).Single().Rejection.Reason.ShouldBe(RejectReason.BadRow);
        _lookup.Asked[0].ShouldBe([5, 99, 6, 8]);
        _lookup.Asked[1].ShouldBe([7, 8]);
        interpretation.Parts.SelectMany(part => part.Tags).Order().ShouldBe([1UL, 2UL, 3UL, 4UL, 5UL]);
    }

    [Fact]
    public void Where_the_lookup_is_given_up_what_needs_rows_is_parked_and_it_is_not_a_try()
    {
        DeliveryInterpreter interpreter = Interpreter("act.buy");
        var batch = new TestDeliveries(1, IntakeKit.Message(IntakeKit.Record), IntakeKit.Message("{"));
        batch.AddTo(interpreter);

        Interpretation interpretation = interpreter.Finish(batch, isLookedUp: false);

        ParkedDelivery parked = ParkedOf(interpretation).Single();
        (parked.Tries, parked.DueMs).ShouldBe((0, ManualTime.Start + 1000));
        LettersOf(interpretation).Single().Rejection.Reason.ShouldBe(RejectReason.Unreadable);
    }

    [Fact]
    public async Task Events_of_a_Partition_are_split_before_they_pass_the_size_and_each_tag_depends_on_its_part()
    {
        DeliveryInterpreter interpreter = Interpreter("act.share", new IntakeSettings { MaxEventBatchBytes = 4096 });
        string text = new('ü', 500);
        (string, AmqpProperties)[] messages =
            [.. Enumerable.Range(0, 20)
                .Select(i => IntakeKit.Message($$"""{"sessionStr":"{{text}}","topicType":"lesson","topicId":9,"ctime":{{ManualTime.Start + i}}}"""))];

        Interpretation interpretation = await Interpret(interpreter, new TestDeliveries(1, messages));

        List<EventBatch> batches = EventsOf(interpretation);
        batches.Count.ShouldBeInRange(5, 10);
        batches.ShouldAllBe(batch => batch.PayloadBytes <= 4096);
        batches.Sum(batch => batch.Count).ShouldBe(20);
        interpretation.Parts.ShouldAllBe(part => part.Tags.Length == ((EventBatch)part.Message).Count);
        interpretation.Parts.SelectMany(part => part.Tags).ShouldBe(Enumerable.Range(1, 20).Select(tag => (ulong)tag));
        batches.Select(batch => batch.Id).Distinct().Count().ShouldBe(batches.Count);
    }

    [Fact]
    public async Task An_event_that_is_larger_than_a_batch_may_be_goes_alone()
    {
        DeliveryInterpreter interpreter = Interpreter("act.share", new IntakeSettings { MaxEventBatchBytes = 1024 });
        string large = $$"""{"sessionStr":"{{new string('x', 5001)}}","topicType":"lesson","topicId":9}""";

        Interpretation interpretation = await Interpret(
            interpreter, new TestDeliveries(1, IntakeKit.Message(IntakeKit.Share), IntakeKit.Message(large), IntakeKit.Message(IntakeKit.Share)));

        EventsOf(interpretation).Select(batch => batch.Count).ShouldBe([1, 1, 1]);
    }

    [Fact]
    public async Task A_letter_keeps_body_properties_and_headers_byte_for_byte()
    {
        AmqpProperties properties = WithHeader("bytes", "S", "00000004FFFE0041").With(AmqpProperty.CorrelationId, Enumerable.Repeat((byte)0xFF, 100).ToArray());

        Interpretation interpretation = await Interpret("act.share", ("{ \"sessionStr\"", properties));

        Letter letter = LettersOf(interpretation).Single();
        letter.Properties.Bytes.ToArray().ShouldBe(properties.Bytes.ToArray());
        Encoding.UTF8.GetString(letter.Body.Span).ShouldBe("{ \"sessionStr\"");
    }

    [Fact]
    public async Task What_is_parked_keeps_body_properties_and_headers_byte_for_byte()
    {
        AmqpProperties properties = WithHeader("bytes", "S", "00000004FFFE0041").With(AmqpProperty.CorrelationId, [0xFF, 0xFE]).WithHeader("x-delay"u8, 60_000);

        Interpretation interpretation = await Interpret("act.share", (IntakeKit.Share, properties));

        ParkedDelivery parked = ParkedOf(interpretation).Single();
        ParkedContent content = ParkedContent.Decode(parked.Id, parked.Message);
        content.Properties.Bytes.ToArray().ShouldBe(properties.Bytes.ToArray());
        Encoding.UTF8.GetString(content.Body.Span).ShouldBe(IntakeKit.Share);
        content.ReceivedMs.ShouldBe(ManualTime.Start);
    }

    [Fact]
    public async Task Times_are_judged_by_the_first_receipt()
    {
        const long earlier = ManualTime.Start - 3_600_000;
        string timed = IntakeKit.Share.Replace("}", $",\"ctime\":{earlier + EventTime.MaxAheadMs}}}", StringComparison.Ordinal);
        string later = timed.Replace($"{earlier + EventTime.MaxAheadMs}", $"{earlier + EventTime.MaxAheadMs + 1}", StringComparison.Ordinal);
        AmqpProperties received = IntakeKit.Json.WithHeader("x-dataload-received"u8, earlier);

        Interpretation interpretation = await Interpret("act.share", (timed, received), (later, received));

        Letter letter = LettersOf(interpretation).Single();
        (letter.Rejection.Reason, letter.ReceivedMs).ShouldBe((RejectReason.BadTime, earlier));
        EventsOf(interpretation).Single().Count.ShouldBe(1);
    }

    private static List<EventBatch> EventsOf(Interpretation interpretation) => [.. interpretation.Parts.Select(part => part.Message).OfType<EventBatch>()];

    private static List<ParkedDelivery> ParkedOf(Interpretation interpretation) =>
        [.. interpretation.Parts.Select(part => part.Message).OfType<Park>().SelectMany(park => park.Deliveries)];

    private static List<Letter> LettersOf(Interpretation interpretation) =>
        [.. interpretation.Parts.Select(part => part.Message).OfType<PublishLetters>().SelectMany(letters => letters.Letters)];

    /// <summary>JSON's content type, and one header of a type and value as bytes.</summary>
    private static AmqpProperties WithHeader(string name, string type, string hex)
    {
        byte[] entry = [(byte)name.Length, .. Encoding.UTF8.GetBytes(name), (byte)type[0], .. Convert.FromHexString(hex)];
        byte[] contentType = Encoding.UTF8.GetBytes("application/json");
        byte[] bytes = [0xA0, 0, (byte)contentType.Length, .. contentType, 0, 0, 0, 0, .. entry];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(3 + contentType.Length), entry.Length);
        return new AmqpProperties(bytes);
    }

    private DeliveryInterpreter Interpreter(string stream, IntakeSettings? settings = null)
    {
        IntakeOptions options = IntakeKit.OptionsOn(_time, _lookup, () => new Guid(++_ids, 0, 0, new byte[8]));
        return new DeliveryInterpreter(IntakeKit.StreamNamed(stream), settings is null ? options : options with { Settings = settings });
    }

    private Task<Interpretation> Interpret(string stream, params (string Body, AmqpProperties Properties)[] messages) =>
        Interpret(Interpreter(stream), new TestDeliveries(1, messages));

    private static async Task<Interpretation> Interpret(DeliveryInterpreter interpreter, TestDeliveries batch)
    {
        batch.AddTo(interpreter);
        if (interpreter.NeedsRows)
        {
            await interpreter.LookUpAsync(default);
        }

        return interpreter.Finish(batch);
    }

    private async Task<EventId> IdentityOf(string channel, AmqpProperties properties)
    {
        Interpretation interpretation = await Interpret(Interpreter("act.share"),
            new TestDeliveries(_tags++, (IntakeKit.Share, properties)) { Channel = channel });
        return EventsOf(interpretation).Single().Events[0].Identity;
    }
}
