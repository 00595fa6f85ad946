using System.Text;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Resolving;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Resolving;

/// <summary>The contract, Common fields and Time and day: whose value wins, what may not lack, and when an event happened.</summary>
public sealed class PrecedenceTests
{
    private const long Day = 86_400_000;
    private const string Row = "user_record 3 session_str=row parent_topic_type=rowparent parent_topic_id=70 topic_type=rowtype topic_id=71 qr_code=rowqr wu_id=72 channel_type=rowchannel";

    [Fact]
    public void What_the_message_leaves_out_is_the_rows() =>
        Shown(Visit(Row).Makes("""{"userRecordId":3}""")).ShouldBe("row|rowparent|70|rowtype/71|rowqr|72|rowchannel");

    [Fact]
    public void What_the_message_says_wins_over_the_row() =>
        Shown(Visit(Row).Makes("""{"userRecordId":3,"sessionStr":"m","parentTopicType":"mp","parentTopicId":0,"topicType":"mt","topicId":0,"qrCode":"mq","wuId":5,"channelType":"mc"}"""))
            .ShouldBe("m|mp|0|mt/0|mq|5|mc");

    [Fact]
    public void Absent_null_empty_and_user_zero_say_nothing() =>
        Shown(Visit(Row).Makes("""{"userRecordId":3,"sessionStr":"","parentTopicType":null,"parentTopicId":null,"topicType":"","topicId":null,"qrCode":"","wuId":0,"channelType":""}"""))
            .ShouldBe("row|rowparent|70|rowtype/71|rowqr|72|rowchannel");

    [Fact]
    public void Defaults_stand_where_neither_says_anything() =>
        Shown(Visit("user_record 3 wu_id=null").Makes("""{"userRecordId":3}""")).ShouldBe("session|||lesson/9||0|");

    [Theory]
    [InlineData("session_str=null", "sessionStr")]
    [InlineData("session_str=", "sessionStr")]
    [InlineData("topic_type=null", "topicType")]
    [InlineData("topic_type=", "topicType")]
    [InlineData("topic_id=null", "topicId")]
    public void A_required_value_that_neither_has_is_missing(string column, string field)
    {
        Rejection rejection = Visit($"user_record 3 {column}").Rejects(RejectReason.MissingField, """{"userRecordId":3}""");

        rejection.Error.ShouldContain(field);
        rejection.Error.ShouldContain("row 3 of user_record");
    }

    [Theory]
    [InlineData("""{"topicType":"t","topicId":1}""", "sessionStr")]
    [InlineData("""{"sessionStr":"s","topicId":1}""", "topicType")]
    [InlineData("""{"sessionStr":"s","topicType":"t"}""", "topicId")]
    public void A_required_value_that_a_message_without_rows_lacks_is_missing(string json, string field) =>
        new EventMaker("act.share").Rejects(RejectReason.MissingField, json).Error.ShouldStartWith($"Field '{field}' is missing");

    [Fact]
    public void Of_a_message_that_says_no_parent_and_no_user_the_event_has_none()
    {
        EventMaker share = new EventMaker("act.share").Makes("""{"sessionStr":"s","topicType":"t","topicId":1,"parentTopicId":3,"wuId":5}""");
        (share.Event.ParentTopicId, share.Event.WuId).ShouldBe((3, 5));

        share.Makes("""{"sessionStr":"s","topicType":"t","topicId":1}""");
        (share.Event.ParentTopicId, share.Event.WuId).ShouldBe((null, 0));
    }

    [Fact]
    public void Nothing_of_one_message_is_left_in_the_next()
    {
        EventMaker visit = Visit(Row).Makes("""{"userRecordId":3,"sessionStr":"m","parentTopicType":"mp","parentTopicId":0,"topicType":"mt","topicId":0,"qrCode":"mq","wuId":5,"channelType":"mc","ctime":1772323200001}""");

        Shown(visit.Makes("""{"userRecordId":3}""")).ShouldBe("row|rowparent|70|rowtype/71|rowqr|72|rowchannel");
        visit.Event.TimeMs.ShouldBe(EventMaker.Noon);
    }

