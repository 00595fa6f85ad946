using DataLoad.Host.Hocon.Schema;

namespace DataLoad.Host.Api;

/// <summary>What people call the metrics, in English and Chinese; the dashboard shows them by the same names.</summary>
internal static class MetricNames
{
    private const string Vip = "vip_";

    private static readonly Dictionary<string, (string English, string Chinese)> Names = new(StringComparer.Ordinal)
    {
        ["visit_cnt"] = ("Visits", "访问次数"),
        ["visit_user_cnt"] = ("Visitors", "访问人数"),
        ["share_cnt"] = ("Shares", "分享次数"),
        ["share_user_cnt"] = ("Sharers", "分享人数"),
        ["h5_visit_cnt"] = ("H5 visits", "H5 访问次数"),
        ["h5_visit_user_cnt"] = ("H5 visitors", "H5 访问人数"),
        ["buy_cnt"] = ("Orders", "购买笔数"),
        ["buy_num"] = ("Items bought", "购买数量"),
        ["buy_card_num"] = ("Cards bought", "购买卡券数"),
        ["buy_user_cnt"] = ("Buyers", "购买人数"),
        ["pay_amount"] = ("Paid", "支付金额"),
        ["share_join_cnt"] = ("Orders by share", "分享参与次数"),
        ["share_join_user_cnt"] = ("Buyers by share", "分享参与人数"),
        ["rush_buy_cnt"] = ("Rush orders", "抢购笔数"),
        ["rush_buy_num"] = ("Rush items", "抢购数量"),
        ["rush_buy_card_num"] = ("Rush cards", "抢购卡券数"),
        ["rush_buy_user_cnt"] = ("Rush buyers", "抢购人数"),
        ["cancel_pay_amount"] = ("Cancelled", "取消支付金额"),
        ["member_card_cnt"] = ("Member cards", "会员卡领取次数"),
        ["member_card_user_cnt"] = ("Card holders", "会员卡领取人数"),
        ["member_open_cnt"] = ("Memberships opened", "开通次数"),
        ["member_renew_cnt"] = ("Memberships renewed", "续费次数"),
        ["h5_activate_cnt"] = ("H5 activations", "H5 激活次数"),
        ["member_open_amount"] = ("Membership fees", "开通金额"),
        ["red_pack_cnt"] = ("Red packs", "红包领取次数"),
        ["red_pack_user_cnt"] = ("Red pack receivers", "红包领取人数"),
        ["red_pack_num"] = ("Red packs received", "红包数量"),
        ["off_num"] = ("Write-offs", "核销数量"),
        ["off_user_cnt"] = ("Write-off users", "核销人数"),
        ["off_brand_cnt"] = ("Write-off brands", "核销品牌数"),
        ["off_discount_amount"] = ("Discounts", "核销优惠金额"),
        ["off_amount"] = ("Written off", "核销金额"),
        ["revoke_cnt"] = ("Revocations", "撤销次数"),
        ["revoke_user_cnt"] = ("Revoking users", "撤销人数"),
        ["revoke_amount"] = ("Revoked", "撤销金额"),
        ["refund_cnt"] = ("Refunds", "退款笔数"),
        ["refund_card_num"] = ("Cards refunded", "退款卡券数"),
        ["refund_user_cnt"] = ("Refunded users", "退款人数"),
        ["refund_amount"] = ("Refunded", "退款金额"),
        ["overdue_card_num"] = ("Cards overdue", "过期卡券数"),
        ["overdue_card_amount"] = ("Overdue value", "过期卡券金额"),
        ["expire_red_pack_num"] = ("Red packs expired", "过期红包数量"),
        ["expire_red_pack_user_cnt"] = ("Users with expired packs", "红包过期人数"),
        ["lottery_cnt"] = ("Lottery draws", "抽奖次数"),
        ["lottery_user_cnt"] = ("Lottery users", "抽奖人数"),
        ["share_visit_cnt"] = ("Visits by share", "分享访问次数"),
        ["share_visit_user_cnt"] = ("Visitors by share", "分享访问人数"),
        ["group_open_cnt"] = ("Groups opened", "开团次数"),
        ["group_join_cnt"] = ("Groups joined", "参团次数"),
        ["group_success_cnt"] = ("Groups completed", "成团次数"),
    };

    /// <summary>The names of a column; those of VIPs follow from the others. Null for a column that has none.</summary>
    public static (string English, string Chinese)? Of(string column) =>
        Names.TryGetValue(column, out (string English, string Chinese) own) ? own
        : column.StartsWith(Vip, StringComparison.Ordinal) && Names.TryGetValue(column[Vip.Length..], out (string English, string Chinese) plain)
            ? ($"VIP: {plain.English}", $"会员：{plain.Chinese}")
        : null;

    /// <summary>Whether a text is one of a column's names, in either case.</summary>
    public static bool IsOf(string column, string text) => Of(column) is { } names
        && (string.Equals(names.English, text, StringComparison.OrdinalIgnoreCase) || string.Equals(names.Chinese, text, StringComparison.OrdinalIgnoreCase));

    /// <summary>The place of the metric that a text names: by its column, or in either case by column or name. Null where none is.</summary>
    public static int? Find(Page page, string text)
    {
        string name = text.Trim();
        int exact = page.Metrics.Select(metric => metric.Column).ToList().IndexOf(name);
        int place = exact >= 0 ? exact : page.Metrics.ToList().FindIndex(metric => Words(metric).Contains(name, StringComparer.OrdinalIgnoreCase));
        return place >= 0 ? place : null;
    }

    /// <summary>The end of a sentence about a text that names no metric: which one was probably meant, and which there are.</summary>
    public static string Instead(IEnumerable<Metric> metrics, string text)
    {
        Metric[] known = [.. metrics];
        string name = text.Trim();
        Metric? meant = HoconSuggestion.Nearest(name.ToLowerInvariant(), known.SelectMany(Words).Select(word => word.ToLowerInvariant())) is { } nearest
            ? known.First(metric => Words(metric).Contains(nearest, StringComparer.OrdinalIgnoreCase))
            : known.FirstOrDefault(metric => Words(metric).Any(word => word.Contains(name, StringComparison.OrdinalIgnoreCase)));
        return $"{(meant is null ? "" : $"did you mean {Show(meant)}? ")}It has {string.Join(", ", known.Select(Show))}.";
    }

    private static IEnumerable<string> Words(Metric metric) =>
        Of(metric.Column) is { } names ? [metric.Column, names.English, names.Chinese] : [metric.Column];

    private static string Show(Metric metric) => Of(metric.Column) is { } names ? $"{metric.Column} ({names.English}, {names.Chinese})" : metric.Column;
}
