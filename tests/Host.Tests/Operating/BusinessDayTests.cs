using DataLoad.Engine.Operating;
using DataLoad.Host.Api;
using DataLoad.Host.Commands;
using DataLoad.Host.Commands.Operating;
using DataLoad.Host.Tests.Access;
using DataLoad.Host.Tests.Commands;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Operating;

/// <summary>Days and times are those of the zone in which the node counts, and say so.</summary>
public sealed class BusinessDayTests : IAsyncLifetime
{
    private static readonly BusinessClock Shanghai = new(TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai"), NodeWithRows.Today);

    private NodeWithRows _node = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await NodeWithRows.StartAsync();
        foreach (int ahead in new[] { -2, -1, 0, 1 })
        {
            await _node.PutAsync("act", "ACTIVITY", 7, NodeWithRows.Today.AddDays(ahead), ("visit_cnt", 10 + ahead));
        }
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task A_topic_without_days_is_shown_as_it_is_today_in_the_nodes_zone() =>
        (await _node.RunAsync("topic", "ACTIVITY:7")).Output.ShouldStartWith("page\tmetric\t2026-11-25\nact\tvisit_cnt\t10\n");

    [Fact]
    public async Task A_day_that_has_not_begun_is_marked()
    {
        (await _node.RunAsync("topic", "ACTIVITY:7", "--from", "2026-11-24")).Output.ShouldStartWith(
            "page\tmetric\t2026-11-26 (ahead)\t2026-11-25\t2026-11-24\nact\tvisit_cnt\t11\t10\t9\n");
        (await _node.RunAsync("topic", "ACTIVITY:7", "--from", "2026-11-24", "--to", "2026-11-25")).Output.ShouldStartWith("page\tmetric\t2026-11-25\t2026-11-24\n");
        (await _node.RunAsync("topic", "ACTIVITY:7", "--day", "2026-11-26")).Output.ShouldStartWith("page\tmetric\t2026-11-26 (ahead)\n");
    }

    [Fact]
    public async Task A_topic_that_has_no_row_today_says_when_it_had()
    {
        await _node.PutAsync("act", "ACTIVITY", 8, new DateOnly(2026, 11, 1), ("visit_cnt", 1));
        await _node.PutAsync("act", "ACTIVITY", 8, new DateOnly(2026, 11, 3), ("visit_cnt", 1));

        CommandRunShouldBe(await _node.RunAsync("topic", "ACTIVITY:8"), ExitCode.Found,
            "dataload: topic ACTIVITY:8 has no row on these days; its first is of 2026-11-01 and its last of 2026-11-03: --day 2026-11-03\n");
    }

    [Fact]
    public async Task Times_are_in_the_nodes_zone_with_its_offset_and_its_name_at_the_column()
    {
        await _node.Node.Store.Audit.BeginAsync(new AuditEntry(1_764_000_000_000, "a-1", "operator", "flush"), CancellationToken.None);

        (await _node.RunAsync("audit")).Output.ShouldSatisfyAllConditions(
            output => output.ShouldStartWith("id\ttime (Asia/Shanghai)\taction\t"),
            output => output.ShouldContain("\t2025-11-25T00:00:00.000+08:00\tflush\t"));
    }

    [Fact]
    public async Task Zone_and_day_are_told_with_each_answer_but_to_nobody_who_may_not_ask()
    {
        using HttpResponseMessage answer = await _node.Node.SendAsync("GET", "/api/v1/shards");
        answer.Headers.GetValues("X-DataLoad-Time-Zone").ShouldBe(["Asia/Shanghai"]);
        answer.Headers.GetValues("X-DataLoad-Today").ShouldBe(["2026-11-25"]);
        using HttpResponseMessage open = await _node.Node.SendAsync("GET", "/api/v1/openapi.json");
        open.Headers.Contains("X-DataLoad-Time-Zone").ShouldBeFalse();

        await using TestNode closed = await TestNode.StartAsync(http => http with { OperatorToken = "a-token-of-the-test" });
        using HttpResponseMessage refused = await closed.SendAsync("GET", "/api/v1/shards");
        refused.Headers.Contains("X-DataLoad-Time-Zone").ShouldBeFalse();
    }

    [Fact]
    public void A_time_of_a_zone_that_is_not_known_is_in_UTC()
    {
        Shanghai.Time(0).ShouldBe("1970-01-01T08:00:00.000+08:00");
        BusinessClock.Unknown.Time(0).ShouldBe("1970-01-01T00:00:00.000Z");
        BusinessClock.Unknown.Label("time").ShouldBe("time");
        Shanghai.Time(long.MaxValue).ShouldBe("9223372036854775807");
        Shanghai.Time(253_402_300_799_999).ShouldNotBeEmpty();
    }

    [Fact]
    public void A_topic_on_a_terminal_names_the_zone_of_its_days() =>
        Terminal.Lines(display => TopicCommand.Render(display, new TopicDetails("ACTIVITY", 7, 3, [])), clock: Shanghai)
            .ShouldBe(["ACTIVITY:7 in shard 3, days of Asia/Shanghai"]);

    private static void CommandRunShouldBe(CommandRun run, int code, string error) => (run.Code, run.Error).ShouldBe((code, error));
}