    [Theory]
    [InlineData("user_record 3 topic_id=null ctime=1", RejectReason.MissingField, "topicId is missing")]
    [InlineData("user_record 3 parent_topic_id=bad topic_id=bad wu_id=bad", RejectReason.BadRow, "column parent_topic_id")]
    [InlineData("user_record 3 wu_id=bad topic_type=null", RejectReason.BadRow, "column wu_id")]
    [InlineData("user_record 3 wu_id=bad topic_type=null topic_id=null", RejectReason.BadRow, "column wu_id")]
    [InlineData("user_record 3 wu_id=bad ctime=1", RejectReason.BadRow, "column wu_id")]
    [InlineData("user_record 3 ctime=bad", RejectReason.BadRow, "column ctime")]
    public void Of_several_faults_the_first_is_named(string rows, string reason, string named) =>
        Visit(rows).Rejects(reason, """{"userRecordId":3}""", timestampMs: 1000).Error.ShouldContain(named);

    [Fact]
    public void A_time_out_of_range_is_named_before_a_fact_that_cannot_be_read_and_of_facts_the_first()
    {
        const string rows = "mq_operate_record 5 data={\"orderId\":7} ctime=1; orders 7 buy_num=bad card_num=bad";
        new EventMaker("act.buy", new FakeLookup().With(rows)).Rejects(RejectReason.BadTime, """{"recordId":5}""");

        new EventMaker("act.buy", new FakeLookup().With(rows.Replace(" ctime=1", "", StringComparison.Ordinal)))
            .Rejects(RejectReason.BadRow, """{"recordId":5}""").Error.ShouldBe("Row 7 of orders: column buy_num = bad");
    }

    [Fact]
    public void Of_texts_of_the_row_that_are_too_long_the_first_is_named()
    {
        string large = new('x', (64 * 1024) + 1);

        Visit($"user_record 3 qr_code={large} parent_topic_type={large} channel_type={large}")
            .Rejects(RejectReason.BadRow, """{"userRecordId":3}""").Error.ShouldContain("column parent_topic_type");
    }

    [Fact]
    public void The_row_is_needed_though_the_message_says_all() =>
        Visit("").Rejects(RejectReason.NoRow, """{"userRecordId":3,"sessionStr":"m","topicType":"t","topicId":1}""").Error.ShouldContain("user_record 3");

    [Theory]
    [InlineData("mq_operate_record 5 data=null", "column data is null")]
    [InlineData("mq_operate_record 5 data={}", "orderId")]
    [InlineData("mq_operate_record 5 data={\"orderId\":-1}", "orderId")]
    [InlineData("mq_operate_record 5 data=[1]", "orderId")]
    [InlineData("mq_operate_record 5 data=bad", "data gives no orderId")]
    [InlineData("mq_operate_record 5 data={\"orderId\":7}; orders 7 pay_amount=bad", "pay_amount")]
    public void A_row_that_cannot_be_read_is_named(string rows, string named) =>
        new EventMaker("act.buy", new FakeLookup().With(rows)).Rejects(RejectReason.BadRow, """{"recordId":5}""").Error.ShouldContain(named);

    [Theory]
    [InlineData("wu_id=bad", "\"wuId\":5")]
    [InlineData("topic_id=bad", "\"topicId\":5")]
    [InlineData("parent_topic_id=bad", "\"parentTopicId\":5")]
    [InlineData("ctime=bad", "\"ctime\":1772323200001")]
    public void A_value_of_the_row_that_cannot_be_read_matters_only_where_the_message_does_not_say_it(string column, string field)
    {
        EventMaker visit = Visit($"user_record 3 {column}");

        visit.Makes($$"""{"userRecordId":3,{{field}}}""");
        visit.Rejects(RejectReason.BadRow,
            """{"userRecordId":3}""").Error.ShouldBe($"Row 3 of user_record: column {column.Replace("=", " = ", StringComparison.Ordinal)}");
    }

