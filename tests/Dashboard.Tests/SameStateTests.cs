using System.Text.Json;
using DataLoad.Dashboard.Tests.Browsing;
using DataLoad.Dashboard.Tests.Stub;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Intake;
using DataLoad.Host.Api;
using DataLoad.Host.Commands;
using DataLoad.Host.Commands.Operating;
using DataLoad.Host.Tests.Access;
using DataLoad.Host.Tests.Commands;
using DataLoad.Host.Tests.Operating;
using DataLoad.Host.Watching;
using DataLoad.Integration.Tests.EndToEnd;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace DataLoad.Dashboard.Tests;

/// <summary>The console and the dashboard, opened over one state: what an operator meets in one is what the other shows.</summary>
[Collection(BrowserCollection.Name)]
public sealed class SameStateTests(Chromium chromium)
{
    private const string Away = "not connected to the broker at mq:5672/";

    private static readonly DateTimeOffset LastLook = DateTimeOffset.UtcNow - TimeSpan.FromMinutes(4);

    private static readonly NodeFacts Well = new()
    {
        IsServing = true,
        Streams = Catalog.Default.Streams.ToDictionary(stream => stream.Name, stream => new StreamStatus(stream.Name, IsPaused: false, Failing: null, 100, 0), StringComparer.Ordinal),
        Lag = Lengths(isKnown: true),
        DeadLetters = new QueueLength(2, LastLook, IsKnown: true),
        Parked = 0,
    };

