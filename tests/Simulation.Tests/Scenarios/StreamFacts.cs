namespace DataLoad.Simulation.Tests.Scenarios;

/// <summary>What the simulation knows of a stream: written from the contract, apart from the engine's catalog.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Queue">Its queue.</param>
/// <param name="HasKey">Whether its events have a business key.</param>
/// <param name="Record">The field of a record's data that names the row, or null where the stream is not recorded.</param>
/// <param name="Table">The table of the row that describes the event, or null where the message does.</param>
/// <param name="IsContent">Whether the message's content is an identity without a time.</param>
internal sealed record StreamFacts(string Name, string Queue, bool HasKey, string? Record, string? Table, bool IsContent = false)
{
    private static readonly Dictionary<string, StreamFacts> s_all = new StreamFacts[]
    {
        new("bear.visit", "queue.data.load.bear.visit.cnt", HasKey: true, null, "user_record"),
        new("bear.share", "queue.data.load.bear.share.cnt", HasKey: false, null, null),
        new("act.visit", "queue.data.load.act.date.visit.cnt", HasKey: true, null, "user_record"),
        new("act.share", "queue.data.load.act.date.share.cnt", HasKey: false, null, null),
        new("act.h5-visit", "queue.data.load.act.date.visit.h5", HasKey: false, null, null),
        new("act.buy", "queue.data.load.act.date.buy.cnt", HasKey: true, "orderId", "orders"),
        new("act.cancel-pay", "queue.data.load.act.date.cancel.pay", HasKey: true, "orderId", "orders"),
        new("act.member-card", "queue.data.load.act.date.vip.receive", HasKey: true, "receiveId", "vip_card_receive"),
        new("act.red-pack", "queue.data.load.act.date.red.pack.receive", HasKey: true, "actReceiveId", "cash_activity_receive"),
        new("act.off", "queue.data.load.act.date.off.cnt", HasKey: true, "offId", "card_off"),
        new("act.revoke", "queue.data.load.act.date.off.revoke", HasKey: true, "revokeId", "card_off"),
        new("act.refund", "queue.data.load.act.date.refund.cnt", HasKey: true, "refundId", "orders"),
        new("act.overdue", "queue.data.load.act.date.overdue.num", HasKey: true, "receiveId", "card_code_receive"),
        new("act.red-pack-expire", "queue.data.load.act.date.expire.red.pack", HasKey: false, null, "cash_activity_receive", IsContent: true),
        new("act.lottery", "queue.data.load.act.date.join.lottery", HasKey: false, null, null),
        new("act.share-visit", "queue.data.load.act.date.visit.by.share", HasKey: false, null, null),
        new("act.group", "queue.act.group.join.cnt", HasKey: false, null, null),
    }.ToDictionary(stream => stream.Name, StringComparer.Ordinal);

    public static IReadOnlyCollection<StreamFacts> All => s_all.Values;

    public static StreamFacts Of(string name) => s_all[name];

    /// <summary>Whether its events need rows.</summary>
    public bool NeedsRows => Table is not null;

    /// <summary>The statistics table that it counts in.</summary>
    public string Page => Name.StartsWith("bear.", StringComparison.Ordinal) ? "bear" : "act";
}
