using System.Collections.Immutable;
using static DataLoad.Engine.Contract.Contribution;
using static DataLoad.Engine.Contract.Metric;

namespace DataLoad.Engine.Contract;

/// <summary>The activity page (<c>data_load_act_date</c>) and its streams.</summary>
internal static class ActPage
{
    public static Page Page { get; } = new()
    {
        Id = 2,
        Name = "act",
        Table = "data_load_act_date",
        Breakdowns = [Breakdown.Parent],
        Metrics =
        [
            Count("visit_cnt"), Distinct("visit_user_cnt"),
            Count("share_cnt"), Distinct("share_user_cnt"),
            Count("h5_visit_cnt"), Distinct("h5_visit_user_cnt"),
            Count("buy_cnt"), Count("buy_num"), Count("buy_card_num"), Distinct("buy_user_cnt"), Amount("pay_amount"),
            Count("vip_buy_cnt"), Count("vip_buy_num"), Count("vip_buy_card_num"), Distinct("vip_buy_user_cnt"), Amount("vip_pay_amount"),
            Count("share_join_cnt"), Distinct("share_join_user_cnt"),
            Count("rush_buy_cnt"), Count("rush_buy_num"), Count("rush_buy_card_num"), Distinct("rush_buy_user_cnt"),
            Amount("cancel_pay_amount"),
            Count("member_card_cnt"), Distinct("member_card_user_cnt"), Count("vip_member_card_cnt"), Distinct("vip_member_card_user_cnt"),
            Count("member_open_cnt"), Count("member_renew_cnt"), Count("h5_activate_cnt"),
            Amount("member_open_amount"), Amount("vip_member_open_amount"),
            Count("red_pack_cnt"), Distinct("red_pack_user_cnt"), Count("red_pack_num"),
            Count("off_num"), Distinct("off_user_cnt"), Distinct("off_brand_cnt"), Amount("off_discount_amount"), Amount("off_amount"),
            Count("vip_off_num"), Distinct("vip_off_user_cnt"), Distinct("vip_off_brand_cnt"), Amount("vip_off_discount_amount"), Amount("vip_off_amount"),
            Count("revoke_cnt"), Distinct("revoke_user_cnt"), Amount("revoke_amount"),
            Count("vip_revoke_cnt"), Distinct("vip_revoke_user_cnt"), Amount("vip_revoke_amount"),
            Count("refund_cnt"), Count("refund_card_num"), Distinct("refund_user_cnt"), Amount("refund_amount"),
            Count("vip_refund_cnt"), Count("vip_refund_card_num"), Distinct("vip_refund_user_cnt"), Amount("vip_refund_amount"),
            Count("overdue_card_num"), Amount("overdue_card_amount"), Count("vip_overdue_card_num"), Amount("vip_overdue_card_amount"),
            Count("expire_red_pack_num"), Distinct("expire_red_pack_user_cnt"), Count("vip_expire_red_pack_num"), Distinct("vip_expire_red_pack_user_cnt"),
            Count("lottery_cnt"), Distinct("lottery_user_cnt"),
            Count("share_visit_cnt"), Distinct("share_visit_user_cnt"),
            Count("group_open_cnt"), Count("group_join_cnt"), Count("group_success_cnt"),
        ],
    };

