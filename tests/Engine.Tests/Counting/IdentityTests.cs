using System.Buffers.Binary;
using System.Security.Cryptography;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Tests.Journaling;
using DataLoad.Engine.Tests.Resolving;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Counting;

/// <summary>The contract, Identity.</summary>
public sealed class IdentityTests
{
    private const string Plain = """{"sessionStr":"s","topicType":"lesson","topicId":9}""";
    private const string Timed = """{"sessionStr":"s","topicType":"lesson","topicId":9,"wuId":5,"qrCode":"q","ctime":1772323200000}""";

    private readonly EventMaker _share = new("act.share");

    [Fact]
    public void The_business_key_is_the_identity_before_a_message_id_and_content()
    {
        var maker = new EventMaker("act.buy", new FakeLookup().With(
            "mq_operate_record 5 data={\"orderId\":7}; mq_operate_record 6 data={\"orderId\":\"7\"}; orders 7"));

        EventId first = maker.IdentityOf("""{"recordId":5,"ctime":1772323200000}""", messageId: "a");

        first.ShouldBe(EventId.Key(7));
        maker.IdentityOf("""{"recordId":6}""", messageId: "b").ShouldBe(first);
    }

    [Fact]
    public void A_visit_is_known_by_its_user_record() =>
        new EventMaker("bear.visit", new FakeLookup().With("user_record 3")).IdentityOf("""{"userRecordId":3}""").ShouldBe(EventId.Key(3));

    [Fact]
    public void A_message_id_is_the_identity_before_the_content()
    {
        EventId one = _share.IdentityOf(Timed, messageId: "a");

        one.Kind.ShouldBe(IdentityKind.Hash);
        _share.IdentityOf(Plain, messageId: "a").ShouldBe(one);
        _share.IdentityOf(Timed, messageId: "b").ShouldNotBe(one);
        _share.IdentityOf(Timed).ShouldNotBe(one);
    }

