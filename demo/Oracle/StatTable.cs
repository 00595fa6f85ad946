namespace DataLoad.Demo;

/// <summary>A statistics table: its name and the columns that the contract gives it (docs/CONTRACT.md).</summary>
public sealed class StatTable
{
    private readonly Dictionary<string, int> _index;

    private StatTable(string name, string counts, string distincts, string amounts)
    {
        Name = name;
        Columns = [.. Named(counts, CellKind.Count), .. Named(distincts, CellKind.Distinct), .. Named(amounts, CellKind.Amount)];
        _index = Columns.Select((column, i) => (column.Name, i)).ToDictionary(pair => pair.Name, pair => pair.i, StringComparer.Ordinal);
    }

    /// <summary>The marketing pages' table.</summary>
    public static StatTable Bear { get; } = new("data_load_bear", "visit_cnt share_cnt", "visit_user_cnt share_user_cnt", "");

    /// <summary>The activities' table.</summary>
    public static StatTable ActDate { get; } = new("data_load_act_date",
        """
        visit_cnt share_cnt h5_visit_cnt
        buy_cnt buy_num buy_card_num vip_buy_cnt vip_buy_num vip_buy_card_num
        share_join_cnt rush_buy_cnt rush_buy_num rush_buy_card_num
        member_card_cnt vip_member_card_cnt member_open_cnt member_renew_cnt h5_activate_cnt
        red_pack_cnt red_pack_num
        off_num vip_off_num revoke_cnt vip_revoke_cnt
        refund_cnt refund_card_num vip_refund_cnt vip_refund_card_num
        overdue_card_num vip_overdue_card_num expire_red_pack_num vip_expire_red_pack_num
        lottery_cnt share_visit_cnt group_open_cnt group_join_cnt group_success_cnt
        """,
        """
        visit_user_cnt share_user_cnt h5_visit_user_cnt buy_user_cnt vip_buy_user_cnt share_join_user_cnt rush_buy_user_cnt
        member_card_user_cnt vip_member_card_user_cnt red_pack_user_cnt
        off_user_cnt off_brand_cnt vip_off_user_cnt vip_off_brand_cnt revoke_user_cnt vip_revoke_user_cnt
        refund_user_cnt vip_refund_user_cnt expire_red_pack_user_cnt vip_expire_red_pack_user_cnt
        lottery_user_cnt share_visit_user_cnt
        """,
        """
        pay_amount vip_pay_amount cancel_pay_amount member_open_amount vip_member_open_amount
        off_discount_amount off_amount vip_off_discount_amount vip_off_amount revoke_amount vip_revoke_amount
        refund_amount vip_refund_amount overdue_card_amount vip_overdue_card_amount
        """);

    /// <summary>Both tables.</summary>
    public static IReadOnlyList<StatTable> All { get; } = [Bear, ActDate];

    /// <summary>The table's name.</summary>
    public string Name { get; }

    /// <summary>The name of its breakdown by parent.</summary>
    public string ByParent => $"{Name}_by_parent";

    /// <summary>Its columns, without the key and <c>update_time</c>.</summary>
    public IReadOnlyList<(string Name, CellKind Kind)> Columns { get; }

    /// <summary>The place of a column in <see cref="Columns"/>.</summary>
    public int IndexOf(string column) =>
        _index.TryGetValue(column, out var index) ? index : throw new ArgumentException($"{Name} has no column '{column}'", nameof(column));

    private static IEnumerable<(string, CellKind)> Named(string names, CellKind kind) =>
        names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(name => (name, kind));
}
