using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Tests.Resolving;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Counting;

/// <summary>The contract, What an event adds. Amounts are in hundredths.</summary>
public sealed class ContributionTests
{
    private const string Common = """{"sessionStr":"s","topicType":"lesson","topicId":9,"wuId":42}""";
    private const string Anonymous = """{"sessionStr":"s","topicType":"lesson","topicId":9}""";
    private const string Record = """{"recordId":5}""";

    public static TheoryData<string, string, string, string> Cases => new()
    {
        // stream, message, rows, what it adds
        { "bear.visit", """{"userRecordId":3}""", "user_record 3", "visit_cnt=1 visit_user_cnt=1" },
        { "bear.visit", """{"userRecordId":3}""", "user_record 3 wu_id=0", "visit_cnt=1" },
        { "bear.visit", """{"userRecordId":3}""", "user_record 3 wu_id=null", "visit_cnt=1" },
        { "bear.share", Common, "", "share_cnt=1 share_user_cnt=1" },
        { "bear.share", Anonymous, "", "share_cnt=1" },
        { "act.visit", """{"userRecordId":3}""", "user_record 3", "visit_cnt=1 visit_user_cnt=1" },
        { "act.share", Common, "", "share_cnt=1 share_user_cnt=1" },
        { "act.share", """{"sessionStr":"s","topicType":"lesson","topicId":9,"wuId":0}""", "", "share_cnt=1" },
        { "act.h5-visit", Common, "", "h5_visit_cnt=1 h5_visit_user_cnt=1" },
        { "act.h5-visit", Anonymous, "", "h5_visit_cnt=1" },

        { "act.buy", Record, Order("is_vip=0 is_rush=0 by_share=0"), "buy_cnt=1 buy_num=3 buy_card_num=5 buy_user_cnt=1 pay_amount=1234" },
        { "act.buy", Record, Order("is_vip=null is_rush=null by_share=null"), "buy_cnt=1 buy_num=3 buy_card_num=5 buy_user_cnt=1 pay_amount=1234" },
        { "act.buy", Record, Order("is_vip=1"), "buy_cnt=1 buy_num=3 buy_card_num=5 buy_user_cnt=1 pay_amount=1234 vip_buy_cnt=1 vip_buy_num=3 vip_buy_card_num=5 vip_buy_user_cnt=1 vip_pay_amount=1234" },
        { "act.buy", Record, Order("by_share=1"), "buy_cnt=1 buy_num=3 buy_card_num=5 buy_user_cnt=1 pay_amount=1234 share_join_cnt=1 share_join_user_cnt=1" },
        { "act.buy", Record, Order("is_rush=1"),
            "buy_cnt=1 buy_num=3 buy_card_num=5 buy_user_cnt=1 pay_amount=1234 rush_buy_cnt=1 rush_buy_num=3 rush_buy_card_num=5 rush_buy_user_cnt=1" },
        { "act.buy", Record, Order("is_vip=1 is_rush=1 by_share=1 wu_id=0"), "buy_cnt=1 buy_num=3 buy_card_num=5 pay_amount=1234 vip_buy_cnt=1 vip_buy_num=3 vip_buy_card_num=5 vip_pay_amount=1234 share_join_cnt=1 rush_buy_cnt=1 rush_buy_num=3 rush_buy_card_num=5" },
        { "act.buy", Record, "mq_operate_record 5 data={\"orderId\":\"7\"}; orders 7", "buy_cnt=1 buy_user_cnt=1" },
        { "act.cancel-pay", Record, Order("is_vip=1 is_rush=1 by_share=1"), "cancel_pay_amount=1234" },

        { "act.member-card", Record, Card("is_vip=0 open_type=1"), "member_card_cnt=1 member_card_user_cnt=1 member_open_cnt=1 member_open_amount=9900" },
        { "act.member-card", Record, Card("is_vip=1 open_type=2"), "member_card_cnt=1 member_card_user_cnt=1 vip_member_card_cnt=1 vip_member_card_user_cnt=1 member_renew_cnt=1 member_open_amount=9900 vip_member_open_amount=9900" },
        { "act.member-card", Record, Card("open_type=3 h5_activate=1 wu_id=0"), "member_card_cnt=1 h5_activate_cnt=1 member_open_amount=9900" },
        { "act.member-card", Record, Card("open_type=0"), "member_card_cnt=1 member_card_user_cnt=1 member_open_amount=9900" },
        { "act.member-card", Record, Card("open_type=-1"), "member_card_cnt=1 member_card_user_cnt=1 member_open_amount=9900" },

        { "act.red-pack", Record, "mq_operate_record 5 data={\"actReceiveId\":7}; cash_activity_receive 7 is_vip=1 red_pack_num=6",
            "red_pack_cnt=1 red_pack_user_cnt=1 red_pack_num=6" },

        { "act.off", Record, Off("is_vip=0 brand_id=11"), "off_num=2 off_user_cnt=1 off_brand_cnt=1 off_discount_amount=150 off_amount=2001" },
        { "act.off", Record, Off("is_vip=1 brand_id=11"), "off_num=2 off_user_cnt=1 off_brand_cnt=1 off_discount_amount=150 off_amount=2001 vip_off_num=2 vip_off_user_cnt=1 vip_off_brand_cnt=1 vip_off_discount_amount=150 vip_off_amount=2001" },
        { "act.off", Record, Off("is_vip=1 brand_id=0 wu_id=0"),
            "off_num=2 off_discount_amount=150 off_amount=2001 vip_off_num=2 vip_off_discount_amount=150 vip_off_amount=2001" },
        { "act.off", Record, Off("brand_id=null"), "off_num=2 off_user_cnt=1 off_discount_amount=150 off_amount=2001" },

        { "act.revoke", Record, Revoke("is_vip=0"), "revoke_cnt=1 revoke_user_cnt=1 revoke_amount=2001" },
        { "act.revoke", Record, Revoke("is_vip=1"),
            "revoke_cnt=1 revoke_user_cnt=1 revoke_amount=2001 vip_revoke_cnt=1 vip_revoke_user_cnt=1 vip_revoke_amount=2001" },

        { "act.refund", Record, Refund("is_vip=0"), "refund_cnt=1 refund_card_num=4 refund_user_cnt=1 refund_amount=888" },
        { "act.refund", Record, Refund("is_vip=1"), "refund_cnt=1 refund_card_num=4 refund_user_cnt=1 refund_amount=888 vip_refund_cnt=1 vip_refund_card_num=4 vip_refund_user_cnt=1 vip_refund_amount=888" },

        { "act.overdue", Record, "mq_operate_record 5 data={\"receiveId\":7}; card_code_receive 7 card_amount=30.50",
            "overdue_card_num=1 overdue_card_amount=3050" },
        { "act.overdue", Record, "mq_operate_record 5 data={\"receiveId\":7}; card_code_receive 7 is_vip=1 card_amount=30.50",
            "overdue_card_num=1 overdue_card_amount=3050 vip_overdue_card_num=1 vip_overdue_card_amount=3050" },

        { "act.red-pack-expire", """{"actReceiveId":7,"redPackNum":8,"orderId":1}""", "cash_activity_receive 7 red_pack_num=100",
            "expire_red_pack_num=8 expire_red_pack_user_cnt=1" },
        { "act.red-pack-expire", """{"actReceiveId":7,"redPackNum":8,"orderId":1}""", "cash_activity_receive 7 is_vip=1",
            "expire_red_pack_num=8 expire_red_pack_user_cnt=1 vip_expire_red_pack_num=8 vip_expire_red_pack_user_cnt=1" },
        { "act.red-pack-expire", """{"actReceiveId":7,"redPackNum":0,"orderId":0}""", "cash_activity_receive 7 is_vip=1 wu_id=0", "" },

        { "act.lottery", Common, "", "lottery_cnt=1 lottery_user_cnt=1" },
        { "act.lottery", Anonymous, "", "lottery_cnt=1" },
        { "act.share-visit", Common, "", "share_visit_cnt=1 share_visit_user_cnt=1" },
        { "act.share-visit", """{"sessionStr":"s","topicType":"lesson","topicId":9,"joinType":-7}""", "", "share_visit_cnt=1" },
        { "act.group", Group(1), "", "group_open_cnt=1" },
        { "act.group", Group(2), "", "group_join_cnt=1" },
        { "act.group", Group(3), "", "group_success_cnt=1" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_event_adds_what_the_contract_says(string stream, string message, string rows, string adds)
    {
        var maker = new EventMaker(stream, new FakeLookup().With(rows));

        maker.Makes(message).Adds().ShouldBe(adds);
        maker.Event.Topic.ShouldBe(new TopicKey("lesson", 9));
    }

    [Fact]
    public void Every_stream_of_the_contract_is_among_the_cases() =>
        Cases.Select(row => row.Data.Item1).Distinct().ShouldBe(Catalog.Default.Streams.Select(stream => stream.Name), ignoreOrder: true);

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(-1)]
    public void A_join_type_that_does_not_count_is_rejected(int joinType)
    {
        var maker = new EventMaker("act.group");

        maker.Rejects(RejectReason.BadJoinType, Group(joinType)).Error.ShouldContain($"{joinType}");
    }

    [Theory]
    [InlineData("""{"sessionStr":"s","topicType":"t","topicId":1,"joinType":1}""")]
    [InlineData("""{"sessionStr":"s","topicType":"t","topicId":1,"joinType":1,"wuId":0}""")]
    public void A_group_without_a_user_is_rejected(string message) =>
        new EventMaker("act.group").Rejects(RejectReason.MissingField, message).Error.ShouldContain("wuId");

    [Theory]
    [InlineData("""{"redPackNum":8,"orderId":1}""", "actReceiveId")]
    [InlineData("""{"actReceiveId":7,"orderId":1}""", "redPackNum")]
    [InlineData("""{"actReceiveId":7,"redPackNum":8}""", "orderId")]
    public void An_expiry_lacks_none_of_its_fields(string message, string field) =>
        new EventMaker("act.red-pack-expire").Rejects(RejectReason.MissingField, message).Error.ShouldContain(field);

    [Fact]
    public void Users_and_brands_are_counted_once_however_often_they_come()
    {
        var plan = new CountingPlan(Catalog.Default);
        Page page = Catalog.Default.PageNamed("act");
        var maker = new EventMaker("act.off", new FakeLookup().With(
            "mq_operate_record 5 data={\"offId\":7}; card_off 7 off_num=2 brand_id=11; mq_operate_record 6 data={\"offId\":8}; card_off 8 off_num=3 brand_id=11 wu_id=43 is_vip=1"));
        var counter = new Counter(new CounterId(page.Id, new TopicKey("lesson", 9), 1), page);
        string[] messages = ["""{"recordId":5}""", """{"recordId":6}""", """{"recordId":5}"""];
        for (int i = 0; i < messages.Length; i++)
        {
            counter.Apply(plan, maker.Makes(messages[i]).Event, i + 1).ShouldBeTrue();
        }

        counter.Value(page.IndexOf("off_num")).ShouldBe(7);
        counter.Value(page.IndexOf("off_user_cnt")).ShouldBe(2);
        counter.Value(page.IndexOf("off_brand_cnt")).ShouldBe(1);
        counter.Value(page.IndexOf("vip_off_user_cnt")).ShouldBe(1);
    }

    [Fact]
    public void An_event_that_a_counter_holds_already_is_not_applied_again()
    {
        var maker = new EventMaker("act.share").Makes(Common);
        Page page = Catalog.Default.PageNamed("act");
        var counter = new Counter(new CounterId(page.Id, maker.Event.Topic, maker.Event.Day), page);
        var plan = new CountingPlan(Catalog.Default);

        counter.Apply(plan, maker.Event, 5).ShouldBeTrue();
        counter.Apply(plan, maker.Event, 5).ShouldBeFalse();
        counter.Apply(plan, maker.Event, 4).ShouldBeFalse();

        counter.Value(page.IndexOf("share_cnt")).ShouldBe(1);
        counter.SequenceNr.ShouldBe(5);
    }

    private static string Order(string columns) => $"mq_operate_record 5 data={{\"orderId\":7}}; orders 7 buy_num=3 card_num=5 pay_amount=12.34 {columns}";

    private static string Card(string columns) => $"mq_operate_record 5 data={{\"receiveId\":7}}; vip_card_receive 7 pay_amount=99 {columns}";

    private static string Off(string columns) =>
        $"mq_operate_record 5 data={{\"offId\":7}}; card_off 7 off_num=2 discount_amount=1.50 off_amount=20.01 {columns}";

    private static string Revoke(string columns) => $"mq_operate_record 5 data={{\"revokeId\":6}}; shop_card_revoke 6 off_id=7; card_off 7 off_num=2 brand_id=3 discount_amount=1.50 off_amount=20.01 {columns}";

    private static string Refund(string columns) => $"mq_operate_record 5 data={{\"refundId\":6}}; order_refund 6 order_id=7 card_num=4 refund_amount=8.88; orders 7 buy_num=3 card_num=5 pay_amount=12.34 {columns}";

    private static string Group(int joinType) => $$"""{"sessionStr":"s","topicType":"lesson","topicId":9,"wuId":42,"joinType":{{joinType}}}""";
}