    [Fact]
    public void A_value_of_the_row_that_its_stream_does_not_use_matters_not() =>
        new EventMaker("act.red-pack-expire", new FakeLookup().With("cash_activity_receive 7 red_pack_num=bad"))
            .Makes("""{"actReceiveId":7,"redPackNum":1,"orderId":1}""").Adds().ShouldContain("expire_red_pack_num=1");

    [Theory]
    [InlineData("act.revoke", "revokeId", "shop_card_revoke 7; card_off 0", "off_id")]
    [InlineData("act.refund", "refundId", "order_refund 7; orders 0", "order_id")]
    public void A_row_that_names_no_row_behind_it_is_not_followed_to_row_0(string stream, string key, string rows, string column) =>
        new EventMaker(stream, new FakeLookup().With($"mq_operate_record 5 data={{\"{key}\":7}}; {rows}"))
            .Rejects(RejectReason.BadRow,
                """{"recordId":5}""").Error.ShouldEndWith($" 7 of {rows[..rows.IndexOf(' ', StringComparison.Ordinal)]}: column {column} is null");

    [Fact]
    public void A_text_of_the_row_is_as_long_as_a_body_may_be_at_the_most()
    {
        string most = string.Concat(Enumerable.Repeat("会", 64 * 1024 / 3)) + "x";
        Visit($"user_record 3 session_str={most}").Makes("""{"userRecordId":3}""");

        EventMaker visit = Visit($"user_record 3 session_str={most}x");
        visit.Makes("""{"userRecordId":3,"sessionStr":"m"}""");
        visit.Rejects(RejectReason.BadRow, """{"userRecordId":3}""").Error.ShouldBe(
            "Row 3 of user_record: column session_str has 65537 bytes: expected at most 65536, as many as a body may have");
    }

    [Fact]
    public void A_topic_type_of_a_row_may_have_64_characters_and_no_more()
    {
        string most = string.Concat(Enumerable.Repeat("🐻", 64));
        Visit($"user_record 3 topic_type={most}").Makes("""{"userRecordId":3}""").Event.Topic.Type.ShouldBe(most);

        Visit($"user_record 3 topic_type={most}x").Rejects(RejectReason.BadRow, """{"userRecordId":3}""").Error.ShouldContain("64");
    }

    [Fact]
    public void An_event_keeps_its_streams_own_texts_beside_the_common_ones()
    {
        EventMaker visit = new EventMaker("act.h5-visit")
            .Makes("""{"sessionStr":"s","topicType":"t","topicId":1,"channelCode":"old","channelType":"new"}""");

        (Text(visit, EventText.Own), Text(visit, EventText.ChannelType)).ShouldBe(("old", "new"));
    }

    [Fact]
    public void Channel_code_stands_where_channel_type_is_empty()
    {
        var maker = new EventMaker("act.h5-visit");
        const string common = "\"sessionStr\":\"s\",\"topicType\":\"t\",\"topicId\":1";

        Text(maker.Makes($$"""{{{common}},"channelCode":"old"}"""), EventText.ChannelType).ShouldBe("old");
        Text(maker.Makes($$"""{{{common}},"channelCode":"old","channelType":""}"""), EventText.ChannelType).ShouldBe("old");
        Text(maker.Makes($$"""{{{common}},"channelCode":"old","channelType":"new"}"""), EventText.ChannelType).ShouldBe("new");
    }

