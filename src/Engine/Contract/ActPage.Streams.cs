using System.Collections.Immutable;

namespace DataLoad.Engine.Contract;

/// <summary>The activity page's streams.</summary>
internal static partial class ActPage
{
    public static ImmutableArray<StreamDefinition> Streams { get; } =
    [
        new()
        {
            Id = 3,
            Name = "act.visit",
            Exchange = "ex.data.load.act.date.visit",
            Queue = "queue.data.load.act.date.visit.cnt",
            Page = "act",
            OwnFields = [new("userRecordId", FieldKind.Int32) { Required = true }],
            BareKey = "userRecordId",
            Lookups = [Steps.UserRecord],
            BusinessKeyStep = 0,
            TimeFromRow = true,
            Contributions =
            [
                Contribution.One("visit_cnt"),
                Contribution.User("visit_user_cnt"),
            ],
        },
        new()
        {
            Id = 4,
            Name = "act.share",
            Exchange = "ex.data.load.act.date.share",
            Queue = "queue.data.load.act.date.share.cnt",
            Page = "act",
            Contributions =
            [
                Contribution.One("share_cnt"),
                Contribution.User("share_user_cnt"),
            ],
        },
        new()
        {
            Id = 5,
            Name = "act.h5-visit",
            Exchange = "ex.h5.activity.visit",
            Queue = "queue.data.load.act.date.visit.h5",
            Page = "act",
            OwnFields = [new("channelCode", FieldKind.Text)],
            ChannelTypeFallback = "channelCode",
            Contributions =
            [
                Contribution.One("h5_visit_cnt"),
                Contribution.User("h5_visit_user_cnt"),
            ],
        },
        new()
        {
            Id = 6,
            Name = "act.buy",
            Exchange = "ex.order.pay.success",
            Queue = "queue.data.load.act.date.buy.cnt",
            Page = "act",
            OwnFields = [new("recordId", FieldKind.Int32) { Required = true }],
            BareKey = "recordId",
            Lookups = [Steps.Record, Steps.Orders(LookupKey.Data("orderId"))],
            BusinessKeyStep = 1,
            TimeFromRow = true,
            Facts = [Fact.Row("orders", "is_vip"), Fact.Row("orders", "buy_num"), Fact.Row("orders", "card_num"), Fact.Row("orders", "pay_amount"), Fact.Row("orders", "is_rush"), Fact.Row("orders", "by_share")],
            Contributions =
            [
                Contribution.One("buy_cnt"),
                Contribution.Sum("buy_num", "buy_num"),
                Contribution.Sum("buy_card_num", "card_num"),
                Contribution.User("buy_user_cnt"),
                Contribution.Sum("pay_amount", "pay_amount"),
                Contribution.One("vip_buy_cnt") with { When = new("is_vip", 1) },
                Contribution.Sum("vip_buy_num", "buy_num") with { When = new("is_vip", 1) },
                Contribution.Sum("vip_buy_card_num", "card_num") with { When = new("is_vip", 1) },
                Contribution.User("vip_buy_user_cnt") with { When = new("is_vip", 1) },
                Contribution.Sum("vip_pay_amount", "pay_amount") with { When = new("is_vip", 1) },
                Contribution.One("share_join_cnt") with { When = new("by_share", 1) },
                Contribution.User("share_join_user_cnt") with { When = new("by_share", 1) },
                Contribution.One("rush_buy_cnt") with { When = new("is_rush", 1) },
                Contribution.Sum("rush_buy_num", "buy_num") with { When = new("is_rush", 1) },
                Contribution.Sum("rush_buy_card_num", "card_num") with { When = new("is_rush", 1) },
                Contribution.User("rush_buy_user_cnt") with { When = new("is_rush", 1) },
            ],
        },
        new()
        {
            Id = 7,
            Name = "act.cancel-pay",
            Exchange = "ex.order.pay.cancel",
            Queue = "queue.data.load.act.date.cancel.pay",
            Page = "act",
            OwnFields = [new("recordId", FieldKind.Int32) { Required = true }],
            BareKey = "recordId",
            Lookups = [Steps.Record, Steps.Orders(LookupKey.Data("orderId"))],
            BusinessKeyStep = 1,
            TimeFromRow = true,
            Facts = [Fact.Row("orders", "is_vip"), Fact.Row("orders", "buy_num"), Fact.Row("orders", "card_num"), Fact.Row("orders", "pay_amount"), Fact.Row("orders", "is_rush"), Fact.Row("orders", "by_share")],
            Contributions =
            [
                Contribution.Sum("cancel_pay_amount", "pay_amount"),
            ],
        },
        new()
        {
            Id = 8,
            Name = "act.member-card",
            Exchange = "ex.vip.card.received",
            Queue = "queue.data.load.act.date.vip.receive",
            Page = "act",
            OwnFields = [new("recordId", FieldKind.Int32) { Required = true }],
            BareKey = "recordId",
            Lookups = [Steps.Record, Steps.VipCardReceive],
            BusinessKeyStep = 1,
            TimeFromRow = true,
            Facts = [Fact.Row("vip_card_receive", "is_vip"), Fact.Row("vip_card_receive", "open_type"), Fact.Row("vip_card_receive", "h5_activate"), Fact.Row("vip_card_receive", "pay_amount")],
            Contributions =
            [
                Contribution.One("member_card_cnt"),
                Contribution.User("member_card_user_cnt"),
                Contribution.One("vip_member_card_cnt") with { When = new("is_vip", 1) },
                Contribution.User("vip_member_card_user_cnt") with { When = new("is_vip", 1) },
                Contribution.One("member_open_cnt") with { When = new("open_type", 1) },
                Contribution.One("member_renew_cnt") with { When = new("open_type", 2) },
                Contribution.One("h5_activate_cnt") with { When = new("h5_activate", 1) },
                Contribution.Sum("member_open_amount", "pay_amount"),
                Contribution.Sum("vip_member_open_amount", "pay_amount") with { When = new("is_vip", 1) },
            ],
        },
        new()
        {
            Id = 9,
            Name = "act.red-pack",
            Exchange = "ex.cash.voucher.receive.success",
            Queue = "queue.data.load.act.date.red.pack.receive",
            Page = "act",
            OwnFields = [new("recordId", FieldKind.Int32) { Required = true }],
            BareKey = "recordId",
            Lookups = [Steps.Record, Steps.CashActivityReceive(LookupKey.Data("actReceiveId"))],
            BusinessKeyStep = 1,
            TimeFromRow = true,
            Facts = [Fact.Row("cash_activity_receive", "is_vip"), Fact.Row("cash_activity_receive", "red_pack_num")],
            Contributions =
            [
                Contribution.One("red_pack_cnt"),
                Contribution.User("red_pack_user_cnt"),
                Contribution.Sum("red_pack_num", "red_pack_num"),
            ],
        },
        new()
        {
            Id = 10,
            Name = "act.off",
            Exchange = "ex.card.off",
            Queue = "queue.data.load.act.date.off.cnt",
            Page = "act",
            OwnFields = [new("recordId", FieldKind.Int32) { Required = true }],
            BareKey = "recordId",
            Lookups = [Steps.Record, Steps.CardOff(LookupKey.Data("offId"))],
            BusinessKeyStep = 1,
            TimeFromRow = true,
            Facts = [Fact.Row("card_off", "is_vip"), Fact.Row("card_off", "off_num"), Fact.Row("card_off", "brand_id"), Fact.Row("card_off", "discount_amount"), Fact.Row("card_off", "off_amount")],
            Contributions =
            [
                Contribution.Sum("off_num", "off_num"),
                Contribution.User("off_user_cnt"),
                Contribution.Distinct("off_brand_cnt", "brand_id"),
                Contribution.Sum("off_discount_amount", "discount_amount"),
                Contribution.Sum("off_amount", "off_amount"),
                Contribution.Sum("vip_off_num", "off_num") with { When = new("is_vip", 1) },
                Contribution.User("vip_off_user_cnt") with { When = new("is_vip", 1) },
                Contribution.Distinct("vip_off_brand_cnt", "brand_id") with { When = new("is_vip", 1) },
                Contribution.Sum("vip_off_discount_amount", "discount_amount") with { When = new("is_vip", 1) },
                Contribution.Sum("vip_off_amount", "off_amount") with { When = new("is_vip", 1) },
            ],
        },
        new()
        {
            Id = 11,
            Name = "act.revoke",
            Exchange = "ex.card.off.revoke",
            Queue = "queue.data.load.act.date.off.revoke",
            Page = "act",
            OwnFields = [new("recordId", FieldKind.Int32) { Required = true }],
            BareKey = "recordId",
            Lookups = [Steps.Record, Steps.ShopCardRevoke, Steps.CardOff(LookupKey.Column("off_id"))],
            BusinessKeyStep = 1,
            TimeFromRow = true,
            Facts = [Fact.Row("card_off", "is_vip"), Fact.Row("card_off", "off_num"), Fact.Row("card_off", "brand_id"), Fact.Row("card_off", "discount_amount"), Fact.Row("card_off", "off_amount"), Fact.Row("shop_card_revoke", "off_id")],
            Contributions =
            [
                Contribution.One("revoke_cnt"),
                Contribution.User("revoke_user_cnt"),
                Contribution.Sum("revoke_amount", "off_amount"),
                Contribution.One("vip_revoke_cnt") with { When = new("is_vip", 1) },
                Contribution.User("vip_revoke_user_cnt") with { When = new("is_vip", 1) },
                Contribution.Sum("vip_revoke_amount", "off_amount") with { When = new("is_vip", 1) },
            ],
        },
        new()
        {
            Id = 12,
            Name = "act.refund",
            Exchange = "ex.order.activity.refund.success",
            Queue = "queue.data.load.act.date.refund.cnt",
            Page = "act",
            OwnFields = [new("recordId", FieldKind.Int32) { Required = true }],
            BareKey = "recordId",
            Lookups = [Steps.Record, Steps.OrderRefund, Steps.Orders(LookupKey.Column("order_id"))],
            BusinessKeyStep = 1,
            TimeFromRow = true,
            Facts = [Fact.Row("order_refund", "card_num"), Fact.Row("order_refund", "refund_amount"), Fact.Row("order_refund", "order_id"), Fact.Row("orders", "is_vip")],
            Contributions =
            [
                Contribution.One("refund_cnt"),
                Contribution.Sum("refund_card_num", "card_num"),
                Contribution.User("refund_user_cnt"),
                Contribution.Sum("refund_amount", "refund_amount"),
                Contribution.One("vip_refund_cnt") with { When = new("is_vip", 1) },
                Contribution.Sum("vip_refund_card_num", "card_num") with { When = new("is_vip", 1) },
                Contribution.User("vip_refund_user_cnt") with { When = new("is_vip", 1) },
                Contribution.Sum("vip_refund_amount", "refund_amount") with { When = new("is_vip", 1) },
            ],
        },
        new()
        {
            Id = 13,
            Name = "act.overdue",
            Exchange = "ex.card.code.overdue",
            Queue = "queue.data.load.act.date.overdue.num",
            Page = "act",
            OwnFields = [new("recordId", FieldKind.Int32) { Required = true }],
            BareKey = "recordId",
            Lookups = [Steps.Record, Steps.CardCodeReceive],
            BusinessKeyStep = 1,
            TimeFromRow = true,
            Facts = [Fact.Row("card_code_receive", "is_vip"), Fact.Row("card_code_receive", "card_amount")],
            Contributions =
            [
                Contribution.One("overdue_card_num"),
                Contribution.Sum("overdue_card_amount", "card_amount"),
                Contribution.One("vip_overdue_card_num") with { When = new("is_vip", 1) },
                Contribution.Sum("vip_overdue_card_amount", "card_amount") with { When = new("is_vip", 1) },
            ],
        },
        new()
        {
            Id = 14,
            Name = "act.red-pack-expire",
            Exchange = "ex.cash.voucher.expire",
            Queue = "queue.data.load.act.date.expire.red.pack",
            Page = "act",
            OwnFields =
            [
                new("actReceiveId", FieldKind.Int32) { Required = true },
                new("redPackNum", FieldKind.Int32) { Required = true },
                new("orderId", FieldKind.Int32) { Required = true },
            ],
            Lookups = [Steps.CashActivityReceive(LookupKey.Message("actReceiveId"))],
            ContentIdentityField = "actReceiveId",
            Facts = [Fact.Row("cash_activity_receive", "is_vip"), Fact.Message("redPackNum"), Fact.Message("actReceiveId"), Fact.Message("orderId")],
            Contributions =
            [
                Contribution.Sum("expire_red_pack_num", "redPackNum"),
                Contribution.User("expire_red_pack_user_cnt"),
                Contribution.Sum("vip_expire_red_pack_num", "redPackNum") with { When = new("is_vip", 1) },
                Contribution.User("vip_expire_red_pack_user_cnt") with { When = new("is_vip", 1) },
            ],
        },
        new()
        {
            Id = 15,
            Name = "act.lottery",
            Exchange = "ex.act.join.lottery",
            Queue = "queue.data.load.act.date.join.lottery",
            Page = "act",
            Contributions =
            [
                Contribution.One("lottery_cnt"),
                Contribution.User("lottery_user_cnt"),
            ],
        },
        new()
        {
            Id = 16,
            Name = "act.share-visit",
            Exchange = "ex.visit.by.share",
            Queue = "queue.data.load.act.date.visit.by.share",
            Page = "act",
            OwnFields = [new("joinType", FieldKind.Int32) { AllowNegative = true }],
            Facts = [Fact.Message("joinType")],
            Contributions =
            [
                Contribution.One("share_visit_cnt"),
                Contribution.User("share_visit_user_cnt"),
            ],
        },
        new()
        {
            Id = 17,
            Name = "act.group",
            Exchange = "ex.act.group.join",
            Queue = "queue.act.group.join.cnt",
            Page = "act",
            OwnFields = [new("joinType", FieldKind.Int32) { Required = true, AllowNegative = true }],
            RequiresUser = true,
            Facts = [Fact.Message("joinType")],
            RestrictedFact = "joinType",
            AllowedValues = [1, 2, 3],
            Contributions =
            [
                Contribution.One("group_open_cnt") with { When = new("joinType", 1) },
                Contribution.One("group_join_cnt") with { When = new("joinType", 2) },
                Contribution.One("group_success_cnt") with { When = new("joinType", 3) },
            ],
        },
    ];
}
