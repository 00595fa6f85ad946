using DataLoad.Engine.Contract;
using DataLoad.Simulation.Tests.Checking;
using DataLoad.Simulation.Tests.Scenarios;
using Shouldly;
using Xunit;

namespace DataLoad.Simulation.Tests.Proofs;

public sealed class OracleTests
{
    [Fact]
    public void The_oracle_counts_a_buy_by_the_contract()
    {
        var oracle = new Oracle();
        oracle.Add(Buy(user: 7, vip: 1));
        oracle.Add(Buy(user: 7, vip: 0));
        oracle.Add(Buy(user: 0, vip: 0));
        oracle["buy_cnt"].ShouldBe(3);
        oracle["buy_user_cnt"].ShouldBe(1);
        oracle["pay_amount"].ShouldBe(3 * 1234);
        oracle["vip_buy_cnt"].ShouldBe(1);
        oracle["vip_pay_amount"].ShouldBe(1234);
        oracle["rush_buy_num"].ShouldBe(6);
        oracle["share_join_cnt"].ShouldBe(0);
    }

    [Fact]
    public void The_oracle_counts_a_member_card_by_the_contract()
    {
        var oracle = new Oracle();
        oracle.Add(One("act.member-card", 7, ("is_vip", 1), ("open_type", 1), ("h5_activate", 1), ("pay_amount", 100)));
        oracle.Add(One("act.member-card", 8, ("is_vip", 0), ("open_type", 2), ("h5_activate", 0), ("pay_amount", 30)));
        oracle.Add(One("act.member-card", 0, ("is_vip", 0), ("open_type", 3), ("h5_activate", 0), ("pay_amount", 4)));
        Columns(oracle, "member_card_cnt", "member_card_user_cnt", "vip_member_card_cnt", "vip_member_card_user_cnt").ShouldBe([3, 2, 1, 1]);
        Columns(oracle, "member_open_cnt", "member_renew_cnt", "h5_activate_cnt").ShouldBe([1, 1, 1]);
        Columns(oracle, "member_open_amount", "vip_member_open_amount").ShouldBe([134, 100]);
    }

    [Fact]
    public void The_oracle_counts_red_packs_revokes_overdue_cards_and_visits_by_share_by_the_contract()
    {
        var oracle = new Oracle();
        oracle.Add(One("act.red-pack", 7, ("is_vip", 1), ("red_pack_num", 3)));
        Columns(oracle, "red_pack_cnt", "red_pack_user_cnt", "red_pack_num").ShouldBe([1, 1, 3]);
        oracle.Add(One("act.revoke", 7, ("is_vip", 1), ("off_amount", 500)));
        oracle.Add(One("act.revoke", 7, ("is_vip", 0), ("off_amount", 20)));
        Columns(oracle, "revoke_cnt", "revoke_user_cnt", "revoke_amount", "vip_revoke_cnt", "vip_revoke_user_cnt", "vip_revoke_amount")
            .ShouldBe([2, 1, 520, 1, 1, 500]);
        oracle.Add(One("act.overdue", 7, ("is_vip", 0), ("card_amount", 9)));
        oracle.Add(One("act.overdue", 7, ("is_vip", 1), ("card_amount", 1)));
        Columns(oracle, "overdue_card_num", "overdue_card_amount", "vip_overdue_card_num", "vip_overdue_card_amount").ShouldBe([2, 10, 1, 1]);
        oracle.Add(One("act.share-visit", 7, ("joinType", 8)));
        Columns(oracle, "share_visit_cnt", "share_visit_user_cnt").ShouldBe([1, 1]);
    }

    [Fact]
    public void Every_stream_is_generated_with_columns_that_the_oracle_knows()
    {
        StreamFacts.All.Select(stream => stream.Name).Order(StringComparer.Ordinal)
            .ShouldBe(Catalog.Default.Streams.Select(stream => stream.Name).Order(StringComparer.Ordinal));
        var generated = Enumerable.Range(1, 200).SelectMany(seed => ScenarioMaker.Make((ulong)seed).Events).ToList();
        foreach (StreamFacts stream in StreamFacts.All)
        {
            generated.Count(generated => string.Equals(generated.Stream, stream.Name, StringComparison.Ordinal)).ShouldBeGreaterThan(20, stream.Name);
        }

        var all = new Oracle();
        generated.ForEach(all.Add);
        all.Columns.Order(StringComparer.Ordinal)
            .ShouldBe(Catalog.Default.Pages.SelectMany(page => page.Metrics).Select(metric => metric.Column).Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal));
    }

    private static long[] Columns(Oracle oracle, params string[] columns) => [.. columns.Select(column => oracle[column])];

    private static GeneratedEvent One(string stream, int user, params (string Name, long Value)[] numbers) => new()
    {
        Number = 1,
        Marker = "m",
        Stream = stream,
        TopicType = "t",
        TopicId = 1,
        WuId = user,
        Numbers = numbers.ToDictionary(number => number.Name, number => number.Value, StringComparer.Ordinal),
    };

    private static GeneratedEvent Buy(int user, int vip) => new()
    {
        Number = 1,
        Marker = "m",
        Stream = "act.buy",
        TopicType = "t",
        TopicId = 1,
        WuId = user,
        Numbers = new Dictionary<string, long>(StringComparer.Ordinal)
        {
            ["is_vip"] = vip,
            ["buy_num"] = 2,
            ["card_num"] = 1,
            ["pay_amount"] = 1234,
            ["is_rush"] = 1,
            ["by_share"] = 0
        },
    };
}
