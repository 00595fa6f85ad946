using DataLoad.Host.Commands;
using DataLoad.Host.Tests.Commands;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Operating;

/// <summary>CSV from the console: what the API writes, with a column for the day where a row is of one, and a byte-order mark on request.</summary>
public sealed class ConsoleCsvTests : IAsyncLifetime
{
    private const string ByteOrderMark = "\uFEFF";

    private NodeWithRows _node = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await NodeWithRows.StartAsync();
        await _node.PutAsync("act", "ACTIVITY", 7, NodeWithRows.Today, ("visit_cnt", 3), ("pay_amount", 1250));
        await _node.PutAsync("act", "ACTIVITY", 7, NodeWithRows.Today.AddDays(-1), ("visit_cnt", 5));
        await _node.PutAsync("act", "ACTIVITY", 8, NodeWithRows.Today, ("visit_cnt", 4));
        await _node.PutAsync("bear", "ACTIVITY", 7, NodeWithRows.Today, ("visit_cnt", 9));
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Topics_of_one_day_have_a_column_for_it()
    {
        CommandRun run = await _node.RunAsync("counters", "top", "--metrics", "Visits,pay_amount", "--limit", "1", "--csv");

        run.ShouldBe(new CommandRun(
            ExitCode.Done,
            "topic_type,topic_id,stat_date,visit_cnt,pay_amount\r\nACTIVITY,8,2026-11-25,4,0.00\r\nACTIVITY,7,2026-11-25,3,12.50\r\n",
            ""));
    }

    [Fact]
    public async Task Topics_of_several_days_are_added_up_or_a_row_a_day()
    {
        string[] days = ["counters", "top", "--metrics", "visit_cnt", "--from", "2026-11-24", "--to", "2026-11-25", "--csv"];

        (await _node.RunAsync(days)).Output.ShouldBe("topic_type,topic_id,visit_cnt\r\nACTIVITY,7,8\r\nACTIVITY,8,4\r\n");
        (await _node.RunAsync([.. days, "--by-day", "--bom"])).Output.ShouldBe(
            $"{ByteOrderMark}topic_type,topic_id,stat_date,visit_cnt\r\nACTIVITY,7,2026-11-24,5\r\nACTIVITY,7,2026-11-25,3\r\nACTIVITY,8,2026-11-25,4\r\n");
    }

    [Fact]
    public async Task A_topic_is_a_row_a_page_and_day()
    {
        CommandRun run = await _node.RunAsync("topic", "activity:7", "--from", "2026-11-24", "--csv", "--bom");

        run.Code.ShouldBe(ExitCode.Done);
        string[] lines = run.Output.Split("\r\n");
        lines[0].ShouldStartWith($"{ByteOrderMark}topic_type,topic_id,page,stat_date,visit_cnt,visit_user_cnt,share_cnt,share_user_cnt,");
        lines[1].ShouldStartWith("ACTIVITY,7,bear,2026-11-25,9,0,0,0,");
        lines[1].ShouldEndWith(",,,");
        lines[2].ShouldStartWith("ACTIVITY,7,act,2026-11-25,3,0,0,0,");
        lines[2].Split(',')[Array.IndexOf(lines[0].Split(','), "pay_amount")].ShouldBe("12.50");
        lines[3].ShouldStartWith("ACTIVITY,7,act,2026-11-24,5,");
        lines.Length.ShouldBe(5);
        lines[..4].ShouldAllBe(line => line.Split(',').Length == lines[0].Split(',').Length);
    }

    [Fact]
    public async Task A_topic_of_nothing_is_a_header_and_1()
    {
        CommandRun run = await _node.RunAsync("topic", "ACTIVITY:8", "--day", "2026-11-01", "--page", "bear", "--csv");

        run.ShouldBe(new CommandRun(
            ExitCode.Found,
            "topic_type,topic_id,page,stat_date,visit_cnt,visit_user_cnt,share_cnt,share_user_cnt\r\n",
            "dataload: topic ACTIVITY:8 has no row on these days; its first is of 2026-11-25 and its last of 2026-11-25: --day 2026-11-25\n"));
    }

    [Theory]
    [InlineData("breakdown act --topic a:1", "breakdown.csv?page=act&type=a&id=1&bom=true")]
    [InlineData("trace s", "trace.csv?session=s&bom=true")]
    [InlineData("distinct act visit_user_cnt", "distinct.csv?page=act&column=visit_user_cnt&bom=true")]
    [InlineData("retention act visit_user_cnt --returning buy_user_cnt", "retention.csv?page=act&column=visit_user_cnt&returning=buy_user_cnt&bom=true")]
    [InlineData("funnel act a,b", "funnel.csv?page=act&columns=a%2Cb&bom=true")]
    public async Task Every_question_with_CSV_takes_a_byte_order_mark(string line, string path)
    {
        await using StubNode node = await StubNode.StartAsync();
        node.Answers($"GET /api/v1/{path}", $"{ByteOrderMark}a,b\r\n", type: "text/csv; charset=utf-8");

        CommandRun run = await CommandRun.OfAsync([.. line.Split(' '), "--csv", "--bom", "--address", node.Address]);

        run.ShouldBe(new CommandRun(ExitCode.Done, $"{ByteOrderMark}a,b\r\n", ""));
        (await CommandRun.OfAsync([.. line.Split(' '), "--bom", "--address", node.Address])).Error.ShouldContain("--bom is for CSV: say --csv --bom.");
    }

    [Fact]
    public async Task A_row_a_day_is_for_CSV() =>
        (await _node.RunAsync("counters", "top", "--by-day")).Error.ShouldContain("--by-day is for CSV: say --csv --by-day.");
}
