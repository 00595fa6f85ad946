namespace DataLoad.Engine.Contract;

/// <summary>The lookup steps, and the shapes of streams, that the contract's pages share.</summary>
internal static class Steps
{
    private static readonly RowColumn Vip = new("is_vip", ColumnKind.Flag);
    private static readonly RowColumn Ctime = new("ctime", ColumnKind.Time);

    public static LookupStep UserRecord { get; } = Described("user_record", LookupKey.Message("userRecordId"), Ctime);

    public static LookupStep Record { get; } = Of("mq_operate_record", LookupKey.Message("recordId"), new("data", ColumnKind.Text), Ctime);

    public static LookupStep Orders(LookupKey key) => Described(
        "orders", key,
        Vip, new("buy_num", ColumnKind.Int32), new("card_num", ColumnKind.Int32), new("pay_amount", ColumnKind.Amount),
        new("is_rush", ColumnKind.Flag), new("by_share", ColumnKind.Flag));

    public static LookupStep CardOff(LookupKey key) => Described(
        "card_off", key,
        Vip, new("off_num", ColumnKind.Int32), new("brand_id", ColumnKind.Int32), new("discount_amount", ColumnKind.Amount),
        new("off_amount", ColumnKind.Amount));

    public static LookupStep CashActivityReceive(LookupKey key) => Described(
        "cash_activity_receive", key, Vip, new("red_pack_num", ColumnKind.Int32));

    public static LookupStep VipCardReceive { get; } = Described(
        "vip_card_receive", LookupKey.Data("receiveId"),
        Vip, new("open_type", ColumnKind.Code), new("h5_activate", ColumnKind.Flag), new("pay_amount", ColumnKind.Amount));

    public static LookupStep CardCodeReceive { get; } = Described(
        "card_code_receive", LookupKey.Data("receiveId"), Vip, new("card_amount", ColumnKind.Amount));

    public static LookupStep ShopCardRevoke { get; } = Of("shop_card_revoke", LookupKey.Data("revokeId"), new RowColumn("off_id", ColumnKind.Int32));

    public static LookupStep OrderRefund { get; } = Of(
        "order_refund", LookupKey.Data("refundId"),
        new("order_id", ColumnKind.Int32), new("card_num", ColumnKind.Int32), new("refund_amount", ColumnKind.Amount));

    /// <summary>A stream whose messages hold all that an event is.</summary>
    public static StreamDefinition OfMessage(
        byte id, string name, string exchange, string queue, string page, params ReadOnlySpan<Contribution> contributions) =>
        new() { Id = id, Name = name, Exchange = exchange, Queue = queue, Page = page, Contributions = [.. contributions] };

    /// <summary>A stream of visits: each message names the row of a user's record.</summary>
    public static StreamDefinition OfUserRecord(
        byte id, string name, string exchange, string queue, string page, params ReadOnlySpan<Contribution> contributions) =>
        OfMessage(id, name, exchange, queue, page, contributions) with
        {
            OwnFields = [new("userRecordId", FieldKind.Int32) { Required = true }],
            BareKey = "userRecordId",
            Lookups = [UserRecord],
            BusinessKeyStep = 0,
            TimeFromRow = true,
        };

    private static LookupStep Of(string name, LookupKey key, params ReadOnlySpan<RowColumn> columns) =>
        new() { Name = name, Key = key, Columns = [.. columns] };

    private static LookupStep Described(string name, LookupKey key, params ReadOnlySpan<RowColumn> own) =>
        Of(name, key, [.. CommonColumn.All, .. own]) with { CommonAt = 0 };
}
