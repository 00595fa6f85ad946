using DataLoad.Engine.Contract;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Contract;

/// <summary>The declaration against the contract's streams and what each adds, written out here from its text.</summary>
public sealed class CatalogTests
{
    // stream | exchange | queue | own fields (! required) | lookups
    private const string Streams = """
        bear.visit | ex.data.load.visit | queue.data.load.bear.visit.cnt | userRecordId! | user_record(userRecordId)
        bear.share | ex.data.load.share | queue.data.load.bear.share.cnt | |
        act.visit | ex.data.load.act.date.visit | queue.data.load.act.date.visit.cnt | userRecordId! | user_record(userRecordId)
        act.share | ex.data.load.act.date.share | queue.data.load.act.date.share.cnt | |
        act.h5-visit | ex.h5.activity.visit | queue.data.load.act.date.visit.h5 | channelCode |
        act.buy | ex.order.pay.success | queue.data.load.act.date.buy.cnt | recordId! | mq_operate_record(recordId) > orders(data orderId)
        act.cancel-pay | ex.order.pay.cancel | queue.data.load.act.date.cancel.pay | recordId! | mq_operate_record(recordId) > orders(data orderId)
        act.member-card | ex.vip.card.received | queue.data.load.act.date.vip.receive | recordId! | mq_operate_record(recordId) > vip_card_receive(data receiveId)
        act.red-pack | ex.cash.voucher.receive.success | queue.data.load.act.date.red.pack.receive | recordId! | mq_operate_record(recordId) > cash_activity_receive(data actReceiveId)
        act.off | ex.card.off | queue.data.load.act.date.off.cnt | recordId! | mq_operate_record(recordId) > card_off(data offId)
        act.revoke | ex.card.off.revoke | queue.data.load.act.date.off.revoke | recordId! | mq_operate_record(recordId) > shop_card_revoke(data revokeId) > card_off(column off_id)
        act.refund | ex.order.activity.refund.success | queue.data.load.act.date.refund.cnt | recordId! | mq_operate_record(recordId) > order_refund(data refundId) > orders(column order_id)
        act.overdue | ex.card.code.overdue | queue.data.load.act.date.overdue.num | recordId! | mq_operate_record(recordId) > card_code_receive(data receiveId)
        act.red-pack-expire | ex.cash.voucher.expire | queue.data.load.act.date.expire.red.pack | actReceiveId! redPackNum! orderId! | cash_activity_receive(actReceiveId)
        act.lottery | ex.act.join.lottery | queue.data.load.act.date.join.lottery | |
        act.share-visit | ex.visit.by.share | queue.data.load.act.date.visit.by.share | joinType |
        act.group | ex.act.group.join | queue.act.group.join.cnt | joinType! |
        """;

    // # a count, $ an amount, ~ a distinct set
    private const string Bear = "visit_cnt# visit_user_cnt~ share_cnt# share_user_cnt~";

    private const string Act = """
        visit_cnt# visit_user_cnt~ share_cnt# share_user_cnt~ h5_visit_cnt# h5_visit_user_cnt~
        buy_cnt# buy_num# buy_card_num# buy_user_cnt~ pay_amount$
        vip_buy_cnt# vip_buy_num# vip_buy_card_num# vip_buy_user_cnt~ vip_pay_amount$
        share_join_cnt# share_join_user_cnt~ rush_buy_cnt# rush_buy_num# rush_buy_card_num# rush_buy_user_cnt~
        cancel_pay_amount$
        member_card_cnt# member_card_user_cnt~ vip_member_card_cnt# vip_member_card_user_cnt~ member_open_cnt#
        member_renew_cnt# h5_activate_cnt# member_open_amount$ vip_member_open_amount$
        red_pack_cnt# red_pack_user_cnt~ red_pack_num#
        off_num# off_user_cnt~ off_brand_cnt~ off_discount_amount$ off_amount$
        vip_off_num# vip_off_user_cnt~ vip_off_brand_cnt~ vip_off_discount_amount$ vip_off_amount$
        revoke_cnt# revoke_user_cnt~ revoke_amount$ vip_revoke_cnt# vip_revoke_user_cnt~ vip_revoke_amount$
        refund_cnt# refund_card_num# refund_user_cnt~ refund_amount$
        vip_refund_cnt# vip_refund_card_num# vip_refund_user_cnt~ vip_refund_amount$
        overdue_card_num# overdue_card_amount$ vip_overdue_card_num# vip_overdue_card_amount$
        expire_red_pack_num# expire_red_pack_user_cnt~ vip_expire_red_pack_num# vip_expire_red_pack_user_cnt~
        lottery_cnt# lottery_user_cnt~ share_visit_cnt# share_visit_user_cnt~
        group_open_cnt# group_join_cnt# group_success_cnt#
        """;

