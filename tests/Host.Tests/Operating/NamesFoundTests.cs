using System.Text.RegularExpressions;
using DataLoad.Engine.Contract;
using DataLoad.Host.Api;
using DataLoad.Host.Commands;
using DataLoad.Host.Tests.Commands;
using DataLoad.Integration.Tests.EndToEnd;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Operating;

/// <summary>Topics and metrics are found however people write them, and where there is none of a name it is said what there is.</summary>
public sealed partial class NamesFoundTests : IAsyncLifetime
{
    private NodeWithRows _node = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await NodeWithRows.StartAsync();
        await _node.PutAsync("act", "ACTIVITY", 1000, NodeWithRows.Today, ("visit_cnt", 12), ("visit_user_cnt", 5));
        await _node.PutAsync("act", "ACTIVITY", 1001, NodeWithRows.Today, ("visit_cnt", 7), ("visit_user_cnt", 6));
        await _node.PutAsync("act", "ACTIVITY", 3, NodeWithRows.Today.AddDays(-9), ("visit_cnt", 1));
        await _node.PutAsync("act", "ACTIVITY", 3, NodeWithRows.Today.AddDays(-2), ("visit_cnt", 1));
        await _node.PutAsync("bear", "BEAR", 3, NodeWithRows.Today, ("visit_cnt", 4));
        await _node.PutAsync("act", "Mix", 5, NodeWithRows.Today, ("visit_cnt", 1));
        await _node.PutAsync("act", "MIX", 5, NodeWithRows.Today, ("visit_cnt", 2));
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Theory]
    [InlineData("topic ACTIVITY 1000")]
    [InlineData("topic ACTIVITY:1000")]
    public async Task A_topic_is_named_in_one_word_or_two(string line)
    {
        CommandRun run = await _node.RunAsync(line.Split(' '));

        (run.Code, run.Error).ShouldBe((ExitCode.Done, ""));
        run.Output.ShouldContain("act\tvisit_cnt\t12");
    }

    [Theory]
    [InlineData("topic activity 1000")]
    [InlineData("topic Activity:1000")]
    public async Task A_topic_whose_type_differs_in_case_alone_is_meant_and_that_is_said(string line)
    {
        CommandRun run = await _node.RunAsync(line.Split(' '));

        run.Code.ShouldBe(ExitCode.Done);
        run.Output.ShouldContain("act\tvisit_cnt\t12");
        run.Error.ShouldMatch("^dataload: there is no topic (activity|Activity):1000; this is topic ACTIVITY:1000\n$");
    }

    [Fact]
    public async Task An_exact_topic_comes_before_one_in_other_letters()
    {
        (await _node.RunAsync("topic", "Mix:5")).Output.ShouldContain("act\tvisit_cnt\t1\n");
        (await _node.RunAsync("topic", "MIX:5")).Output.ShouldContain("act\tvisit_cnt\t2\n");
        (await _node.RunAsync("topic", "mix:5")).ShouldBe(new CommandRun(
            ExitCode.Found, "", "dataload: there is no topic mix:5. Did you mean MIX:5, Mix:5? The types are ACTIVITY, BEAR, MIX, Mix.\n"));
    }

    [Theory]
    [InlineData("topic activity:1002", "there is no topic activity:1002. Did you mean ACTIVITY:1000, ACTIVITY:1001, ACTIVITY:3? The types are ACTIVITY, BEAR, MIX, Mix.")]
    [InlineData("topic ACTVITY:1000", "there is no topic ACTVITY:1000. Did you mean ACTIVITY:1000")]
    [InlineData("topic shop:1000", "there is no topic shop:1000. The types are ACTIVITY, BEAR, MIX, Mix.")]
    [InlineData("counters top --type bears", "there is no topic of type bears. Did you mean BEAR? The types are ACTIVITY, BEAR, MIX, Mix.")]
    [InlineData("counters top --type BEAR", "page act has no topic of type BEAR on 2026-11-25")]
    [InlineData("counters top --search nobody", "page act has no topic with 'nobody' in type/id on 2026-11-25")]
    public async Task What_is_not_there_ends_with_1_and_says_what_is(string line, string sentence)
    {
        CommandRun run = await _node.RunAsync(line.Split(' '));

        run.Code.ShouldBe(ExitCode.Found);
        run.Error.ShouldContain(sentence);
    }

    [Fact]
    public async Task Topics_of_a_type_in_other_letters_are_listed()
    {
        CommandRun run = await _node.RunAsync("counters", "top", "--type", "activity", "--metrics", "visit_cnt");

        run.ShouldBe(new CommandRun(
            ExitCode.Done,
            "topic\tdays\tvisit_cnt\nACTIVITY:1000\t1\t12\nACTIVITY:1001\t1\t7\n",
            "dataload: there is no type activity; this is type ACTIVITY\n"));
    }

    [Theory]
    [InlineData("ACTIVITY:1001")]
    [InlineData("activity:1001")]
    [InlineData("activity/1001")]
    public async Task A_search_understands_a_topic_as_people_write_it(string search) =>
        (await _node.RunAsync("counters", "top", "--search", search, "--metrics", "visit_cnt")).Output.ShouldBe("topic\tdays\tvisit_cnt\nACTIVITY:1001\t1\t7\n");

    [Theory]
    [InlineData("visitors")]
    [InlineData("Visitors")]
    [InlineData("VISIT_USER_CNT")]
    [InlineData("访问人数")]
    public async Task A_metric_is_named_by_column_or_by_its_name_in_either_language(string name) =>
        (await _node.RunAsync("counters", "top", "--by", name, "--metrics", $"{name},Visits", "--limit", "1")).Output
            .ShouldBe("topic\tdays\tvisit_user_cnt\tvisit_cnt\nACTIVITY:1001\t1\t6\t7\n");

    [Fact]
    public async Task A_metric_that_is_not_there_is_answered_with_those_that_are()
    {
        CommandRun run = await _node.RunAsync("counters", "top", "--page", "bear", "--by", "visitor");

        run.Code.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("sort = visitor: page bear has no such metric; did you mean visit_user_cnt (Visitors, 访问人数)? It has visit_cnt (Visits, 访问次数), "
            + "visit_user_cnt (Visitors, 访问人数), share_cnt (Shares, 分享次数), share_user_cnt (Sharers, 分享人数).");
    }

    [Fact]
    public void Metrics_have_the_names_that_the_dashboard_shows()
    {
        string dashboard = File.ReadAllText(Path.Combine(OperationsPage.Root(), "src", "Dashboard", "source", "i18n", "metric-names.ts"));

        Dictionary<string, (string, string)?> shown = Entry().Matches(dashboard).ToDictionary(
            match => match.Groups["column"].Value, match => ((string, string)?)(match.Groups["english"].Value, match.Groups["chinese"].Value), StringComparer.Ordinal);
        shown.ShouldNotBeEmpty();
        foreach (string column in Catalog.Default.Pages.SelectMany(page => page.Metrics).Select(metric => metric.Column))
        {
            MetricNames.Of(column).ShouldBe(
                shown.TryGetValue(column, out (string, string)? own) ? own
                : column.StartsWith("vip_", StringComparison.Ordinal) && shown.TryGetValue(column[4..], out (string, string)? plain)
                    ? ($"VIP: {plain!.Value.Item1}", $"会员：{plain.Value.Item2}") : null,
                column);
        }
    }

    [Theory]
    [InlineData("topic ACTIVITY", "'ACTIVITY' is no topic: expected TYPE:ID or TYPE ID, such as ACTIVITY:7 or ACTIVITY 7.")]
    [InlineData("topic ACTIVITY seven", "seven")]
    public async Task What_is_no_topic_is_refused_before_anything_is_asked(string line, string sentence)
    {
        CommandRun run = await _node.RunAsync(line.Split(' '));

        run.Code.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain(sentence);
    }

    [GeneratedRegex("(?<column>\\w+): \\[\"(?<english>[^\"]+)\", \"(?<chinese>[^\"]+)\"\\]", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Entry();
}