    public static ImmutableArray<StreamDefinition> Streams { get; } =
    [
        Steps.OfUserRecord(
            3, "act.visit", "ex.data.load.act.date.visit", "queue.data.load.act.date.visit.cnt", "act", One("visit_cnt"), User("visit_user_cnt")),
        Steps.OfMessage(
            4, "act.share", "ex.data.load.act.date.share", "queue.data.load.act.date.share.cnt", "act", One("share_cnt"), User("share_user_cnt")),
        Steps.OfMessage(
            5, "act.h5-visit", "ex.h5.activity.visit", "queue.data.load.act.date.visit.h5", "act", One("h5_visit_cnt"), User("h5_visit_user_cnt")) with
        {
            OwnFields = [new("channelCode", FieldKind.Text)],
            ChannelTypeFallback = "channelCode",
        },
        OfRecord(
            6, "act.buy", "ex.order.pay.success", "queue.data.load.act.date.buy.cnt",
            [Steps.Orders(LookupKey.Data("orderId"))],
            Fact.Rows("orders", "is_vip", "buy_num", "card_num", "pay_amount", "is_rush", "by_share"),
            [
                One("buy_cnt"), Sum("buy_num", "buy_num"), Sum("buy_card_num", "card_num"), User("buy_user_cnt"), Sum("pay_amount", "pay_amount"),
                One("vip_buy_cnt").If("is_vip"), Sum("vip_buy_num", "buy_num").If("is_vip"), Sum("vip_buy_card_num", "card_num").If("is_vip"),
                User("vip_buy_user_cnt").If("is_vip"), Sum("vip_pay_amount", "pay_amount").If("is_vip"),
                One("share_join_cnt").If("by_share"), User("share_join_user_cnt").If("by_share"),
                One("rush_buy_cnt").If("is_rush"), Sum("rush_buy_num", "buy_num").If("is_rush"), Sum("rush_buy_card_num", "card_num").If("is_rush"),
                User("rush_buy_user_cnt").If("is_rush"),
            ]),
        OfRecord(
            7, "act.cancel-pay", "ex.order.pay.cancel", "queue.data.load.act.date.cancel.pay",
            [Steps.Orders(LookupKey.Data("orderId"))],
            Fact.Rows("orders", "is_vip", "buy_num", "card_num", "pay_amount", "is_rush", "by_share"),
            [Sum("cancel_pay_amount", "pay_amount")]),
        OfRecord(
            8, "act.member-card", "ex.vip.card.received", "queue.data.load.act.date.vip.receive",
            [Steps.VipCardReceive],
            Fact.Rows("vip_card_receive", "is_vip", "open_type", "h5_activate", "pay_amount"),
            [
                One("member_card_cnt"), User("member_card_user_cnt"),
                One("vip_member_card_cnt").If("is_vip"), User("vip_member_card_user_cnt").If("is_vip"),
                One("member_open_cnt").If("open_type", 1), One("member_renew_cnt").If("open_type", 2), One("h5_activate_cnt").If("h5_activate"),
                Sum("member_open_amount", "pay_amount"), Sum("vip_member_open_amount", "pay_amount").If("is_vip"),
            ]),
        OfRecord(
            9, "act.red-pack", "ex.cash.voucher.receive.success", "queue.data.load.act.date.red.pack.receive",
            [Steps.CashActivityReceive(LookupKey.Data("actReceiveId"))],
            Fact.Rows("cash_activity_receive", "is_vip", "red_pack_num"),
            [One("red_pack_cnt"), User("red_pack_user_cnt"), Sum("red_pack_num", "red_pack_num")]),
        OfRecord(
            10, "act.off", "ex.card.off", "queue.data.load.act.date.off.cnt",
            [Steps.CardOff(LookupKey.Data("offId"))],
            Fact.Rows("card_off", "is_vip", "off_num", "brand_id", "discount_amount", "off_amount"),
            [
                Sum("off_num", "off_num"), User("off_user_cnt"), Distinct("off_brand_cnt", "brand_id"),
                Sum("off_discount_amount", "discount_amount"), Sum("off_amount", "off_amount"),
                Sum("vip_off_num", "off_num").If("is_vip"), User("vip_off_user_cnt").If("is_vip"), Distinct("vip_off_brand_cnt", "brand_id").If("is_vip"),
                Sum("vip_off_discount_amount", "discount_amount").If("is_vip"), Sum("vip_off_amount", "off_amount").If("is_vip"),
            ]),
        OfRecord(
            11, "act.revoke", "ex.card.off.revoke", "queue.data.load.act.date.off.revoke",
            [Steps.ShopCardRevoke, Steps.CardOff(LookupKey.Column("off_id"))],
            [.. Fact.Rows("card_off", "is_vip", "off_num", "brand_id", "discount_amount", "off_amount"), Fact.Row("shop_card_revoke", "off_id")],
            [
                One("revoke_cnt"), User("revoke_user_cnt"), Sum("revoke_amount", "off_amount"),
                One("vip_revoke_cnt").If("is_vip"), User("vip_revoke_user_cnt").If("is_vip"), Sum("vip_revoke_amount", "off_amount").If("is_vip"),
            ]),
        OfRecord(
            12, "act.refund", "ex.order.activity.refund.success", "queue.data.load.act.date.refund.cnt",
            [Steps.OrderRefund, Steps.Orders(LookupKey.Column("order_id"))],
            [.. Fact.Rows("order_refund", "card_num", "refund_amount", "order_id"), Fact.Row("orders", "is_vip")],
            [
                One("refund_cnt"), Sum("refund_card_num", "card_num"), User("refund_user_cnt"), Sum("refund_amount", "refund_amount"),
                One("vip_refund_cnt").If("is_vip"), Sum("vip_refund_card_num", "card_num").If("is_vip"),
                User("vip_refund_user_cnt").If("is_vip"), Sum("vip_refund_amount", "refund_amount").If("is_vip"),
            ]),
        OfRecord(
            13, "act.overdue", "ex.card.code.overdue", "queue.data.load.act.date.overdue.num",
            [Steps.CardCodeReceive],
            Fact.Rows("card_code_receive", "is_vip", "card_amount"),
            [
                One("overdue_card_num"), Sum("overdue_card_amount", "card_amount"),
                One("vip_overdue_card_num").If("is_vip"), Sum("vip_overdue_card_amount", "card_amount").If("is_vip"),
            ]),
        Steps.OfMessage(
            14, "act.red-pack-expire", "ex.cash.voucher.expire", "queue.data.load.act.date.expire.red.pack", "act",
            Sum("expire_red_pack_num", "redPackNum"), User("expire_red_pack_user_cnt"),
            Sum("vip_expire_red_pack_num", "redPackNum").If("is_vip"), User("vip_expire_red_pack_user_cnt").If("is_vip")) with
        {
            OwnFields =
            [
                new("actReceiveId", FieldKind.Int32) { Required = true },
                new("redPackNum", FieldKind.Int32) { Required = true },
                new("orderId", FieldKind.Int32) { Required = true },
            ],
            Lookups = [Steps.CashActivityReceive(LookupKey.Message("actReceiveId"))],
            ContentIdentityField = "actReceiveId",
            Facts = [Fact.Row("cash_activity_receive", "is_vip"), Fact.Message("redPackNum"), Fact.Message("actReceiveId"), Fact.Message("orderId")],
        },
        Steps.OfMessage(
            15, "act.lottery", "ex.act.join.lottery", "queue.data.load.act.date.join.lottery", "act", One("lottery_cnt"), User("lottery_user_cnt")),
        Steps.OfMessage(
            16, "act.share-visit", "ex.visit.by.share", "queue.data.load.act.date.visit.by.share", "act",
            One("share_visit_cnt"), User("share_visit_user_cnt")) with
        {
            OwnFields = [new("joinType", FieldKind.Int32) { AllowNegative = true }],
            Facts = [Fact.Message("joinType")],
        },
        Steps.OfMessage(
            17, "act.group", "ex.act.group.join", "queue.act.group.join.cnt", "act",
            One("group_open_cnt").If("joinType", 1), One("group_join_cnt").If("joinType", 2), One("group_success_cnt").If("joinType", 3)) with
        {
            OwnFields = [new("joinType", FieldKind.Int32) { Required = true, AllowNegative = true }],
            RequiresUser = true,
            Facts = [Fact.Message("joinType")],
            RestrictedFact = "joinType",
            AllowedValues = [1, 2, 3],
        },
    ];