    public static TheoryData<string> StreamRows => [.. Streams.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    [Theory]
    [MemberData(nameof(StreamRows))]
    public void A_stream_is_declared_as_the_contract_says(string row)
    {
        string[] cells = row.Split('|', StringSplitOptions.TrimEntries);
        StreamDefinition stream = Catalog.Default.FindStream(cells[0]).ShouldNotBeNull();

        stream.Exchange.ShouldBe(cells[1]);
        stream.Queue.ShouldBe(cells[2]);
        stream.Page.ShouldBe(cells[0][..cells[0].IndexOf('.', StringComparison.Ordinal)]);
        string.Join(' ', stream.OwnFields.Select(field => field.Required ? $"{field.Name}!" : field.Name)).ShouldBe(cells[3]);
        string.Join(" > ", stream.Lookups.Select(Shown)).ShouldBe(cells[4]);
        stream.BareKey.ShouldBe(cells[3] is "userRecordId!" or "recordId!" ? cells[3][..^1] : null);
    }

    [Fact]
    public void There_are_seventeen_streams_with_numbers_that_never_change() =>
        Catalog.Default.Streams.OrderBy(stream => stream.Id).Select(stream => $"{stream.Id} {stream.Name}").ShouldBe(
            Streams.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select((row, i) => $"{i + 1} {row.Split('|')[0].Trim()}"));

    [Theory]
    [InlineData("bear", 1, "data_load_bear", Bear)]
    [InlineData("act", 2, "data_load_act_date", Act)]
    public void A_table_has_the_columns_of_the_contract_in_order(string name, int id, string table, string columns)
    {
        Page page = Catalog.Default.PageNamed(name);

        page.Id.ShouldBe((byte)id);
        page.Table.ShouldBe(table);
        page.Metrics.Select(metric => metric.Column + Mark(metric.Kind))
            .ShouldBe(columns.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void The_business_key_is_that_of_the_first_row_behind_the_record() =>
        Catalog.Default.Streams.Where(stream => stream.BusinessKeyStep >= 0)
            .Select(stream => $"{stream.Name} {stream.Lookups[stream.BusinessKeyStep].Key.Name}")
            .ShouldBe(
            [
                "bear.visit userRecordId", "act.visit userRecordId", "act.buy orderId", "act.cancel-pay orderId", "act.member-card receiveId",
                "act.red-pack actReceiveId", "act.off offId", "act.revoke revokeId", "act.refund refundId", "act.overdue receiveId",
            ]);

    [Fact]
    public void A_queue_name_twice_is_refused()
    {
        StreamDefinition twin = Catalog.Default.FindStream("act.share")! with { Id = 99, Name = "act.twin" };

        Should.Throw<CatalogException>(() => new Catalog(Catalog.Default.Pages, Catalog.Default.Streams.Add(twin))).Message.ShouldContain(twin.Queue);
    }

    [Fact]
    public void A_stream_number_twice_is_refused()
    {
        StreamDefinition twin = Catalog.Default.FindStream("act.share")! with { Name = "act.twin", Queue = "q" };

        Should.Throw<CatalogException>(() => new Catalog(Catalog.Default.Pages, Catalog.Default.Streams.Add(twin))).Message.ShouldContain("act.twin");
    }

    [Fact]
    public void A_contribution_to_a_column_that_is_not_there_is_refused()
    {
        StreamDefinition broken = Catalog.Default.FindStream("act.share")!
            with
        { Id = 99, Name = "act.twin", Queue = "q", Contributions = [Contribution.One("nothing_cnt")] };

        Should.Throw<CatalogException>(() => new Catalog(Catalog.Default.Pages, Catalog.Default.Streams.Add(broken))).Message.ShouldContain("nothing_cnt");
    }

    [Fact]
    public void A_count_that_goes_to_a_set_is_refused()
    {
        StreamDefinition broken = Catalog.Default.FindStream("act.share")!
            with
        { Id = 99, Name = "act.twin", Queue = "q", Contributions = [Contribution.One("share_user_cnt")] };

        Should.Throw<CatalogException>(() => new Catalog(Catalog.Default.Pages, Catalog.Default.Streams.Add(broken))).Message.ShouldContain("share_user_cnt");
    }

    private static string Shown(LookupStep step) => step.Key.Source switch
    {
        LookupKeySource.Message => $"{step.Name}({step.Key.Name})",
        LookupKeySource.Data => $"{step.Name}(data {step.Key.Name})",
        _ => $"{step.Name}(column {step.Key.Name})",
    };

    private static string Mark(MetricKind kind) => kind switch
    {
        MetricKind.Count => "#",
        MetricKind.Amount => "$",
        _ => "~",
    };
}
