using System.Data.Common;
using Dapper;

namespace DataLoad.Demo;

/// <summary>The reference schema of the business tables (docs/CONTRACT.md, Business tables).</summary>
public static class BusinessSchema
{
    private static readonly (string, ColumnKind)[] Common =
    [
        ("session_str", ColumnKind.Varchar), ("parent_topic_type", ColumnKind.Varchar), ("parent_topic_id", ColumnKind.Int),
        ("topic_type", ColumnKind.Varchar), ("topic_id", ColumnKind.Int), ("qr_code", ColumnKind.Varchar),
        ("wu_id", ColumnKind.Int), ("channel_type", ColumnKind.Varchar),
    ];

    /// <summary><c>user_record</c></summary>
    public static readonly BusinessTable UserRecord = WithCommon("user_record");

    /// <summary><c>mq_operate_record</c></summary>
    public static readonly BusinessTable MqOperateRecord = new("mq_operate_record",
    [
        ("id", ColumnKind.Int), ("exchange", ColumnKind.Varchar), ("data", ColumnKind.Text), ("status", ColumnKind.SmallInt),
        ("ctime", ColumnKind.BigInt),
    ]);

    /// <summary><c>orders</c></summary>
    public static readonly BusinessTable Orders = WithCommon("orders",
        ("is_vip", ColumnKind.Bool), ("buy_num", ColumnKind.Int), ("card_num", ColumnKind.Int), ("pay_amount", ColumnKind.Money),
        ("is_rush", ColumnKind.Bool), ("by_share", ColumnKind.Bool));

    /// <summary><c>vip_card_receive</c></summary>
    public static readonly BusinessTable VipCardReceive = WithCommon("vip_card_receive",
        ("is_vip", ColumnKind.Bool), ("open_type", ColumnKind.SmallInt), ("h5_activate", ColumnKind.Bool), ("pay_amount", ColumnKind.Money));

    /// <summary><c>cash_activity_receive</c></summary>
    public static readonly BusinessTable CashActivityReceive = WithCommon("cash_activity_receive",
        ("is_vip", ColumnKind.Bool), ("red_pack_num", ColumnKind.Int));

    /// <summary><c>card_off</c></summary>
    public static readonly BusinessTable CardOff = WithCommon("card_off",
        ("is_vip", ColumnKind.Bool), ("off_num", ColumnKind.Int), ("brand_id", ColumnKind.Int), ("discount_amount", ColumnKind.Money),
        ("off_amount", ColumnKind.Money));

    /// <summary><c>shop_card_revoke</c></summary>
    public static readonly BusinessTable ShopCardRevoke = new("shop_card_revoke",
        [("id", ColumnKind.Int), ("off_id", ColumnKind.Int), ("ctime", ColumnKind.BigInt)]);

    /// <summary><c>order_refund</c></summary>
    public static readonly BusinessTable OrderRefund = new("order_refund",
    [
        ("id", ColumnKind.Int), ("order_id", ColumnKind.Int), ("card_num", ColumnKind.Int), ("refund_amount", ColumnKind.Money),
        ("ctime", ColumnKind.BigInt),
    ]);

    /// <summary><c>card_code_receive</c></summary>
    public static readonly BusinessTable CardCodeReceive = WithCommon("card_code_receive",
        ("is_vip", ColumnKind.Bool), ("card_amount", ColumnKind.Money));

    /// <summary>All tables.</summary>
    public static IReadOnlyList<BusinessTable> Tables { get; } =
        [UserRecord, MqOperateRecord, Orders, VipCardReceive, CashActivityReceive, CardOff, ShopCardRevoke, OrderRefund, CardCodeReceive];

    /// <summary>Creates the tables that are missing.</summary>
    public static async Task CreateAsync(DbConnection connection, CancellationToken cancel = default)
    {
        foreach (var table in Tables)
        {
            await connection.ExecuteAsync(new CommandDefinition(table.CreateSql, cancellationToken: cancel));
        }
    }

    private static BusinessTable WithCommon(string name, params (string, ColumnKind)[] own) =>
        new(name, [("id", ColumnKind.Int), .. Common, .. own, ("ctime", ColumnKind.BigInt)]);
}
