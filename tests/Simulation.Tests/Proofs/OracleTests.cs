using DataLoad.Simulation.Checking;
using DataLoad.Simulation.Scenarios;
using Shouldly;
using Xunit;

namespace DataLoad.Simulation.Proofs;

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

    private static Happening Buy(int user, int vip) => new()
    {
        Number = 1,
        Marker = "m",
        Stream = "act.buy",
        TopicType = "t",
        TopicId = 1,
        WuId = user,
        Numbers = new Dictionary<string, long>(StringComparer.Ordinal) { ["is_vip"] = vip, ["buy_num"] = 2, ["card_num"] = 1, ["pay_amount"] = 1234, ["is_rush"] = 1, ["by_share"] = 0 },
    };
}