    /// <summary>A stream whose messages name a record, whose data names the business row that is the event.</summary>
    private static StreamDefinition OfRecord(
        byte id, string name, string exchange, string queue,
        ImmutableArray<LookupStep> rows, ImmutableArray<Fact> facts, ReadOnlySpan<Contribution> contributions) =>
        Steps.OfMessage(id, name, exchange, queue, "act", contributions) with
        {
            OwnFields = [new("recordId", FieldKind.Int32) { Required = true }],
            BareKey = "recordId",
            Lookups = [Steps.Record, .. rows],
            BusinessKeyStep = 1,
            TimeFromRow = true,
            Facts = facts,
        };
}

/// <summary>The landing page (<c>data_load_bear</c>) and its streams.</summary>
internal static class BearPage
{
    public static Page Page { get; } = new()
    {
        Id = 1,
        Name = "bear",
        Table = "data_load_bear",
        Breakdowns = [Breakdown.Parent],
        Metrics = [Count("visit_cnt"), Distinct("visit_user_cnt"), Count("share_cnt"), Distinct("share_user_cnt")],
    };

    public static ImmutableArray<StreamDefinition> Streams { get; } =
    [
        Steps.OfUserRecord(1, "bear.visit", "ex.data.load.visit", "queue.data.load.bear.visit.cnt", "bear", One("visit_cnt"), User("visit_user_cnt")),
        Steps.OfMessage(2, "bear.share", "ex.data.load.share", "queue.data.load.bear.share.cnt", "bear", One("share_cnt"), User("share_user_cnt")),
    ];
}