    [Theory]
    [InlineData("1772323200001", "1772323200002", 1772323201, 1772323200001)]
    [InlineData("null", "1772323200002", 1772323201, 1772323200002)]
    [InlineData("0", "1772323200002", 1772323201, 1772323200002)]
    [InlineData("null", "0", 1772323201, 1772323201000)]
    [InlineData("null", "null", 1772323201, 1772323201000)]
    [InlineData("null", "null", 0, EventMaker.Noon)]
    public void The_time_is_the_first_that_exists(string message, string row, long timestampSeconds, long expected) =>
        Visit($"user_record 3 ctime={row}")
            .Makes($$"""{"userRecordId":3,"ctime":{{message}}}""", timestampMs: timestampSeconds * 1000).Event.TimeMs.ShouldBe(expected);

    [Fact]
    public void The_time_of_a_recorded_event_is_its_records_and_not_its_orders() =>
        new EventMaker("act.buy", new FakeLookup().With("mq_operate_record 5 data={\"orderId\":7} ctime=1772323200002; orders 7 ctime=1772323200009"))
            .Makes("""{"recordId":5}""").Event.TimeMs.ShouldBe(1772323200002);

    [Fact]
    public void An_expiry_does_not_take_the_time_of_the_receiving() =>
        new EventMaker("act.red-pack-expire", new FakeLookup().With("cash_activity_receive 7 ctime=1772323200002"))
            .Makes("""{"actReceiveId":7,"redPackNum":1,"orderId":1}""").Event.TimeMs.ShouldBe(EventMaker.Noon);

    [Theory]
    [InlineData(946_684_800_000, true)]
    [InlineData(946_684_799_999, false)]
    [InlineData(-1, false)]
    [InlineData(-9_000_000_000_000_000_000, false)]
    [InlineData(EventMaker.Noon + Day, true)]
    [InlineData(EventMaker.Noon + Day + 1, false)]
    [InlineData(long.MaxValue, false)]
    public void A_time_is_in_range_to_the_millisecond(long time, bool counts)
    {
        Rejection?[] made =
        [
            new EventMaker("act.share").Make($$"""{"sessionStr":"s","topicType":"t","topicId":1,"ctime":{{time}}}"""),
            Visit($"user_record 3 ctime={time}").Make("""{"userRecordId":3}"""),
            Visit("user_record 3").Make("""{"userRecordId":3}""", timestampMs: time),
        ];

        made.ShouldAllBe(rejection => (rejection == null) == counts && (rejection == null || rejection.Reason == RejectReason.BadTime));
    }

    [Fact]
    public void A_time_as_far_ahead_as_it_may_be_is_the_events()
    {
        EventMaker visit = Visit($"user_record 3 ctime={EventMaker.Noon + Day}").Makes("""{"userRecordId":3}""");

        (visit.Event.TimeMs, visit.Day).ShouldBe((EventMaker.Noon + Day, new DateOnly(2026, 3, 2)));
    }

    [Theory]
    [InlineData("""{"userRecordId":3,"ctime":1}""", "null", 0, "ctime = 1 is before 2000-01-01T00:00Z (946684800000)")]
    [InlineData("""{"userRecordId":3}""", "1", 0, "ctime of row 3 of user_record = 1 is before 2000-01-01T00:00Z (946684800000)")]
    [InlineData("""{"userRecordId":3}""", "null", 2, "the AMQP timestamp = 2 is before 2000-01-01T00:00Z (946684800000)")]
    [InlineData("""{"userRecordId":3,"ctime":1772424000001}""", "null", 0, "ctime = 1772424000001 is more than a day after the receipt at 1772337600000")]
    [InlineData("""{"userRecordId":3}""", "null", 1772424000001,
        "the AMQP timestamp = 1772424000001 is more than a day after the receipt at 1772337600000")]
    public void A_time_out_of_range_is_named_with_where_it_came_from(string json, string row, long timestampMs, string error) =>
        Visit($"user_record 3 ctime={row}").Rejects(RejectReason.BadTime, json, timestampMs: timestampMs).Error.ShouldBe(error);

    [Fact]
    public void A_time_that_the_message_gives_itself_is_judged_before_its_rows_are_looked_up() =>
        Visit("").Rejects(RejectReason.BadTime, """{"userRecordId":3,"ctime":1}""");

