using System.Globalization;
using DataLoad.Dashboard.Tests.Browsing;
using DataLoad.Dashboard.Tests.Stub;
using DataLoad.Engine.Contract;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace DataLoad.Dashboard.Tests;

[Collection(BrowserCollection.Name)]
public sealed class TopicTests(Chromium chromium)
{
    private const string Rows = "table.topics tbody tr:not(.gap)";

    [Fact]
    public async Task Ten_thousand_topics_are_paged_by_the_node_and_few_rows_exist()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/topics?page=act&sort=visit_cnt&order=asc");
        await Visit.ShouldSayAsync(Row(visit, 1), "COUPON/1");
        await Visit.ShouldSayAsync(visit.Page.Locator("p[role=status]"), "10,000 topics");
        (await visit.Page.GetAttributeAsync("table.topics", "aria-rowcount")).ShouldBe("10001");
        (await visit.Page.Locator(Rows).CountAsync()).ShouldBeLessThan(60);

        await visit.Button("Next").ClickAsync();
        await Visit.ShouldSayAsync(Row(visit, 51), "ACTIVITY/51");
        await visit.Button("Last").ClickAsync();
        await Visit.ShouldSayAsync(Row(visit, 10_000), $"{StubTopics.Markup}/10000");
        await visit.Button("Previous").ClickAsync();
        await Visit.ShouldSayAsync(Row(visit, 9_930), "ACTIVITY/9930");
        (await visit.Page.Locator(Rows).CountAsync()).ShouldBeLessThan(60);

        // What lies between was never asked for.
        lock (node.Requests)
        {
            node.Requests.Where(request => request.StartsWith("GET /api/v1/counters?", StringComparison.Ordinal))
                .ShouldNotContain(request => request.Contains("offset=5000", StringComparison.Ordinal));
        }

        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_search_a_sort_and_days_are_kept_in_the_address()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/topics");
        await Visit.ShouldSayAsync(visit.Page.Locator("p[role=status]"), "10,000 topics");
        await visit.Page.GetByLabel("Search topics").FillAsync("coupon/77");
        await Visit.ShouldSayAsync(visit.Page.Locator("p[role=status]"), "36 topics");

        ILocator header = visit.Page.Locator("thead th").Filter(new LocatorFilterOptions { HasText = "Paid" });
        await header.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(header)
            .ToHaveAttributeAsync("aria-sort", "descending", new LocatorAssertionsToHaveAttributeOptions { Timeout = Visit.PatienceMs });
        await Visit.ShouldSayAsync(Row(visit, 1), "COUPON/7798");
        await header.GetByRole(AriaRole.Button).ClickAsync();
        await Visit.ShouldSayAsync(Row(visit, 1), "COUPON/772");
        await visit.Button("7 days").ClickAsync();
        await Visit.ShouldSayAsync(visit.Page.Locator("tr[aria-rowindex='2'] td").First, "7");

