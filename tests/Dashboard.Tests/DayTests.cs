using DataLoad.Dashboard.Tests.Browsing;
using DataLoad.Dashboard.Tests.Stub;
using Microsoft.Playwright;
using Xunit;

namespace DataLoad.Dashboard.Tests;

/// <summary>Days and times: those of the business zone, as ISO 8601 writes them, whatever the browser's language and zone.</summary>
[Collection(BrowserCollection.Name)]
public sealed class DayTests(Chromium chromium)
{
    [Fact]
    public async Task A_topic_opened_from_a_list_shows_the_days_of_the_list_and_the_way_back_keeps_them()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/topics?from=2026-02-20&to=2026-02-26");
        await visit.Page.Locator("table.topics tbody a").First.ClickAsync();
        await Visit.ShouldContainAsync(visit.Heading, "Topic ");
        await Visit.ShouldSayAsync(visit.Page.Locator("figcaption").First, "Visits a day, 2026-02-20 to 2026-02-26");
        await visit.Link("All topics").ClickAsync();
        await Visit.ShouldBeSeenAsync(visit.Page.GetByRole(AriaRole.Region, new PageGetByRoleOptions { Name = "Topics of Activities, 2026-02-20 to 2026-02-26" }));
        visit.ShouldBeFaultless();
    }

    [Theory]
    [InlineData("en-US", "From", "Times in Asia/Shanghai")]
    [InlineData("zh-CN", "从", "时区 Asia/Shanghai")]
    public async Task Days_and_times_are_written_alike_in_every_language_and_in_the_zone_that_the_node_names(string language, string from, string clock)
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/dead-letters?stream=act.buy&reason=row-missing", language);
        await Visit.ShouldSayAsync(visit.Page.Locator("tr[data-dead-letter] th").First, "2026-03-02 16:00:00+08:00");
        await Visit.ShouldSayAsync(visit.Page.Locator(".clock"), clock);
        await visit.Page.GotoAsync(new Uri(node.Address, "/topics").ToString());
        await Assertions.Expect(visit.Page.GetByLabel(from, new PageGetByLabelOptions { Exact = true })).ToHaveValueAsync("2026-03-02");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_day_is_typed_and_one_that_is_none_or_lies_behind_the_last_one_changes_nothing()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/topics");
        ILocator from = visit.Page.GetByLabel("From", new PageGetByLabelOptions { Exact = true });
        foreach (string wrong in new[] { "2026-02-30", "2026-03-03", "yesterday" })
        {
            await from.FillAsync(wrong);
            await Assertions.Expect(from).ToHaveAttributeAsync("aria-invalid", "true");
        }

        await from.BlurAsync();
        await Assertions.Expect(from).ToHaveValueAsync("2026-03-02");
        await from.FillAsync("2026-02-28");
        await visit.Page.WaitForURLAsync("**from=2026-02-28*");
        await Axe.ShouldFindNothingAsync(visit.Page);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_day_ahead_is_marked()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/topic?type=ACTIVITY&id=42&from=2026-03-01&to=2026-03-03");
        await Visit.ShouldContainAsync(visit.Page.Locator("thead").First, "Latest day (2026-03-03 (ahead))");
        await visit.Page.GetByText("Show as a table").First.ClickAsync();
        await Visit.ShouldSayAsync(visit.Page.Locator("figure").First.Locator("tbody th"), ["2026-03-01", "2026-03-02", "2026-03-03 (ahead)"]);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task What_the_people_of_one_topic_or_of_today_lack_is_told_beside_them()
    {
        await using StubNode node = await StubNode.StartAsync();
        node.RowWhy = "The people of 2026-02-20 are not kept any more.";
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/topics?from=2026-02-20&to=2026-02-26");
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("table.topics tbody").GetByRole(AriaRole.Img, new LocatorGetByRoleOptions { Name = node.RowWhy }).First);
        await Axe.ShouldFindNothingAsync(visit.Page);
        await visit.Link("Overview").ClickAsync();
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("[data-page=act] [data-metric=visit_cnt]"));
        node.Live.Tell(new { now = StubApi.Now + 1000, todayWhy = new Dictionary<string, string>(StringComparer.Ordinal) { ["act"] = "Partition 3 does not serve." } });
        await Visit.ShouldSayAsync(visit.Page.Locator("[data-page=act] .why"), "Partition 3 does not serve.");
        visit.ShouldBeFaultless();
    }
}
