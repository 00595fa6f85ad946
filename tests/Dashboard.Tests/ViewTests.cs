using System.Globalization;
using DataLoad.Dashboard.Tests.Browsing;
using DataLoad.Dashboard.Tests.Stub;
using DataLoad.Engine.Contract;
using DataLoad.Host.Watching;
using DataLoad.Integration.Tests.EndToEnd;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace DataLoad.Dashboard.Tests;

[Collection(BrowserCollection.Name)]
public sealed class ViewTests(Chromium chromium)
{
    private static readonly Page Act = Catalog.Default.PageNamed("act");

    [Theory]
    [InlineData("/", "Overview", ".tile[data-metric=visit_cnt] dd")]
    [InlineData("/topics", "Topics", "table.topics tbody a")]
    [InlineData("/topic?type=ACTIVITY&id=42", "Topic ACTIVITY 42", "tr[data-metric=pay_amount]")]
    [InlineData("/topic?type=ACTIVITY&id=42&from=2026-03-02&to=2026-03-02", "Topic ACTIVITY 42", "[data-breakdown=channel] .bar")]
    [InlineData("/led-to?value=BEAR:3", "What BEAR:3 led to", "[data-page=bear] [data-breakdown] .bar")]
    [InlineData("/retention?asked=1", "Retention", ".triangle .share")]
    [InlineData("/funnel?asked=1", "Funnel", ".bar")]
    [InlineData("/trace?session=s-1", "Sessions", "circle[data-event='2']")]
    [InlineData("/tail", "Live tail", "main select")]
    [InlineData("/settings", "Settings", "tr[data-setting='dataload.amqp.url']")]
    [InlineData("/audit", "Audit log", "tr[data-entry='120']")]
    [InlineData("/streams", "Streams", "tr[data-stream='act.group']")]
    [InlineData("/cluster", "Cluster", "[data-node='node-b'] [data-partition='8']")]
    [InlineData("/nodes", "Shards and nodes", "tbody tr")]
    [InlineData("/dead-letters?stream=act.buy&reason=row-missing", "Dead letters", "tr[data-dead-letter]")]
    public async Task A_view_shows_its_data_accessibly_in_both_themes_and_breaks_no_rule(string path, string heading, string data)
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, path);
        await Visit.ShouldSayAsync(visit.Heading, heading);
        await Visit.ShouldBeSeenAsync(visit.Page.Locator(data).First);
        (await visit.Page.TitleAsync()).ShouldBe($"{heading} · DataLoad");
        await Axe.ShouldFindNothingAsync(visit.Page);
        await visit.Button("Dark theme").ClickAsync();
        await Visit.ShouldBeSeenAsync(visit.Button("Light theme"));
        await Axe.ShouldFindNoFaintTextAsync(visit.Page);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task The_state_of_the_cluster_is_shown_with_its_reasons_and_what_nobody_knows_with_what_it_was()
    {
        const string Wrong = "The broker is not connected: refused.";
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/");
        ILocator tiles = visit.Page.GetByRole(AriaRole.Region, new PageGetByRoleOptions { Name = "Node" }).Locator("dd");
        await Visit.ShouldContainAsync(tiles.First, "Ready");
        await Visit.ShouldSayAsync(tiles.Nth(2), "12");
        (await visit.Page.GetByRole(AriaRole.Alert).CountAsync()).ShouldBe(0);

        node.Live.Tell(StubApi.Live(events: 0, now: StubApi.Now + 1000, wrong: Wrong));

        await Visit.ShouldContainAsync(tiles.First, "Degraded");
        await Visit.ShouldSayAsync(visit.Page.GetByRole(AriaRole.Alert), $"Node node-a: {Wrong}");
        await Visit.ShouldContainAsync(tiles.Nth(2), "– 3,827 at ");
        await Axe.ShouldFindNothingAsync(visit.Page);
        node.Live.Tell(StubApi.Live(events: 0, now: StubApi.Now + 2000));
        await Visit.ShouldSayAsync(tiles.Nth(2), "12");
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task Live_numbers_move_without_a_further_call()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/");
        ILocator rate = visit.Page.Locator("#events-rate");
        ILocator visits = visit.Page.Locator("[data-page=act] [data-metric=visit_cnt] dd");
        await Visit.ShouldSayAsync(rate, "0");
        await Visit.ShouldBeSeenAsync(visits);
        node.Live.Tell(StubApi.Live(events: 1234.5, now: StubApi.Now + 1000, visits: 987_654_321));
        await Visit.ShouldSayAsync(rate, "1,234.5");
        await Visit.ShouldSayAsync(visits, "987,654,321");
        node.Live.Tell(StubApi.Live(events: 2, now: StubApi.Now + 2000));
        await Visit.ShouldSayAsync(rate, "2");
        await Visit.ShouldSayAsync(visits, "987,654,321");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_page_just_opened_draws_the_minutes_that_the_node_has_kept_and_says_each_time_once()
    {
        await using StubNode node = await StubNode.StartAsync();
        node.PastRates = [.. Enumerable.Range(1, 700).Select(second => new RatePoint(StubApi.Now - (second * 1000L), second, 1, 0)).Reverse()];
        node.AwayRates = new Dictionary<string, string>(StringComparer.Ordinal) { ["node-b"] = "it did not answer within 2 s" };
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/");
        ILocator chart = visit.Page.Locator("figure").First;
        await chart.Locator("summary").ClickAsync();
        await Assertions.Expect(chart.Locator("tbody tr")).ToHaveCountAsync(600, new LocatorAssertionsToHaveCountOptions { Timeout = Visit.PatienceMs });
        IReadOnlyList<string> times = await chart.Locator("tbody th").AllTextContentsAsync();
        times.Distinct(StringComparer.Ordinal).Count().ShouldBe(600);
        times[^1].ShouldBe("16:00:00");
        times[0].ShouldBe("15:50:01");
        await Visit.ShouldSayAsync(chart.Locator("tbody tr").First.Locator("td").First, "599");
        await Visit.ShouldSayAsync(visit.Page.Locator("section .why").First, "The rates of node node-b are not in the minutes before this page was opened: it did not answer within 2 s");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_Partition_that_moves_is_shown_where_it_is_and_each_node_with_its_rates()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/cluster");
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("[data-node='node-a'] [data-partition='3']"));
        await Visit.ShouldContainAsync(visit.Page.Locator("tr[data-member='node-b']"), "Unreachable");
        await Visit.ShouldContainAsync(visit.Page.Locator("main"), "Partition 3 fails: no disk");
        await Visit.ShouldContainAsync(visit.Page.Locator("main"), "No member: node-c at akka.tcp://dataload@10.0.0.3:4053");
        await Deadline.UntilAsync("the page to listen", () => node.Cluster.Listeners == 1);

        node.Cluster.Tell(new { at = StubApi.Now, what = "partition", address = (string?)null, id = "node-b", partition = 3, phase = "recovering" });
        await Visit.ShouldContainAsync(visit.Page.Locator("[data-node='node-b'] [data-partition='3'].moved.other"), "recovering");
        node.Cluster.Tell(new { at = StubApi.Now, what = "partition", address = (string?)null, id = "node-b", partition = 3, phase = "serving" });
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("[data-node='node-b'] [data-partition='3'].serving"));
        node.Live.Tell(StubApi.Live(events: 1234.5, now: StubApi.Now + 1000));
        await Visit.ShouldContainAsync(visit.Page.Locator("tr[data-member='node-b']"), "1,234.5");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_lost_connection_is_told_and_taken_up_again()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/streams");
        ILocator connection = visit.Page.Locator(".connection");
        await Visit.ShouldSayAsync(connection, "Live");
        node.Live.Snapshot = () => StubApi.Live(events: 1700);
        node.Live.End();
        await Visit.ShouldSayAsync(connection, "Connection lost, trying again");
        await Visit.ShouldSayAsync(connection, "Live");
        await Visit.ShouldSayAsync(visit.Page.Locator("tr[data-stream='act.buy'] td.number").First, "100");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_topic_shows_every_metric_with_its_sum_and_trend()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/topic?type=ACTIVITY&id=42&from=2026-02-21&to=2026-03-02");
        ILocator row = visit.Page.Locator("tr[data-metric=pay_amount]");
        await Visit.ShouldBeSeenAsync(row);
        Metric metric = Act.Metrics.Single(item => string.Equals(item.Column, "pay_amount", StringComparison.Ordinal));
        decimal sum = StubTopics.Sum(metric, 42, new DateOnly(2026, 2, 21), StubTopics.Today) / 100m;
        await Visit.ShouldSayAsync(row.Locator("td").Nth(1), "¥" + sum.ToString("N2", CultureInfo.InvariantCulture));
        (await row.Locator("polyline").GetAttributeAsync("points"))!.Split(' ').Length.ShouldBe(10);
        (await visit.Page.Locator("tr[data-metric=lottery_cnt]").CountAsync()).ShouldBe(0);
        await visit.Page.GetByLabel("Hide metrics that are 0").UncheckAsync();
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("tr[data-metric=lottery_cnt]"));
        (await visit.Page.Locator("tr[data-metric]").CountAsync()).ShouldBe(Act.Metrics.Length);

        await visit.Button("Show Paid in the chart").PressAsync("Enter");
        await Visit.ShouldSayAsync(visit.Page.Locator("figcaption").First, "Paid a day, 2026-02-21 to 2026-03-02");
        await visit.Page.GetByText("Show as a table").ClickAsync();
        await Visit.ShouldSayAsync(visit.Page.Locator("figure tbody th").Last, "2026-03-02");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task Language_and_theme_follow_the_browser_and_a_choice_lasts()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/", "zh-CN", ColorScheme.Dark);
        await Visit.ShouldSayAsync(visit.Heading, "总览");
        (await visit.Page.GetAttributeAsync("html", "lang")).ShouldBe("zh-CN");
        await Visit.ShouldBeSeenAsync(visit.Button("浅色主题"));
        string dark = await visit.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        await Visit.ShouldContainAsync(visit.Page.Locator("[data-page=act] [data-metric=pay_amount]"), "支付金额");

        await visit.Button("浅色主题").ClickAsync();
        await visit.Button("English").ClickAsync();
        await Visit.ShouldSayAsync(visit.Heading, "Overview");
        await visit.Page.ReloadAsync();
        await Visit.ShouldSayAsync(visit.Heading, "Overview");
        await Visit.ShouldBeSeenAsync(visit.Button("Dark theme"));
        (await visit.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor")).ShouldNotBe(dark);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task The_keyboard_alone_reaches_everything_in_order()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/");
        await Visit.ShouldSayAsync(visit.Heading, "Overview");
        await visit.Page.Keyboard.PressAsync("Tab");
        await Visit.ShouldHaveFocusAsync(visit.Link("Skip to content"));
        await visit.Page.Keyboard.PressAsync("Tab");
        await Visit.ShouldHaveFocusAsync(visit.Link("Overview"));
        await visit.Page.Keyboard.PressAsync("Tab");
        await Visit.ShouldHaveFocusAsync(visit.Link("Topics"));
        await visit.Page.Keyboard.PressAsync("Enter");

        await Visit.ShouldSayAsync(visit.Heading, "Topics");
        await Visit.ShouldHaveFocusAsync(visit.Heading);
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("table.topics tbody a").First);
        ILocator rows = visit.Page.GetByRole(AriaRole.Region, new PageGetByRoleOptions { Name = "Topics of Activities, 2026-03-02 to 2026-03-02" });
        await rows.FocusAsync();
        ILocator last = visit.Page.Locator("tr[aria-rowindex='10001'] a");
        await Deadline.UntilAsync("End leads to the last topic", async () =>
        {
            // A key that comes before the browser has drawn the list scrolls nothing.
            await visit.Page.Keyboard.PressAsync("End");
            return await last.CountAsync() == 1;
        });

        // The address follows once the scrolling rests.
        await visit.Page.WaitForURLAsync("**at=99*");
        await visit.Page.GoBackAsync();
        await Visit.ShouldSayAsync(visit.Heading, "Overview");
        visit.ShouldBeFaultless();
    }
}