    public static TheoryData<string, string, string> Troubles => new()
    {
        { "paused", "Degraded", "Paused by request: act.buy." },
        { "broker", "Not ready", $"The broker at mq:5672 cannot be reached: refused.|17 streams: {Away}." },
        { "letters", "Not ready", "dead letters: 2 dead letters wait to be published." },
        { "blocked", "Not ready", "dead letters: the broker blocks publishing: low on memory." },
        { "store", "Not ready", "The store fails: the disk is full." },
    };

    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task The_state_and_its_reasons_are_the_same_and_what_is_unknown_has_its_age(string trouble, string state, string sentences)
    {
        string[] reasons = sentences.Split('|');
        await using TestNode node = await TestNode.StartAsync(replace: services => services.RemoveAll<INodeFacts>().AddSingleton<INodeFacts>(new Said(FactsOf(trouble))));
        if (trouble is "store")
        {
            node.Store.Before = call => call is "Store.Ping" ? throw new TimeoutException("the disk is full") : ValueTask.CompletedTask;
        }

        string[] status = Lines(await RunAsync(node, "status"));
        status.ShouldContain($"state\t{state.ToLowerInvariant()}");
        status[^reasons.Length..].ShouldBe(reasons);

        await using Visit visit = await Visit.OpenAsync(chromium, node.Http.BaseAddress!, "/");
        ILocator tiles = visit.Page.GetByRole(AriaRole.Region, new PageGetByRoleOptions { Name = "Node" }).Locator("dd");
        await Visit.ShouldContainAsync(tiles.First, state);
        foreach (string reason in reasons)
        {
            await Visit.ShouldContainAsync(visit.Page.GetByRole(AriaRole.Alert), reason);
        }

        if (trouble is "broker")
        {
            status.Single(line => line.StartsWith("lag\t", StringComparison.Ordinal)).ShouldMatch("^lag\tunknown since 20.*, 4 min ago; it was 3,827 then$");
            await Visit.ShouldContainAsync(tiles.Nth(2), "– 3,827 at ");
        }

        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_topics_metrics_and_whole_numbers_are_there_on_a_narrow_terminal_and_on_a_telephone()
    {
        await using NodeWithRows node = await NodeWithRows.StartAsync();
        await node.PutAsync("act", "ACTIVITY", 1000, NodeWithRows.Today, ("visit_cnt", 1_234_567), ("pay_amount", 99_999_999_99));

        TopicDetails topic = JsonSerializer.Deserialize<TopicDetails>(
            await node.Node.Http.GetStringAsync(new Uri("/api/v1/topic?type=ACTIVITY&id=1000", UriKind.Relative)), JsonSerializerOptions.Web)!;
        string[] lines = Terminal.Lines(display => TopicCommand.Render(display, topic), width: 60);
        lines.ShouldContain(line => line.StartsWith("act   visit_cnt ", StringComparison.Ordinal) && line.EndsWith(" 1,234,567", StringComparison.Ordinal));
        lines.ShouldContain(line => line.StartsWith("act   pay_amount ", StringComparison.Ordinal) && line.EndsWith(" 99,999,999.99", StringComparison.Ordinal));

        await using Visit visit = await Visit.OpenAsync(chromium, node.Node.Http.BaseAddress!, "/topic?type=ACTIVITY&id=1000");
        await visit.Page.SetViewportSizeAsync(390, 844);
        await ShouldBeInSightAsync(visit.Page.Locator("tr[data-metric=visit_cnt] td").First, "1,234,567");
        await ShouldBeInSightAsync(visit.Page.Locator("tr[data-metric=pay_amount] td").First, "¥99,999,999.99");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task Days_are_those_of_the_business_zone_today_unless_more_are_asked_for_and_one_ahead_is_marked()
    {
        await using NodeWithRows node = await NodeWithRows.StartAsync();
        foreach (int ahead in (int[])[-1, 0, 1])
        {
            await node.PutAsync("act", "ACTIVITY", 1000, NodeWithRows.Today.AddDays(ahead), ("visit_cnt", 10 + ahead));
        }

        Lines(await node.RunAsync("topic", "ACTIVITY:1000")).ShouldContain("page\tmetric\t2026-11-25");
        Lines(await node.RunAsync("topic", "ACTIVITY:1000", "--from", "2026-11-24")).ShouldContain("page\tmetric\t2026-11-26 (ahead)\t2026-11-25\t2026-11-24");

        await using Visit visit = await Visit.OpenAsync(chromium, node.Node.Http.BaseAddress!, "/topics?from=2026-11-24&to=2026-11-26", "zh-CN");
        await Visit.ShouldSayAsync(visit.Page.Locator(".clock"), "时区 Asia/Shanghai");
        await visit.Page.Locator("table.topics tbody a").First.ClickAsync();
        await Visit.ShouldContainAsync(visit.Page.Locator("figcaption").First, "2026-11-24");
        await visit.Page.Locator("figure summary").First.ClickAsync();
        await Visit.ShouldSayAsync(visit.Page.Locator("figure").First.Locator("tbody th"), ["2026-11-24", "2026-11-25", "2026-11-26（未到）"]);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_topic_is_found_in_other_letters_and_what_is_not_there_is_said()
    {
        await using NodeWithRows node = await NodeWithRows.StartAsync();
        await node.PutAsync("act", "ACTIVITY", 1000, NodeWithRows.Today, ("visit_cnt", 12), ("visit_user_cnt", 5));

        CommandRun found = await node.RunAsync("counters", "top", "--search", "activity:1000", "--by", "visitors", "--metrics", "访问人数,Visits");
        found.ShouldBe(new CommandRun(ExitCode.Done, "topic\tdays\tvisit_user_cnt\tvisit_cnt\nACTIVITY:1000\t1\t5\t12\n", ""));
        (await node.RunAsync("topic", "activity:1001")).ShouldBe(new CommandRun(
            ExitCode.Found, "", "dataload: there is no topic activity:1001. Did you mean ACTIVITY:1000? The types are ACTIVITY.\n"));
        CommandRun stream = await node.RunAsync("streams", "act.sale");
        stream.Code.ShouldBe(ExitCode.Found);
        stream.Error.ShouldEndWith("act.group. Did you mean act.share?\n");

        await using Visit visit = await Visit.OpenAsync(chromium, node.Node.Http.BaseAddress!, "/topics?search=activity:1000&columns=visit_cnt,visit_user_cnt");
        await Visit.ShouldSayAsync(visit.Page.Locator("table.topics tbody a"), "ACTIVITY/1000");
        await visit.Page.GotoAsync("/topics?search=activity:1001");
        await Visit.ShouldSayAsync(visit.Page.Locator("p[role=status]"), "0 topics");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_dead_letter_that_is_no_JSON_is_asked_about_and_a_corrected_one_is_gone_from_both()
    {
        await using StubNode node = await StubNode.StartAsync();
        string id = $"{0:x32}";
        const string broken = """{"orderId":}""";

        CommandRun asked = await RunAsync(node.Address, "dead", "edit", id, "--body", broken);
        asked.Code.ShouldBe(ExitCode.Failed);
        asked.Error.ShouldStartWith("dataload: The body is no JSON (line 1, byte 12).");
        node.Posts.ShouldBeEmpty();

        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/dead-letters?stream=act.buy&reason=row-missing");
        await visit.Button($"Edit {id}").ClickAsync();
        ILocator dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Body", new LocatorGetByLabelOptions { Exact = true }).FillAsync(broken);
        await Visit.ShouldSayAsync(dialog.GetByRole(AriaRole.Status), "The body is no JSON: line 1, column 12: a value has to stand here.");
        await visit.Page.Keyboard.PressAsync("Escape");
        await Visit.ShouldContainAsync(visit.Page.Locator(".pager"), "of 120");

        (await RunAsync(node.Address, "dead", "edit", id, "--body", """{"orderId":7}""")).ShouldBe(new CommandRun(ExitCode.Done, "1 requeued, 122 left.\n", ""));
        await visit.Page.ReloadAsync();
        await Visit.ShouldContainAsync(visit.Page.Locator(".pager"), "of 119");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task The_tail_the_settings_and_the_audit_log_are_in_both()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/tail");
        Task<CommandRun> tail = RunAsync(node.Address, "tail", "--count", "1");
        await Deadline.UntilAsync("both to listen", () => node.Tail.Listeners == 2);
        node.Tail.Tell(StubApi.Counted(7));
        (await tail).Output.ShouldContain("ACTIVITY:7");
        await Visit.ShouldContainAsync(visit.Page.Locator("tr[data-event]").First, "ACTIVITY:7");

        Lines(await RunAsync(node.Address, "settings")).ShouldContain("dataload.http.operator-token\t(none)\treference.conf:12");
        await visit.Page.GotoAsync("/settings");
        await Visit.ShouldSayAsync(visit.Page.Locator("tr[data-setting='dataload.http.operator-token'] td"), ["(none)", "reference.conf:12"]);

        (await RunAsync(node.Address, "audit")).Output.ShouldContain("2026-03-02T16:00:00");
        await visit.Page.GotoAsync("/audit");
        await Visit.ShouldContainAsync(visit.Page.Locator("tr[data-entry='120']"), "2026-03-02 16:00:00");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task The_CSV_is_the_same_and_has_a_column_for_the_day_and_a_mark_on_request()
    {
        await using NodeWithRows node = await NodeWithRows.StartAsync();
        await node.PutAsync("act", "ACTIVITY", 1000, NodeWithRows.Today, ("visit_cnt", 12), ("visit_user_cnt", 5));

        CommandRun run = await node.RunAsync("counters", "top", "--metrics", "visit_cnt,visit_user_cnt", "--csv");
        run.Output.ReplaceLineEndings("\n").ShouldBe("topic_type,topic_id,stat_date,visit_cnt,visit_user_cnt\nACTIVITY,1000,2026-11-25,12,5\n");
        CommandRun marked = await node.RunAsync("counters", "top", "--metrics", "visit_cnt,visit_user_cnt", "--csv", "--bom");
        marked.Output.ShouldBe($"\uFEFF{run.Output}");

        await using Visit visit = await Visit.OpenAsync(chromium, node.Node.Http.BaseAddress!, "/topics?columns=visit_cnt,visit_user_cnt");
        await Visit.ShouldSayAsync(visit.Page.Locator("p[role=status]"), "1 topics");
        IDownload file = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Button("Download CSV").ClickAsync());
        (await File.ReadAllTextAsync(await file.PathAsync())).ShouldBe(run.Output);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task The_rates_that_the_node_has_kept_end_with_what_it_counts_now()
    {
        await using StubNode node = await StubNode.StartAsync();
        node.PastRates = [.. Enumerable.Range(1, 600).Select(second => new RatePoint(StubApi.Now - ((600 - second) * 1000L), 1000, 1200, 0))];

        Lines(await RunAsync(node.Address, "status")).ShouldContain("events/s\t1000.0");

        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/");
        ILocator chart = visit.Page.Locator("figure").First;
        await chart.Locator("summary").ClickAsync();
        await Visit.ShouldSayAsync(chart.Locator("tbody tr").First.Locator("td").First, "1,000");
        IReadOnlyList<string> times = await chart.Locator("tbody th").AllTextContentsAsync();
        times.Count.ShouldBe(600);
        times.ShouldBeUnique();
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task The_node_that_the_commands_find_by_themselves_is_the_one_whose_dashboard_stands_at_the_address_they_say()
    {
        await using StubNode node = await StubNode.StartAsync();
        string address = node.Address.GetLeftPart(UriPartial.Authority);
        string folder = Directory.CreateTempSubdirectory("same-state-").FullName;
        try
        {
            await PutProcessAsync(folder, "self", "", "");
            await PutProcessAsync(folder, "11", "dataload\0serve\0", $"DATALOAD_HTTP={address}\0");
            foreach (string[] words in (string[][])[[], ["status"], ["help"]])
            {
                CommandRun run = await CommandRun.OfAsync(new LocalNodes(folder), words);
                (run.Code, run.Error).ShouldBe((ExitCode.Done, $"dataload: asking the node at {address}, which runs on this machine (process 11)\n"));
                run.Output.ShouldContain("node-a");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        await using Visit visit = await Visit.OpenAsync(chromium, new Uri(address), "/cluster");
        await Visit.ShouldContainAsync(visit.Page.Locator("tr[data-member='node-a']"), "node-a");
        visit.ShouldBeFaultless();
    }

    private static async Task PutProcessAsync(string folder, string id, string command, string environment)
    {
        string process = Directory.CreateDirectory(Path.Combine(folder, id)).FullName;
        await File.WriteAllTextAsync(Path.Combine(process, "cmdline"), command);
        await File.WriteAllTextAsync(Path.Combine(process, "environ"), environment);
        await File.WriteAllTextAsync(Path.Combine(process, "status"), "Name:\tdataload\nUid:\t7\t7\t7\t7\n");
        Directory.CreateSymbolicLink(Path.Combine(process, "cwd"), folder);
    }

    private static async Task ShouldBeInSightAsync(ILocator cell, string text)
    {
        await Visit.ShouldSayAsync(cell, text);
        double[] place = await cell.EvaluateAsync<double[]>("cell => { const box = cell.getBoundingClientRect(); return [box.left, box.right]; }");
        place[0].ShouldBeGreaterThanOrEqualTo(0);
        place[1].ShouldBeLessThanOrEqualTo(390);
    }

    private static NodeFacts FactsOf(string trouble) => trouble switch
    {
        "paused" => Well with
        {
            Streams = Well.Streams.ToDictionary(stream => stream.Key, stream => stream.Value with { IsPaused = stream.Key is "act.buy" }, StringComparer.Ordinal),
        },
        "letters" => Well with { Failing = [new("dead letters", "2 dead letters wait to be published")] },
        "blocked" => Well with { Failing = [new("dead letters", "the broker blocks publishing: low on memory")] },
        "broker" => Well with
        {
            BrokerError = "The broker at mq:5672 cannot be reached: refused",
            Streams = Well.Streams.ToDictionary(stream => stream.Key, stream => stream.Value with { Failing = Away }, StringComparer.Ordinal),
            Failing = [.. Well.Streams.Keys.Select(stream => KeyValuePair.Create(stream, Away))],
            Lag = Lengths(isKnown: false),
            DeadLetters = Well.DeadLetters!.Value with { IsKnown = false },
        },
        _ => Well,
    };

    private static Dictionary<string, QueueLength> Lengths(bool isKnown) => Catalog.Default.Streams.ToDictionary(
        stream => stream.Name, stream => new QueueLength(stream.Name is "act.visit" ? 3827 : 0, LastLook, isKnown), StringComparer.Ordinal);

    private static Task<CommandRun> RunAsync(TestNode node, params string[] words) => RunAsync(node.Http.BaseAddress!, words);

    private static Task<CommandRun> RunAsync(Uri address, params string[] words) => CommandRun.OfAsync([.. words, "--address", address.ToString()]);

    private static string[] Lines(CommandRun run) => run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private sealed class Said(NodeFacts facts) : INodeFacts
    {
        public NodeFacts Take() => facts;
    }
}
