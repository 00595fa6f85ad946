using DataLoad.Simulation.Tests.Scenarios;

namespace DataLoad.Simulation.Tests.Checking;

/// <summary>
/// What generated events add to a row, by brute force and by the contract's table, written apart from the engine: every sum a
/// number, every distinct set a set.
/// </summary>
internal sealed class Oracle
{
    private readonly SortedDictionary<string, long> _sums = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, HashSet<long>> _sets = new(StringComparer.Ordinal);

    /// <summary>A column's value; 0 where nothing was added.</summary>
    public long this[string column] => _sums.TryGetValue(column, out long sum) ? sum : _sets.TryGetValue(column, out HashSet<long>? set) ? set.Count : 0;

    /// <summary>The columns that anything was added to.</summary>
    public IEnumerable<string> Columns => _sums.Keys.Concat(_sets.Keys);

    public void Add(GeneratedEvent generated)
    {
        int user = generated.WuId;
        bool vip = Number(generated, "is_vip") == 1;
        switch (generated.Stream)
        {
            case "bear.visit" or "act.visit":
                Sum("visit_cnt", 1);
                Member("visit_user_cnt", user);
                break;
            case "bear.share" or "act.share":
                Sum("share_cnt", 1);
                Member("share_user_cnt", user);
                break;
            case "act.h5-visit":
                Sum("h5_visit_cnt", 1);
                Member("h5_visit_user_cnt", user);
                break;
            case "act.lottery":
                Sum("lottery_cnt", 1);
                Member("lottery_user_cnt", user);
                break;
            case "act.group":
                Sum(Number(generated, "joinType") switch { 1 => "group_open_cnt", 2 => "group_join_cnt", _ => "group_success_cnt" }, 1);
                break;
            case "act.buy":
                Buy("", generated, user);
                if (vip)
                {
                    Buy("vip_", generated, user);
                }

                if (Number(generated, "by_share") == 1)
                {
                    Sum("share_join_cnt", 1);
                    Member("share_join_user_cnt", user);
                }

                if (Number(generated, "is_rush") == 1)
                {
                    Sum("rush_buy_cnt", 1);
                    Sum("rush_buy_num", Number(generated, "buy_num"));
                    Sum("rush_buy_card_num", Number(generated, "card_num"));
                    Member("rush_buy_user_cnt", user);
                }

                break;
            case "act.cancel-pay":
                Sum("cancel_pay_amount", Number(generated, "pay_amount"));
                break;
            case "act.member-card":
                MemberCard(generated, user, vip);
                break;
            case "act.red-pack":
                Sum("red_pack_cnt", 1);
                Member("red_pack_user_cnt", user);
                Sum("red_pack_num", Number(generated, "red_pack_num"));
                break;
            case "act.revoke":
                Revoke("", generated, user);
                if (vip)
                {
                    Revoke("vip_", generated, user);
                }

                break;
            case "act.overdue":
                Overdue("", generated);
                if (vip)
                {
                    Overdue("vip_", generated);
                }

                break;
            case "act.share-visit":
                Sum("share_visit_cnt", 1);
                Member("share_visit_user_cnt", user);
                break;
            case "act.off":
                Off("", generated, user);
                if (vip)
                {
                    Off("vip_", generated, user);
                }

                break;
            case "act.refund":
                Refund("", generated, user);
                if (vip)
                {
                    Refund("vip_", generated, user);
                }

                break;
            case "act.red-pack-expire":
                Expire("", generated, user);
                if (vip)
                {
                    Expire("vip_", generated, user);
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(generated), generated.Stream, "The oracle does not know the stream.");
        }
    }

    private void Buy(string prefix, GeneratedEvent generated, int user)
    {
        Sum($"{prefix}buy_cnt", 1);
        Sum($"{prefix}buy_num", Number(generated, "buy_num"));
        Sum($"{prefix}buy_card_num", Number(generated, "card_num"));
        Member($"{prefix}buy_user_cnt", user);
        Sum($"{prefix}pay_amount", Number(generated, "pay_amount"));
    }

    private void MemberCard(GeneratedEvent generated, int user, bool vip)
    {
        Sum("member_card_cnt", 1);
        Member("member_card_user_cnt", user);
        Sum("member_open_amount", Number(generated, "pay_amount"));
        if (vip)
        {
            Sum("vip_member_card_cnt", 1);
            Member("vip_member_card_user_cnt", user);
            Sum("vip_member_open_amount", Number(generated, "pay_amount"));
        }

        switch (Number(generated, "open_type"))
        {
            case 1:
                Sum("member_open_cnt", 1);
                break;
            case 2:
                Sum("member_renew_cnt", 1);
                break;
            default:
                break;
        }

        if (Number(generated, "h5_activate") == 1)
        {
            Sum("h5_activate_cnt", 1);
        }
    }

    private void Revoke(string prefix, GeneratedEvent generated, int user)
    {
        Sum($"{prefix}revoke_cnt", 1);
        Member($"{prefix}revoke_user_cnt", user);
        Sum($"{prefix}revoke_amount", Number(generated, "off_amount"));
    }

    private void Overdue(string prefix, GeneratedEvent generated)
    {
        Sum($"{prefix}overdue_card_num", 1);
        Sum($"{prefix}overdue_card_amount", Number(generated, "card_amount"));
    }

    private void Off(string prefix, GeneratedEvent generated, int user)
    {
        Sum($"{prefix}off_num", Number(generated, "off_num"));
        Member($"{prefix}off_user_cnt", user);
        Member($"{prefix}off_brand_cnt", Number(generated, "brand_id"));
        Sum($"{prefix}off_discount_amount", Number(generated, "discount_amount"));
        Sum($"{prefix}off_amount", Number(generated, "off_amount"));
    }

    private void Refund(string prefix, GeneratedEvent generated, int user)
    {
        Sum($"{prefix}refund_cnt", 1);
        Sum($"{prefix}refund_card_num", Number(generated, "card_num"));
        Member($"{prefix}refund_user_cnt", user);
        Sum($"{prefix}refund_amount", Number(generated, "refund_amount"));
    }

    private void Expire(string prefix, GeneratedEvent generated, int user)
    {
        Sum($"{prefix}expire_red_pack_num", Number(generated, "redPackNum"));
        Member($"{prefix}expire_red_pack_user_cnt", user);
    }

    private static long Number(GeneratedEvent generated, string name) => generated.Numbers.GetValueOrDefault(name);

    private void Sum(string column, long value) => _sums[column] = _sums.GetValueOrDefault(column) + value;

    /// <summary>Nobody, 0, is in no set.</summary>
    private void Member(string column, long member)
    {
        if (!_sets.TryGetValue(column, out HashSet<long>? set))
        {
            _sets.Add(column, set = []);
        }

        if (member != 0)
        {
            set.Add(member);
        }
    }
}