    [Fact]
    public void A_hash_is_the_first_half_of_the_platforms_SHA_256_over_the_canonical_form()
    {
        StreamDefinition stream = Catalog.Default.FindStream("act.share")!;
        var hasher = new IdentityHasher();
        for (int length = 0; length < 300; length++)
        {
            byte[] id = [.. Enumerable.Range(0, length).Select(i => (byte)(i * length))];
            var form = new ByteWriter(16);
            form.Byte(1);
            form.Byte(stream.Id);
            form.Text("lesson");
            form.Unsigned(9);
            form.Unsigned((ulong)length);
            form.Bytes(id);

            EventId identity = hasher.OfMessageId(stream, new TopicKey("lesson", 9), id);

            identity.Value.ShouldBe(BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(form.Written)), $"{length} bytes");
        }
    }

    [Fact]
    public void The_identity_of_a_delivery_is_of_its_stream_topic_node_channel_and_tag_whatever_was_hashed_before()
    {
        StreamDefinition stream = Catalog.Default.FindStream("act.share")!;
        var form = new ByteWriter(16);
        form.Byte(3);
        form.Byte(stream.Id);
        form.Text("lesson");
        form.Unsigned(9);
        form.Text("node");
        form.Text("channel");
        form.Unsigned(300);
        var hasher = new IdentityHasher();
        hasher.OfMessageId(stream, new TopicKey("lesson", 9), "before");

        hasher.OfDelivery(stream, new TopicKey("lesson", 9), new DeliveryId("node", "channel", 300))
            .ShouldBe(new EventId(IdentityKind.Hash, BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(form.Written))));
    }

    [Fact]
    public void The_content_of_an_event_is_each_field_that_says_something_under_its_slot()
    {
        var stream = new StreamDefinition
        {
            Id = 200,
            Name = "x",
            Exchange = "e",
            Queue = "q",
            Page = "p",
            OwnFields = [new("old", FieldKind.Text), new("tag", FieldKind.Text), new("kind", FieldKind.Int32), new("zero", FieldKind.Int32), new("note", FieldKind.Text)],
            ChannelTypeFallback = "old",
            Facts = [Fact.Message("zero"), Fact.Message("kind")],
            Contributions = [],
        };
        var @event = new BusinessEvent();
        @event.Reset(stream);
        (@event.Topic, @event.TimeMs, @event.WuId, @event.ParentTopicId) = (new TopicKey("lesson", 9), 1_772_323_200_000, 5, 0);
        foreach ((int text, string value) in new[] { (EventText.SessionStr, "s"), (EventText.ChannelType, "c"), (EventText.Own, "c"), (EventText.Own + 2, "note") })
        {
            @event.SetText(text, System.Text.Encoding.UTF8.GetBytes(value));
        }

        @event.SetFact(1, -7);
        var form = new ByteWriter(16);
        form.Byte(2);
        form.Byte(200);
        form.Text("lesson");
        form.Unsigned(9);
        Text(CommonField.SessionStr, "s");
        Integer(CommonField.ParentTopicId, 0);
        Integer(CommonField.WuId, 5);
        Text(CommonField.ChannelType, "c");
        Integer(CommonField.Ctime, 1_772_323_200_000);
        Integer(stream.SlotOf("kind"), -7);
        Text(stream.SlotOf("note"), "note");

        new IdentityHasher().OfContent(@event).ShouldBe(BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(form.Written)));

        void Text(int slot, string value)
        {
            form.Byte((byte)slot);
            form.Text(value);
        }

        void Integer(int slot, long value)
        {
            form.Byte((byte)slot);
            form.Signed(value);
        }
    }

    [Fact]
    public void An_event_holds_its_messages_content_where_no_row_and_no_field_is_left_out()
    {
        StreamDefinition group = Catalog.Default.FindStream("act.group")!;
        IdentityHasher.EventHoldsContent(group).ShouldBeTrue();
        IdentityHasher.EventHoldsContent(Catalog.Default.FindStream("act.red-pack-expire")!).ShouldBeFalse();

        IdentityHasher.EventHoldsContent(group with { OwnFields = group.OwnFields.Add(new MessageField("more", FieldKind.Int32)) }).ShouldBeFalse();
        IdentityHasher.EventHoldsContent(group with { Facts = group.Facts.Add(Fact.Message("more")) }).ShouldBeTrue();
    }

    [Fact]
    public void An_empty_message_id_is_none() => _share.IdentityOf(Timed, messageId: "").Kind.ShouldBe(IdentityKind.Content);

    [Fact]
    public void A_message_id_is_meant_within_its_stream_and_topic()
    {
        EventId one = _share.IdentityOf(Plain, messageId: "a");

        _share.IdentityOf(Plain.Replace("9", "10", StringComparison.Ordinal), messageId: "a").ShouldNotBe(one);
        _share.IdentityOf(Plain.Replace("lesson", "course", StringComparison.Ordinal), messageId: "a").ShouldNotBe(one);
        new EventMaker("act.lottery").IdentityOf(Plain, messageId: "a").ShouldNotBe(one);
    }

    [Theory]
    [InlineData("""{"ctime":1772323200000,"qrCode":"q","wuId":5,"topicId":9,"topicType":"lesson","sessionStr":"s"}""")]
    [InlineData("""{ "sessionStr" : "s",  "topicType":"lesson","topicId":"9","wuId":"5","qrCode":"q","ctime":"1772323200000" }""")]
    [InlineData("""{"sessionStr":"\u0073","topicType":"lesson","topicId":9,"wuId":+05,"qrCode":"q","ctime":1772323200000,"channelType":""}""", "bad")]
    [InlineData(
        """{"sessionStr":"\u0073","topicType":"lesson","topicId":9,"wuId":5,"qrCode":"q","ctime":1772323200000,"channelType":"","parentTopicId":null}""")]
    [InlineData("""{"sessionStr":"s","topicType":"lesson","topicId":9,"wuId":5,"qrCode":"q","ctime":1772323200000,"unknown":7,"more":{"a":[1]}}""")]
    [InlineData("""{"sessionStr":"x","sessionStr":"s","topicType":"lesson","topicId":9,"wuId":5,"qrCode":"q","ctime":1772323200000}""")]
    public void The_same_content_written_otherwise_is_the_same_event(string written, string? bad = null)
    {
        if (bad is null)
        {
            _share.IdentityOf(written).ShouldBe(_share.IdentityOf(Timed));
        }
        else
        {
            _share.Make(written).ShouldNotBeNull();
        }
    }

    [Theory]
    [InlineData("\"wuId\":5", "\"wuId\":6")]
    [InlineData("\"wuId\":5,", "")]
    [InlineData("\"qrCode\":\"q\"", "\"qrCode\":\"qq\"")]
    [InlineData("\"qrCode\":\"q\"", "\"channelType\":\"q\"")]
    [InlineData("\"ctime\":1772323200000", "\"ctime\":1772323200001")]
    [InlineData("\"topicId\":9", "\"topicId\":8")]
    [InlineData("\"sessionStr\":\"s\"", "\"sessionStr\":\"t\"")]
    [InlineData("\"wuId\":5", "\"wuId\":5,\"parentTopicId\":0")]
    [InlineData("\"wuId\":5", "\"wuId\":5,\"parentTopicType\":\"p\"")]
    [InlineData("\"wuId\":5", "\"wuId\":5,\"channelType\":\"c\"")]
    public void Other_content_is_another_event(string from, string to) =>
        _share.IdentityOf(Timed.Replace(from, to, StringComparison.Ordinal)).ShouldNotBe(_share.IdentityOf(Timed));

    [Fact]
    public void Without_ctime_content_is_no_identity()
    {
        _share.IdentityOf(Plain).ShouldBe(EventId.None);
        _share.IdentityOf("""{"sessionStr":"s","topicType":"lesson","topicId":9,"ctime":0}""").ShouldBe(EventId.None);
    }

    [Fact]
    public void What_was_parked_and_has_no_identity_gets_that_of_its_parking()
    {
        var id = Guid.Parse("00000000-0000-0000-0000-000000000001");

        EventId parked = _share.IdentityOf(Plain, parkedAs: id);

        parked.Kind.ShouldBe(IdentityKind.Hash);
        _share.IdentityOf(Plain, parkedAs: id).ShouldBe(parked);
        _share.IdentityOf(Timed, parkedAs: id).ShouldBe(_share.IdentityOf(Timed));
    }

    [Fact]
    public void What_has_no_identity_gets_that_of_its_delivery_unless_it_was_parked()
    {
        var delivery = new DeliveryId("node", "channel", 7);
        var id = Guid.Parse("00000000-0000-0000-0000-000000000001");

        EventId delivered = _share.IdentityOf(Plain, delivery: delivery);

        delivered.ShouldBe(new IdentityHasher().OfDelivery(Catalog.Default.FindStream("act.share")!, new TopicKey("lesson", 9), delivery));
        _share.IdentityOf(Plain, parkedAs: id, delivery: delivery).ShouldBe(_share.IdentityOf(Plain, parkedAs: id));
        _share.IdentityOf(Timed, delivery: delivery).ShouldBe(_share.IdentityOf(Timed));
    }

    [Fact]
    public void Two_parkings_two_deliveries_and_a_parking_and_a_delivery_are_different_events()
    {
        EventId[] identities =
        [
            _share.IdentityOf(Plain, parkedAs: Guid.Parse("00000000-0000-0000-0000-000000000001")),
            _share.IdentityOf(Plain, parkedAs: Guid.Parse("00000000-0000-0000-0000-000000000002")),
            _share.IdentityOf(Plain, delivery: new DeliveryId("node", "channel", 7)),
            _share.IdentityOf(Plain, delivery: new DeliveryId("node", "channel", 8)),
            _share.IdentityOf(Plain, delivery: new DeliveryId("node", "other", 7)),
            _share.IdentityOf(Plain, delivery: new DeliveryId("other", "channel", 7)),
        ];

        identities.ShouldBeUnique();
    }

    [Fact]
    public void An_identity_is_made_up_where_neither_message_nor_content_gives_one()
    {
        _share.Makes(Plain, parkedAs: Guid.Parse("00000000-0000-0000-0000-000000000001")).MadeUpIdentity.ShouldBeTrue();
        _share.Makes(Plain, delivery: new DeliveryId("node", "channel", 7)).MadeUpIdentity.ShouldBeTrue();

        _share.Makes(Plain).MadeUpIdentity.ShouldBeFalse();
        _share.Makes(Plain, messageId: "a", delivery: new DeliveryId("node", "channel", 7)).MadeUpIdentity.ShouldBeFalse();
        _share.Makes(Timed, delivery: new DeliveryId("node", "channel", 7)).MadeUpIdentity.ShouldBeFalse();
    }

    [Fact]
    public void An_expiry_is_known_by_its_fields_though_it_has_no_ctime()
    {
        var maker = new EventMaker("act.red-pack-expire", new FakeLookup().With("cash_activity_receive 7; cash_activity_receive 8"));
        EventId one = maker.IdentityOf("""{"actReceiveId":7,"redPackNum":8,"orderId":1}""");

        one.Kind.ShouldBe(IdentityKind.Hash);
        maker.IdentityOf("""{"orderId":"1","redPackNum":8,"actReceiveId":"7","wuId":0,"x":1}""").ShouldBe(one);
        maker.IdentityOf("""{"actReceiveId":8,"redPackNum":8,"orderId":1}""").ShouldNotBe(one);
        maker.IdentityOf("""{"actReceiveId":7,"redPackNum":9,"orderId":1}""").ShouldNotBe(one);
        maker.IdentityOf("""{"actReceiveId":7,"redPackNum":8,"orderId":2}""").ShouldNotBe(one);
        maker.IdentityOf("""{"actReceiveId":7,"redPackNum":8,"orderId":1,"wuId":3}""").ShouldNotBe(one);
        maker.IdentityOf("""{"actReceiveId":7,"redPackNum":8,"orderId":1,"qrCode":"q"}""").ShouldNotBe(one);
        maker.IdentityOf("""{"actReceiveId":7,"redPackNum":8,"orderId":1,"parentTopicId":0}""").ShouldNotBe(one);
        maker.IdentityOf("""{"actReceiveId":7,"redPackNum":8,"orderId":1,"ctime":1772323200000}""").ShouldNotBe(one);
    }

    [Fact]
    public void An_expiry_is_the_same_whether_its_message_or_its_row_says_the_topic()
    {
        var maker = new EventMaker("act.red-pack-expire", new FakeLookup().With("cash_activity_receive 7"));
        EventId one = maker.IdentityOf("""{"actReceiveId":7,"redPackNum":8,"orderId":1}""");

        maker.IdentityOf($$"""{"actReceiveId":7,"redPackNum":8,"orderId":1,"topicType":"{{FakeLookup.Topic}}","topicId":{{FakeLookup.TopicId}}}""").ShouldBe(one);
        maker.IdentityOf("""{"actReceiveId":7,"redPackNum":8,"orderId":1,"topicId":8}""").ShouldNotBe(one);
    }

    [Fact]
    public void An_own_field_of_zero_is_no_part_of_the_content()
    {
        // The form leaves a zero out, so that an event of which the journal keeps no such fact has the same content.
        StreamDefinition stream = Catalog.Default.FindStream("act.red-pack-expire")!;
        var hasher = new IdentityHasher();
        hasher.StartContent(stream, new TopicKey(FakeLookup.Topic, FakeLookup.TopicId));
        hasher.Integer(stream.SlotOf("redPackNum"), 8);
        UInt128 expected = hasher.Finish();

        new EventMaker("act.red-pack-expire", new FakeLookup().With("cash_activity_receive 0"))
            .IdentityOf("""{"actReceiveId":0,"redPackNum":8,"orderId":0}""").ShouldBe(new EventId(IdentityKind.Hash, expected));
    }

    [Fact]
    public void The_content_of_an_event_that_has_rows_is_its_messages_though_it_has_a_ctime()
    {
        var maker = new EventMaker("act.red-pack-expire", new FakeLookup().With("cash_activity_receive 7; cash_activity_receive 8 session_str=other"));

        maker.IdentityOf("""{"actReceiveId":7,"redPackNum":8,"orderId":1,"ctime":1772323200000}""").Kind.ShouldBe(IdentityKind.Hash);
    }

    [Theory]
    [InlineData("act.share", "")]
    [InlineData("bear.share", "")]
    [InlineData("act.lottery", ",\"channelType\":\"c\",\"parentTopicType\":\"p\",\"parentTopicId\":3")]
    [InlineData("act.h5-visit", ",\"channelCode\":\"c\"")]
    [InlineData("act.h5-visit", ",\"channelCode\":\"c\",\"channelType\":\"d\"")]
    [InlineData("act.share-visit", ",\"joinType\":-4")]
    [InlineData("act.share-visit", ",\"joinType\":0")]
    [InlineData("act.group", ",\"joinType\":2")]
    public void The_journal_gives_the_same_content_identity_as_the_message(string stream, string more)
    {
        var maker = new EventMaker(stream);
        EventId identity = maker.IdentityOf(Timed.Replace("}", $"{more}}}", StringComparison.Ordinal));
        identity.Kind.ShouldBe(IdentityKind.Content);

        BlockSpec.Read(BlockSpec.Block([EventSpec.Of(maker.Event)])).ShouldHaveSingleItem().Identity.ShouldBe(identity);
    }

    [Fact]
    public void Hashes_never_change()
    {
        // Part of the stored format: another value here would count what was seen a second time.
        _share.IdentityOf(Timed).Value.ShouldBe(PinnedContent);
        _share.IdentityOf(Plain, messageId: "message-1").Value.ShouldBe(PinnedMessageId);
        new EventMaker("act.red-pack-expire", new FakeLookup().With("cash_activity_receive 7"))
            .IdentityOf("""{"actReceiveId":7,"redPackNum":8,"orderId":1}""").Value.ShouldBe(PinnedExpiry);
        new TopicKey("lesson", 9).Hash.ShouldBe(PinnedTopic);
    }

    private static readonly UInt128 PinnedContent = new(0x844928F4EB7455E4, 0xE2BF3CC926EFA9DE);
    private static readonly UInt128 PinnedMessageId = new(0x8C3ECE4128100A4E, 0x733CF718DCEBD063);
    private static readonly UInt128 PinnedExpiry = new(0xC0288540A2CC3F25, 0x956E583E9F6D1AEB);
    private const ulong PinnedTopic = 0x1FFEFB12BAE16973;
}