    [Theory]
    [InlineData("Asia/Shanghai", "2026-02-28T15:59:59.999Z", "2026-02-28")]
    [InlineData("Asia/Shanghai", "2026-02-28T16:00:00.000Z", "2026-03-01")]
    [InlineData("Asia/Shanghai", "2000-01-01T00:00:00.000Z", "2000-01-01")]
    [InlineData("America/New_York", "2026-03-08T04:59:59.999Z", "2026-03-07")]
    [InlineData("America/New_York", "2026-03-08T05:00:00.000Z", "2026-03-08")]
    [InlineData("America/New_York", "2026-03-09T03:59:59.999Z", "2026-03-08")]
    [InlineData("America/New_York", "2026-03-09T04:00:00.000Z", "2026-03-09")]
    [InlineData("America/New_York", "2025-11-03T04:59:59.999Z", "2025-11-02")]
    [InlineData("America/New_York", "2025-11-03T05:00:00.000Z", "2025-11-03")]
    [InlineData("America/Sao_Paulo", "2018-11-04T02:59:59.999Z", "2018-11-03")]
    [InlineData("America/Sao_Paulo", "2018-11-04T03:00:00.000Z", "2018-11-04")]
    public void The_day_is_that_of_the_zone(string zone, string time, string day)
    {
        long ms = DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

        new EventMaker("act.share", zone: zone)
            .Makes($$"""{"sessionStr":"s","topicType":"t","topicId":1,"ctime":{{ms}}}""", receivedMs: ms).Day.ToString("yyyy-MM-dd").ShouldBe(day);
    }

    [Theory]
    [InlineData("Asia/Shanghai")]
    [InlineData("America/New_York")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("Asia/Kathmandu")]
    [InlineData("Pacific/Apia")]
    [InlineData("America/Sao_Paulo")]
    public void Days_are_those_of_the_systems_calendar_over_random_times(string name)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(name);
        var days = new DayZone(zone);
        var random = new Random(1);
        long time = EventTime.EarliestMs;
        for (int i = 0; i < 20_000; i++)
        {
            // Long leaps, and runs within an hour or two, where the remembered offset must not outlive a change of clocks.
            time = random.Next(10) == 0 ? EventTime.EarliestMs + random.NextInt64(40L * 365 * Day) : time + random.Next(-3_600_000, 3_700_000);
            time = Math.Max(time, EventTime.EarliestMs);
            DateTimeOffset local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(time), zone);
            days.DayOf(time).ShouldBe(DateOnly.FromDateTime(local.DateTime).DayNumber, $"{time}");
        }
    }

    [Fact]
    public void Days_are_right_where_the_clocks_change_at_a_minute_past_midnight_amid_an_hour_of_utc()
    {
        // Newfoundland until 2011: in autumn from 00:01 back to 23:01 of the day before.
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/St_Johns");
        var days = new DayZone(zone);
        for (long midnight = EventTime.EarliestMs; midnight < EventTime.EarliestMs + (12 * 365 * Day); midnight += Day)
        {
            for (long time = midnight + (2 * 3_600_000); time < midnight + (5 * 3_600_000); time += 10 * 60_000)
            {
                int expected = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(time), zone).DateTime).DayNumber;
                if (days.DayOf(time) != expected)
                {
                    days.DayOf(time).ShouldBe(expected, $"{time}");
                }
            }
        }
    }

    private static EventMaker Visit(string rows) => new("act.visit", new FakeLookup().With(rows));

    private static string Text(EventMaker maker, int text) => Encoding.UTF8.GetString(maker.Event.Text(text));

    private static string Shown(EventMaker maker) => string.Join('|',
        Text(maker, EventText.SessionStr),
        Text(maker, EventText.ParentTopicType),
        maker.Event.ParentTopicId,
        maker.Event.Topic,
        Text(maker, EventText.QrCode),
        maker.Event.WuId,
        Text(maker, EventText.ChannelType));
}
