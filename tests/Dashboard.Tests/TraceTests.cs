using DataLoad.Dashboard.Tests.Browsing;
using DataLoad.Dashboard.Tests.Stub;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace DataLoad.Dashboard.Tests;

[Collection(BrowserCollection.Name)]
public sealed class TraceTests(Chromium chromium)
{
    [Fact]
    public async Task The_way_of_a_session_is_asked_for_by_keyboard_drawn_with_its_branches_and_listed()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/trace");
        await visit.Page.GetByLabel("Session", new PageGetByLabelOptions { Exact = true }).FillAsync(" s-1 ");
        await visit.Page.Keyboard.PressAsync("Enter");

        await visit.Page.WaitForURLAsync("**/trace?session=s-1");
        await Visit.ShouldContainAsync(visit.Page.Locator("main [role=status]"), "130 events, 100 of them here.");
        ILocator picture = visit.Page.GetByRole(AriaRole.Img, new PageGetByRoleOptions { Name = "100 events over 7 pages and topics, as the table below lists them" });
        await Visit.ShouldBeSeenAsync(picture);
        (await picture.Locator("circle").CountAsync()).ShouldBe(100);
        (await picture.Locator(".branch").CountAsync()).ShouldBe(25);
        ILocator rows = visit.Page.Locator("main tbody tr");
        await Visit.ShouldContainAsync(rows.First, "BEAR:9");
        await Visit.ShouldContainAsync(rows.First, "Visits 1, Visitors 1");
        await Visit.ShouldContainAsync(rows.Nth(1), "¥1,234.50");
        await Visit.ShouldContainAsync(rows.Nth(1), StubTopics.Markup);

        await visit.Button("Next").ClickAsync();
        await Visit.ShouldContainAsync(rows.Last, "1/141.0");
        (await rows.CountAsync()).ShouldBe(30);
        await visit.Button("Previous").ClickAsync();
        await Visit.ShouldContainAsync(rows.First, "0/12.0");
        (await visit.Page.Locator("img").CountAsync()).ShouldBe(0);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_session_that_nobody_has_is_told_in_both_languages_with_what_may_lack()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/trace?session=nobody");
        ILocator status = visit.Page.Locator("main [role=status]");
        await Visit.ShouldContainAsync(status, "No event of this session is in the journal. The journals of 2 shards were trimmed");
        await Visit.ShouldContainAsync(status, "7 entries of the journal are not indexed by session yet.");
        await Axe.ShouldFindNothingAsync(visit.Page);
        await visit.Button("中文").ClickAsync();
        await Visit.ShouldSayAsync(visit.Heading, "会话");
        await Visit.ShouldContainAsync(status, "日志中没有该会话的事件。");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_session_in_an_explained_number_leads_to_its_way()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/topic?type=ACTIVITY&id=42&from=2026-02-21&to=2026-03-02");
        await visit.Page.Locator("tr[data-metric=visit_cnt] td button").ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Link).First.ClickAsync();
        await Visit.ShouldSayAsync(visit.Heading, "Sessions");
        await Visit.ShouldContainAsync(visit.Page.Locator("main [role=status]"), "130 events");
        visit.ShouldBeFaultless();
    }

    [Theory]
    [InlineData(StubNode.ReaderToken, false)]
    [InlineData(StubNode.AnalystToken, true)]
    public async Task Sessions_are_shown_to_analysts_and_not_to_readers(string token, bool mayTrace)
    {
        await using StubNode node = await StubNode.StartAsync(withTokens: true);
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/trace?session=s-1");
        await visit.Page.GetByLabel("Token").FillAsync(token);
        await visit.Button("Log in").ClickAsync();
        ILocator shown = mayTrace ? visit.Page.Locator("circle").First : visit.Page.GetByText("Sessions are shown to analysts and operators.");
        await Visit.ShouldBeSeenAsync(shown);
        (await visit.Page.GetByRole(AriaRole.Searchbox).CountAsync()).ShouldBe(mayTrace ? 1 : 0);
        visit.ShouldBeFaultless();
    }
}
