using DataLoad.Dashboard.Tests.Browsing;
using DataLoad.Dashboard.Tests.Stub;
using DataLoad.Integration.Tests.EndToEnd;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace DataLoad.Dashboard.Tests;

[Collection(BrowserCollection.Name)]
public sealed class BackfillTests(Chromium chromium)
{
    private const string Topic = "/topic?type=ACTIVITY&id=42&from=2026-03-02&to=2026-03-02";

    [Fact]
    public async Task An_operator_sees_how_the_past_is_coming_on_and_stops_and_resumes_it()
    {
        await using StubNode node = await StubNode.StartAsync();
        node.Backfill.Parents = 3;
        node.Backfill.LacksBefore = StubApi.Now;
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/");
        ILocator note = visit.Page.GetByRole(AriaRole.Region, new PageGetByRoleOptions { Name = "Past of metrics and breakdowns" });
        await Visit.ShouldContainAsync(note, "The past of Activities by: Carrier page is being computed: 3 of 16");
        await note.GetByRole(AriaRole.Link).ClickAsync();

        ILocator past = visit.Page.Locator("[data-backfill]");
        ILocator done = Bar(past, "Partitions that have computed the past of Activities by: Carrier page");
        await Visit.ShouldBeSeenAsync(done);
        (await done.EvaluateAsync<double>("bar => bar.position")).ShouldBe(3 / 16d, 1e-9);
        await Visit.ShouldSayAsync(past.Locator("[data-item='data_load_act_date.visit_cnt'] td"), ["metric", "complete", "2026-03-02 15:00:00+08:00", "2026-03-02 16:00:00+08:00"]);
        (await Bar(past, "Blocks that Partition 7 has read").EvaluateAsync<double>("bar => bar.position")).ShouldBe(700 / 2000d, 1e-9);
        await Visit.ShouldSayAsync(past.Locator("[data-shard='7'] td"), ["node-a", "Computing", "1", "700 of 2,000", "0"]);
        await Visit.ShouldSayAsync(past.Locator("[data-shard='15'] td"), ["node-b", "Failing", "–", "", "–"]);
        await Visit.ShouldSayAsync(past.Locator("p.failed"), "Block 7 of Partition 15 is damaged.");
        await Visit.ShouldSayAsync(past.Locator("p.why"), "Node node-c says nothing of its Partitions: it did not answer within 2 s");
        await Axe.ShouldFindNothingAsync(visit.Page);

        // The button says by its name what it does next, and keeps the focus.
        await visit.Button("Stop computing the past").PressAsync("Enter");
        await Visit.ShouldSayAsync(past.GetByRole(AriaRole.Status), "No past is computed since 2026-03-02 16:00:00+08:00, because an operator stopped it.");
        await Visit.ShouldSayAsync(past.Locator("[data-shard='7'] td").Nth(1), "Stopped");
        await Visit.ShouldHaveFocusAsync(visit.Button("Go on computing the past"));
        await visit.Button("Go on computing the past").PressAsync("Enter");
        await Visit.ShouldContainAsync(past.GetByRole(AriaRole.Status), "The past is being computed");
        node.Posts.Select(post => post.Path).ShouldBe(["/api/v1/backfill/stop", "/api/v1/backfill/resume"]);

        await visit.Button("中文").ClickAsync();
        await Visit.ShouldBeSeenAsync(Bar(past, "已算完“活动按载体页细分”历史数据的分片"));
        await Visit.ShouldBeSeenAsync(visit.Button("停止计算历史数据"));
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_table_and_a_column_that_are_not_complete_are_named_with_how_far_they_are_and_take_their_places_without_a_reload()
    {
        await using StubNode node = await StubNode.StartAsync();
        node.Backfill.Parents = 3;
        node.Backfill.Metric = 4;
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, Topic);
        ILocator open = visit.Page.Locator("[data-incomplete]");
        ILocator parents = visit.Page.Locator("[data-breakdown=parent][data-page=act]");
        ILocator metric = visit.Page.Locator($"[data-page=act] tr[data-metric='{StubTopics.LastOfActivities.Column}']");
        await Visit.ShouldContainAsync(open.Nth(0), "is not complete yet and therefore not shown; its past is being computed: 4 of 16");
        await Visit.ShouldContainAsync(open.Nth(1), "Activities by: Carrier page is not complete yet and therefore not shown; its past is being computed: 3 of 16");
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("[data-breakdown=channel]"));
        (await parents.CountAsync()).ShouldBe(0);
        (await metric.CountAsync()).ShouldBe(0);
        Asked(node, "GET /api/v1/breakdown/totals", "by=parent", "page=act").ShouldBe(0);
        await Axe.ShouldFindNothingAsync(visit.Page);

        node.Backfill.Parents = 15;
        node.Backfill.Metric = 15;
        await LiveUntilAsync(node, "it to move on", async () => (await open.Nth(1).InnerTextAsync()).EndsWith("15 of 16", StringComparison.Ordinal));
        node.Backfill.Parents = null;
        node.Backfill.Metric = null;
        await LiveUntilAsync(node, "the table and the column", async () => await parents.CountAsync() == 1 && await metric.CountAsync() == 1);
        await Assertions.Expect(open).ToHaveCountAsync(0);
        await Visit.ShouldSayAsync(parents.Locator("tbody tr").First.Locator("th"), "BEAR:1");
        Asked(node, "GET /topic?").ShouldBe(1);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task Readers_see_how_far_it_is_and_stop_nothing()
    {
        await using StubNode node = await StubNode.StartAsync(withTokens: true);
        node.Backfill.Parents = 3;
        node.Backfill.StoppedAt = StubApi.Now;
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/cluster");
        await visit.Page.GetByLabel("Token").FillAsync(StubNode.ReaderToken);
        await visit.Page.Keyboard.PressAsync("Enter");
        ILocator past = visit.Page.Locator("[data-backfill]");
        await Visit.ShouldContainAsync(past.GetByRole(AriaRole.Status), "No past is computed since 2026-03-02 16:00:00+08:00");
        await Visit.ShouldBeSeenAsync(Bar(past, "Partitions that have computed the past of Activities by: Carrier page"));
        (await past.GetByRole(AriaRole.Button).CountAsync()).ShouldBe(0);
        visit.ShouldBeFaultless();
    }

    private static ILocator Bar(ILocator within, string name) =>
        within.GetByRole(AriaRole.Progressbar, new LocatorGetByRoleOptions { Name = name, Exact = true });

    /// <summary>What is loaded again and again is so as long as the node is heard.</summary>
    private static async Task LiveUntilAsync(StubNode node, string what, Func<Task<bool>> isSo)
    {
        long now = StubApi.Now;
        await Deadline.UntilAsync(what, async () =>
        {
            node.Live.Tell(StubApi.Live(events: 0, now: now += 1000));
            return await isSo();
        });
    }

    private static int Asked(StubNode node, string start, params string[] parts)
    {
        lock (node.Requests)
        {
            return node.Requests.Count(request =>
                request.StartsWith(start, StringComparison.Ordinal) && parts.All(part => request.Contains(part, StringComparison.Ordinal)));
        }
    }
}
