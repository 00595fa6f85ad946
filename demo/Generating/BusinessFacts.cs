using System.Globalization;
using static System.FormattableString;

namespace DataLoad.Demo;

/// <summary>Makes the rows behind a key, and what they add to the event's meaning.</summary>
internal sealed class BusinessFacts(Dice dice, GeneratorOptions options)
{
    private readonly Dictionary<string, int> _lastKey = new(StringComparer.Ordinal);

    /// <summary>Adds the rows and the key to a draft, and returns its meaning with the rows' facts and the key's identity.</summary>
    public MeantEvent Add(Draft draft, CommonFields common, EventTime time, EventClock clock)
    {
        var stream = draft.Stream;
        var meant = draft.Meant;
        if (stream.BareKey && !stream.Recorded)
        {
            var key = NextKey(BusinessSchema.UserRecord);
            draft.Key = key;
            draft.Rows.Add(BusinessSchema.UserRecord.Row([key, .. common.Columns(), time.RowMilliseconds]));
            return meant with { Identity = Invariant($"key:{key}") };
        }

        // The time of a recorded event is its record's; the business row's own may be of any other day.
        var (businessKey, withFacts) = Business(draft, common, meant, clock.Instant());
        if (!stream.Recorded)
        {
            draft.Key = businessKey;
            return withFacts;
        }

        var recordKey = NextKey(BusinessSchema.MqOperateRecord);
        draft.Key = recordKey;
        draft.Rows.Add(Record(stream, recordKey, businessKey, time));
        draft.RecordAgain = () =>
        {
            var again = NextKey(BusinessSchema.MqOperateRecord);
            return (again, Record(stream, again, businessKey, time));
        };
        return withFacts with { Identity = Invariant($"key:{businessKey}") };
    }

    private (int Key, MeantEvent Meant) Business(Draft draft, CommonFields common, MeantEvent meant, long ctime)
    {
        var rows = draft.Rows;
        var vip = dice.Chance(0.4);
        if (draft.Stream == ContractStreams.ActBuy || draft.Stream == ContractStreams.ActCancelPay)
        {
            var (order, facts) = Order(rows, common, meant with { Vip = vip }, ctime);
            return (order, facts);
        }

        if (draft.Stream == ContractStreams.ActRefund)
        {
            var (order, _) = Order(rows, common, meant with { Vip = vip }, ctime);
            var facts = meant with { Vip = vip, CardNum = dice.Between(0, 5), Amount = Money() };
            var key = NextKey(BusinessSchema.OrderRefund);
            rows.Add(BusinessSchema.OrderRefund.Row(key, order, (int)facts.CardNum, facts.Amount, ctime));
            return (key, facts);
        }

        if (draft.Stream == ContractStreams.ActMemberCard)
        {
            var facts = meant with { Vip = vip, OpenType = dice.Pick(1, 1, 2, 3, 0), H5Activate = dice.Chance(0.3), Amount = Money() };
            var key = NextKey(BusinessSchema.VipCardReceive);
            rows.Add(BusinessSchema.VipCardReceive.Row([key, .. common.Columns(), vip, (short)facts.OpenType, facts.H5Activate, facts.Amount, ctime]));
            return (key, facts);
        }

        if (draft.Stream == ContractStreams.ActRedPack || draft.Stream == ContractStreams.ActRedPackExpire)
        {
            var facts = meant with { Vip = vip, Num = dice.Between(0, 9) };
            var key = NextKey(BusinessSchema.CashActivityReceive);
            rows.Add(BusinessSchema.CashActivityReceive.Row([key, .. common.Columns(), vip, (int)facts.Num, ctime]));
            return (key, facts);
        }

        if (draft.Stream == ContractStreams.ActOff || draft.Stream == ContractStreams.ActRevoke)
        {
            var facts = meant with { Vip = vip, Num = dice.Between(0, 4), BrandId = dice.Below(30), Discount = Money(), Amount = Money() };
            var off = NextKey(BusinessSchema.CardOff);
            object? brand = facts.BrandId == 0 && dice.Chance(0.5) ? null : facts.BrandId;
            rows.Add(BusinessSchema.CardOff.Row([off, .. common.Columns(), vip, (int)facts.Num, brand, facts.Discount, facts.Amount, ctime]));
            if (draft.Stream == ContractStreams.ActOff)
            {
                return (off, facts);
            }

            var revoke = NextKey(BusinessSchema.ShopCardRevoke);
            rows.Add(BusinessSchema.ShopCardRevoke.Row(revoke, off, ctime));
            return (revoke, facts);
        }

        var overdue = meant with { Vip = vip, Amount = Money() };
        var receive = NextKey(BusinessSchema.CardCodeReceive);
        rows.Add(BusinessSchema.CardCodeReceive.Row([receive, .. common.Columns(), vip, overdue.Amount, ctime]));
        return (receive, overdue);
    }

    private (int Key, MeantEvent Facts) Order(List<BusinessRow> rows, CommonFields common, MeantEvent meant, long ctime)
    {
        var facts = meant with
        {
            Num = dice.Between(0, 5),
            CardNum = dice.Between(0, 10),
            Amount = Money(),
            Rush = dice.Chance(0.25),
            ByShare = dice.Chance(0.25),
        };
        var key = NextKey(BusinessSchema.Orders);
        rows.Add(BusinessSchema.Orders.Row([key, .. common.Columns(), facts.Vip, (int)facts.Num, (int)facts.CardNum, facts.Amount, facts.Rush, facts.ByShare,
            ctime]));
        return (key, facts);
    }

    private BusinessRow Record(StreamInfo stream, int key, int businessKey, EventTime time)
    {
        var number = businessKey.ToString(CultureInfo.InvariantCulture);
        var value = dice.Chance(0.5) ? number : $"\"{number}\"";
        var data = dice.Chance(0.8) ? $"{{\"{stream.DataField}\":{value}}}" : $"{{ \"source\" : \"mall\", \"{stream.DataField}\" : {value} }}";
        return BusinessSchema.MqOperateRecord.Row(key, stream.Exchange, data, (short)dice.Below(3), time.RowMilliseconds);
    }

    private decimal Money() => dice.Below(2_000) switch
    {
        < 50 => 0m,
        50 => 9_999_999_999.99m,
        _ => dice.Between(1, 500_000) / 100m,
    };

    /// <summary>The next free key of a table.</summary>
    public int NextKey(BusinessTable table)
    {
        var key = _lastKey.TryGetValue(table.Name, out var last) ? last + 1 : options.FirstKey;
        _lastKey[table.Name] = key;
        return key;
    }
}
