using System.Globalization;
using DataLoad.Dashboard.Tests.Browsing;
using DataLoad.Dashboard.Tests.Stub;
using DataLoad.Engine.Contract;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace DataLoad.Dashboard.Tests;

[Collection(BrowserCollection.Name)]
public sealed class ExplainTests(Chromium chromium)
{
    private const string Topic = "/topic?type=ACTIVITY&id=42&from=2026-02-21&to=2026-03-02";

    private static readonly Metric Visits =
        Catalog.Default.PageNamed("act").Metrics.Single(metric => string.Equals(metric.Column, "visit_cnt", StringComparison.Ordinal));

    [Fact]
    public async Task A_number_is_opened_down_to_its_events_page_by_page()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, Topic);
        string value = Number(StubTopics.Today);
        ILocator cell = visit.Button($"Show the events of Visits on 2026-03-02: {value}");
        await cell.PressAsync("Enter");

        ILocator dialog = visit.Page.GetByRole(AriaRole.Dialog, new PageGetByRoleOptions { Name = "Visits of ACTIVITY 42 on 2026-03-02" });
        await Visit.ShouldContainAsync(dialog.GetByRole(AriaRole.Status), $"3 events added {value}. The number is {value}, and the table holds {value}.");
        await Visit.ShouldContainAsync(dialog.Locator("tbody tr").First, "BEAR:9");
        await Visit.ShouldContainAsync(dialog.Locator("tbody tr").Nth(1), "3/12.2");
        await Visit.ShouldContainAsync(dialog.Locator("tbody tr").Nth(1), StubTopics.Markup);
        await Axe.ShouldFindNothingAsync(visit.Page);
        await dialog.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Next" }).ClickAsync();
        await Visit.ShouldContainAsync(dialog.Locator("tbody tr").Last, "3/12.3");
        (await dialog.Locator("tbody tr").CountAsync()).ShouldBe(1);
        await dialog.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Previous" }).ClickAsync();
        await Visit.ShouldContainAsync(dialog.Locator("tbody tr").First, "3/12.1");
        await visit.Page.Keyboard.PressAsync("Escape");
        await Visit.ShouldHaveFocusAsync(cell);
        (await visit.Page.Locator("img").CountAsync()).ShouldBe(0);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_day_of_the_chart_is_opened_from_its_table_and_says_why_it_does_not_add_up()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, Topic);
        await visit.Button("Show Visits in the chart").ClickAsync();
        await visit.Page.GetByText("Show as a table").First.ClickAsync();
        await visit.Button($"Show the events of Visits on 2026-02-28: {Number(new DateOnly(2026, 2, 28))}").ClickAsync();

        await Visit.ShouldContainAsync(visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Status), "The journal begins behind SequenceNr 12.");
        visit.ShouldBeFaultless();
    }

    [Theory]
    [InlineData(StubNode.ReaderToken, "Reader", false)]
    [InlineData(StubNode.AnalystToken, "Analyst", true)]
    public async Task People_are_shown_to_analysts_and_not_to_readers(string token, string role, bool mayOpen)
    {
        await using StubNode node = await StubNode.StartAsync(withTokens: true);
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, Topic);
        await visit.Page.GetByLabel("Token").FillAsync(token);
        await visit.Button("Log in").ClickAsync();
        await Visit.ShouldContainAsync(visit.Page.Locator("header"), role);
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("tr[data-metric=visit_cnt]"));

        (await visit.Page.Locator("tr[data-metric=visit_cnt] td button").CountAsync()).ShouldBe(mayOpen ? 1 : 0);
        visit.ShouldBeFaultless();
    }

    private static string Number(DateOnly day) => StubTopics.Value(Visits, 42, day).ToString("N0", CultureInfo.InvariantCulture);
}