        await visit.Page.ReloadAsync();
        await Visit.ShouldSayAsync(visit.Page.Locator("p[role=status]"), "36 topics");
        await Visit.ShouldSayAsync(Row(visit, 1), "COUPON/772");
        await Visit.ShouldSayAsync(visit.Page.Locator("tr[aria-rowindex='2'] td").First, "7");
        await Row(visit, 1).GetByRole(AriaRole.Link).ClickAsync();
        await Visit.ShouldSayAsync(visit.Heading, "Topic COUPON 772");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task Csv_holds_what_the_list_shows()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/topics?search=GROUP/99&sort=topic&order=asc&columns=visit_cnt");
        await Visit.ShouldSayAsync(visit.Page.Locator("p[role=status]"), "36 topics");
        IDownload file = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Button("Download CSV").ClickAsync());
        file.SuggestedFilename.ShouldBe("act-2026-03-02-2026-03-02.csv");
        string[] lines = await File.ReadAllLinesAsync(await file.PathAsync());
        lines[0].ShouldBe("topic_type,topic_id,visit_cnt");
        lines.Length.ShouldBe(37);
        lines[1].ShouldStartWith("GROUP,992,");
        await Visit.ShouldContainAsync(visit.Page.Locator(".announcement"), "The CSV was downloaded.");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task Text_that_looks_like_markup_stays_text()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/topics?search=onerror");
        await Visit.ShouldSayAsync(Row(visit, 1), $"{StubTopics.Markup}/10000");
        await Row(visit, 1).GetByRole(AriaRole.Link).ClickAsync();
        await Visit.ShouldSayAsync(visit.Heading, $"Topic {StubTopics.Markup} 10000");
        (await visit.Page.Locator("img").CountAsync()).ShouldBe(0);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task Different_people_of_several_rows_are_shown_and_sorted_as_the_node_unites_them()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/topics?columns=visit_cnt,visit_user_cnt&sort=visit_user_cnt");
        await Visit.ShouldSayAsync(visit.Page.Locator("p[role=status]"), "10,000 topics");
        ILocator people = visit.Page.Locator("thead th").Filter(new LocatorFilterOptions { HasText = "Visitors" });
        await Assertions.Expect(people).ToHaveAttributeAsync("aria-sort", "descending", new LocatorAssertionsToHaveAttributeOptions { Timeout = Visit.PatienceMs });

        await visit.Button("7 days").ClickAsync();
        await Visit.ShouldSayAsync(visit.Page.Locator("tr[aria-rowindex='2'] td").First, "7");
        (await visit.Page.Locator("tr[aria-rowindex='2'] td").Last.InnerTextAsync()).ShouldNotBe("–");
        await Visit.ShouldContainAsync(visit.Page.Locator("p.note"), "united, not added up");
        (await visit.Page.Locator(".why").CountAsync()).ShouldBe(0);
        await people.GetByRole(AriaRole.Button).PressAsync("Enter");
        await Assertions.Expect(people).ToHaveAttributeAsync("aria-sort", "ascending", new LocatorAssertionsToHaveAttributeOptions { Timeout = Visit.PatienceMs });
        await visit.Page.WaitForURLAsync("**order=asc**");
        lock (node.Requests)
        {
            node.Requests.ShouldContain(request => request.Contains("from=2026-02-24", StringComparison.Ordinal)
                && request.Contains("sort=visit_user_cnt&order=desc", StringComparison.Ordinal));
        }

        Metric visitors = Catalog.Default.PageNamed("act").Metrics.Single(metric => string.Equals(metric.Column, "visit_user_cnt", StringComparison.Ordinal));
        await visit.Page.GotoAsync(new Uri(node.Address, "/topic?type=ACTIVITY&id=42&from=2026-02-21&to=2026-03-02").ToString());
        await Visit.ShouldSayAsync(visit.Page.Locator("tr[data-metric=visit_user_cnt] td").Nth(1),
            StubTopics.Sum(visitors, 42, new DateOnly(2026, 2, 21), StubTopics.Today).ToString("N0", CultureInfo.InvariantCulture));

        await visit.Page.GotoAsync(node.Address.ToString());
        await Visit.ShouldSayAsync(visit.Page.Locator("[data-page=act] [data-metric=visit_user_cnt] dd"),
            StubTopics.Total(visitors, StubTopics.Today).ToString("N0", CultureInfo.InvariantCulture));
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task People_that_cannot_be_united_are_not_added_up_and_it_says_why_beside_them()
    {
        await using StubNode node = await StubNode.StartAsync();
        node.Why = "3 rows were adopted, and who was counted in them before is not known.";
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/topics?columns=visit_cnt,visit_user_cnt&from=2026-02-24&to=2026-03-02");
        await Visit.ShouldSayAsync(visit.Page.Locator("tr[aria-rowindex='2'] td").Last, "–");
        await Visit.ShouldSayAsync(visit.Page.Locator(".why"), node.Why);
        await Axe.ShouldFindNothingAsync(visit.Page);

        // A day of a topic is one row, of which the people are known.
        await visit.Page.GotoAsync(new Uri(node.Address, "/topic?type=ACTIVITY&id=42&from=2026-02-21&to=2026-03-02").ToString());
        await Visit.ShouldSayAsync(visit.Page.Locator("tr[data-metric=visit_user_cnt] td").Nth(1), "–");
        (await visit.Page.Locator("tr[data-metric=visit_cnt] td").Nth(1).InnerTextAsync()).ShouldNotBe("–");
        (await visit.Page.Locator("tr[data-metric=visit_user_cnt] td").First.InnerTextAsync()).ShouldNotBe("–");
        await Visit.ShouldSayAsync(visit.Page.Locator("[data-page=act]:not([data-breakdown]) > .why"), node.Why);

        await visit.Page.GotoAsync(new Uri(node.Address, "/?metric=visit_user_cnt").ToString());
        await Visit.ShouldSayAsync(visit.Page.Locator("[data-page=act] [data-metric=visit_user_cnt] dd"), "–");
        await Visit.ShouldSayAsync(visit.Page.Locator("[data-page=act] .why"), node.Why);
        ILocator trend = visit.Page.GetByRole(AriaRole.Region, new PageGetByRoleOptions { Name = "Over time" });
        await Visit.ShouldSayAsync(trend.Locator(".why"), node.Why);
        await trend.GetByText("Show as a table").ClickAsync();
        await Visit.ShouldSayAsync(trend.Locator("tbody td").Last, "–");
        visit.ShouldBeFaultless();
    }

    private static ILocator Row(Visit visit, int row) => visit.Page.Locator($"tr[aria-rowindex='{row + 1}'] th");
}
