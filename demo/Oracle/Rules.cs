namespace DataLoad.Demo;

/// <summary>What each event adds: docs/CONTRACT.md, What an event adds, line by line.</summary>
internal static class Rules
{
    public static void Apply(MeantEvent e, TallyRow row)
    {
        switch (e.Stream)
        {
            case "bear.visit" or "act.visit":
                Counted(row, "visit", e);
                break;
            case "bear.share" or "act.share":
                Counted(row, "share", e);
                break;
            case "act.h5-visit":
                Counted(row, "h5_visit", e);
                break;
            case "act.buy":
                Buy(e, row);
                break;
            case "act.cancel-pay":
                row.Add("cancel_pay_amount", e.Amount);
                break;
            case "act.member-card":
                MemberCard(e, row);
                break;
            case "act.red-pack":
                Counted(row, "red_pack", e);
                row.Add("red_pack_num", e.Num);
                break;
            case "act.off":
                ForAllAndVip(e, row, Off);
                break;
            case "act.revoke":
                ForAllAndVip(e, row, Revoke);
                break;
            case "act.refund":
                ForAllAndVip(e, row, Refund);
                break;
            case "act.overdue":
                ForAllAndVip(e, row, Overdue);
                break;
            case "act.red-pack-expire":
                ForAllAndVip(e, row, Expire);
                break;
            case "act.lottery":
                Counted(row, "lottery", e);
                break;
            case "act.share-visit":
                Counted(row, "share_visit", e);
                break;
            case "act.group":
                row.Add(e.JoinType switch
                {
                    1 => "group_open_cnt",
                    2 => "group_join_cnt",
                    3 => "group_success_cnt",
                    _ =>
                    throw new ArgumentException(FormattableString.Invariant($"joinType {e.JoinType} is rejected and never meant"))
                }, 1);
                break;
            default:
                throw new ArgumentException($"no stream is called '{e.Stream}'");
        }
    }

    private static void Counted(TallyRow row, string what, MeantEvent e)
    {
        row.Add(what + "_cnt", 1);
        row.AddTo(what + "_user_cnt", e.WuId);
    }

    private static void ForAllAndVip(MeantEvent e, TallyRow row, Action<MeantEvent, TallyRow, string> add)
    {
        add(e, row, "");
        if (e.Vip)
        {
            add(e, row, "vip_");
        }
    }

    private static void Buy(MeantEvent e, TallyRow row)
    {
        ForAllAndVip(e, row, static (e, row, prefix) =>
        {
            row.Add(prefix + "buy_cnt", 1);
            row.Add(prefix + "buy_num", e.Num);
            row.Add(prefix + "buy_card_num", e.CardNum);
            row.AddTo(prefix + "buy_user_cnt", e.WuId);
            row.Add(prefix + "pay_amount", e.Amount);
        });
        if (e.ByShare)
        {
            Counted(row, "share_join", e);
        }

        if (e.Rush)
        {
            row.Add("rush_buy_cnt", 1);
            row.Add("rush_buy_num", e.Num);
            row.Add("rush_buy_card_num", e.CardNum);
            row.AddTo("rush_buy_user_cnt", e.WuId);
        }
    }

    private static void MemberCard(MeantEvent e, TallyRow row)
    {
        ForAllAndVip(e, row, static (e, row, prefix) =>
        {
            Counted(row, prefix + "member_card", e);
            row.Add(prefix + "member_open_amount", e.Amount);
        });
        switch (e.OpenType)
        {
            case 1:
                row.Add("member_open_cnt", 1);
                break;
            case 2:
                row.Add("member_renew_cnt", 1);
                break;
        }

        if (e.H5Activate)
        {
            row.Add("h5_activate_cnt", 1);
        }
    }

    private static void Off(MeantEvent e, TallyRow row, string prefix)
    {
        row.Add(prefix + "off_num", e.Num);
        row.AddTo(prefix + "off_user_cnt", e.WuId);
        row.AddTo(prefix + "off_brand_cnt", e.BrandId);
        row.Add(prefix + "off_discount_amount", e.Discount);
        row.Add(prefix + "off_amount", e.Amount);
    }

    private static void Revoke(MeantEvent e, TallyRow row, string prefix)
    {
        Counted(row, prefix + "revoke", e);
        row.Add(prefix + "revoke_amount", e.Amount);
    }

    private static void Refund(MeantEvent e, TallyRow row, string prefix)
    {
        Counted(row, prefix + "refund", e);
        row.Add(prefix + "refund_card_num", e.CardNum);
        row.Add(prefix + "refund_amount", e.Amount);
    }

    private static void Overdue(MeantEvent e, TallyRow row, string prefix)
    {
        row.Add(prefix + "overdue_card_num", 1);
        row.Add(prefix + "overdue_card_amount", e.Amount);
    }

    private static void Expire(MeantEvent e, TallyRow row, string prefix)
    {
        row.Add(prefix + "expire_red_pack_num", e.Num);
        row.AddTo(prefix + "expire_red_pack_user_cnt", e.WuId);
    }
}
