namespace DataLoad.Demo;

/// <summary>The contract's streams, in its order.</summary>
public static class ContractStreams
{
    /// <summary><c>bear.visit</c></summary>
    public static readonly StreamInfo BearVisit = new("bear.visit", "ex.data.load.visit", "queue.data.load.bear.visit.cnt", "userRecordId");

    /// <summary><c>bear.share</c></summary>
    public static readonly StreamInfo BearShare = new("bear.share", "ex.data.load.share", "queue.data.load.bear.share.cnt");

    /// <summary><c>act.visit</c></summary>
    public static readonly StreamInfo ActVisit = new("act.visit", "ex.data.load.act.date.visit", "queue.data.load.act.date.visit.cnt", "userRecordId");

    /// <summary><c>act.share</c></summary>
    public static readonly StreamInfo ActShare = new("act.share", "ex.data.load.act.date.share", "queue.data.load.act.date.share.cnt");

    /// <summary><c>act.h5-visit</c></summary>
    public static readonly StreamInfo ActH5Visit = new("act.h5-visit", "ex.h5.activity.visit", "queue.data.load.act.date.visit.h5");

    /// <summary><c>act.buy</c></summary>
    public static readonly StreamInfo ActBuy = new("act.buy", "ex.order.pay.success", "queue.data.load.act.date.buy.cnt", "recordId", "orderId");

    /// <summary><c>act.cancel-pay</c></summary>
    public static readonly StreamInfo ActCancelPay = new("act.cancel-pay", "ex.order.pay.cancel", "queue.data.load.act.date.cancel.pay", "recordId", "orderId");

    /// <summary><c>act.member-card</c></summary>
    public static readonly StreamInfo ActMemberCard = new("act.member-card", "ex.vip.card.received", "queue.data.load.act.date.vip.receive", "recordId",
        "receiveId");

    /// <summary><c>act.red-pack</c></summary>
    public static readonly StreamInfo ActRedPack = new("act.red-pack", "ex.cash.voucher.receive.success", "queue.data.load.act.date.red.pack.receive",
        "recordId", "actReceiveId");

    /// <summary><c>act.off</c></summary>
    public static readonly StreamInfo ActOff = new("act.off", "ex.card.off", "queue.data.load.act.date.off.cnt", "recordId", "offId");

    /// <summary><c>act.revoke</c></summary>
    public static readonly StreamInfo ActRevoke = new("act.revoke", "ex.card.off.revoke", "queue.data.load.act.date.off.revoke", "recordId", "revokeId");

    /// <summary><c>act.refund</c></summary>
    public static readonly StreamInfo ActRefund = new("act.refund", "ex.order.activity.refund.success", "queue.data.load.act.date.refund.cnt", "recordId",
        "refundId");

    /// <summary><c>act.overdue</c></summary>
    public static readonly StreamInfo ActOverdue = new("act.overdue", "ex.card.code.overdue", "queue.data.load.act.date.overdue.num", "recordId", "receiveId");

    /// <summary><c>act.red-pack-expire</c></summary>
    public static readonly StreamInfo ActRedPackExpire = new("act.red-pack-expire", "ex.cash.voucher.expire", "queue.data.load.act.date.expire.red.pack",
        "actReceiveId");

    /// <summary><c>act.lottery</c></summary>
    public static readonly StreamInfo ActLottery = new("act.lottery", "ex.act.join.lottery", "queue.data.load.act.date.join.lottery");

    /// <summary><c>act.share-visit</c></summary>
    public static readonly StreamInfo ActShareVisit = new("act.share-visit", "ex.visit.by.share", "queue.data.load.act.date.visit.by.share");

    /// <summary><c>act.group</c></summary>
    public static readonly StreamInfo ActGroup = new("act.group", "ex.act.group.join", "queue.act.group.join.cnt");

    /// <summary>All seventeen.</summary>
    public static IReadOnlyList<StreamInfo> All { get; } =
    [
        BearVisit, BearShare, ActVisit, ActShare, ActH5Visit, ActBuy, ActCancelPay, ActMemberCard, ActRedPack,
        ActOff, ActRevoke, ActRefund, ActOverdue, ActRedPackExpire, ActLottery, ActShareVisit, ActGroup,
    ];

    /// <summary>The durable queue, and the exchange of the same name, that take what cannot be counted.</summary>
    public const string DeadLetters = "dataload.dead";
}
