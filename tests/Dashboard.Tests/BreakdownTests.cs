using System.Globalization;
using DataLoad.Dashboard.Tests.Browsing;
using DataLoad.Dashboard.Tests.Stub;
using DataLoad.Engine.Contract;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace DataLoad.Dashboard.Tests;

[Collection(BrowserCollection.Name)]
public sealed class BreakdownTests(Chromium chromium)
{
    private const string OneDay = "/topic?type=ACTIVITY&id=42&from=2026-03-02&to=2026-03-02";
    private const string TenDays = "/topic?type=ACTIVITY&id=42&from=2026-02-21&to=2026-03-02";

    private static readonly Metric Visits = StubBreakdowns.Metric("visit_cnt");

    [Fact]
    public async Task Thousands_of_carrier_pages_that_led_to_a_topic_are_sorted_and_paged_by_the_node()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, OneDay);
        ILocator parents = Parents(visit);
        ILocator rows = parents.Locator("tbody tr");
        await Visit.ShouldSayAsync(rows.First.Locator("th"), "BEAR:1");
        await Visit.ShouldSayAsync(rows.Nth(1).Locator("th"), $"{StubTopics.Markup}:2");
        await Visit.ShouldSayAsync(rows.Nth(2).Locator("th"), "(none)");
        await Visit.ShouldSayAsync(Pager(parents).Locator("span"), "1 to 20 of 3,000");
        (await rows.CountAsync()).ShouldBe(20);

        await Pager(parents).GetByText("Last").ClickAsync();
        await Visit.ShouldSayAsync(rows.Last.Locator("th"), "BEAR:3000");
        ILocator header = parents.Locator("thead th").Filter(new LocatorFilterOptions { HasText = "Visitors" });
        await header.GetByRole(AriaRole.Button).PressAsync("Enter");
        await Assertions.Expect(header).ToHaveAttributeAsync("aria-sort", "descending", new LocatorAssertionsToHaveAttributeOptions { Timeout = Visit.PatienceMs });
        await Visit.ShouldSayAsync(rows.First.Locator("th"), "BEAR:1");
        await header.GetByRole(AriaRole.Button).PressAsync("Enter");
        await Visit.ShouldSayAsync(rows.First.Locator("th"), "BEAR:3000");
        (await visit.Page.Locator("img").CountAsync()).ShouldBe(0);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task Bars_show_the_chosen_metric_of_the_rows_in_sight()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, OneDay);
        ILocator channels = visit.Page.Locator("[data-breakdown=channel]");
        await channels.GetByLabel("Metric").SelectOptionAsync("pay_amount");
        await Visit.ShouldSayAsync(channels.Locator("figcaption"), "Paid, 2026-03-02 to 2026-03-02");
        await Visit.ShouldSayAsync(channels.Locator(".bar .name"), ["h5", "wechat", "(none)"]);
        long[] amounts = [.. Enumerable.Range(1, 3).Select(number => StubBreakdowns.Value(StubBreakdowns.Metric("pay_amount"), number, StubTopics.Today))];
        await Visit.ShouldSayAsync(channels.Locator(".bar .amount"), [.. amounts.Select(Money)]);
        await Visit.ShouldBeSeenAsync(channels.GetByRole(AriaRole.Img, new LocatorGetByRoleOptions { Name = "Paid, 2026-03-02 to 2026-03-02: bars of what the table below lists" }));
        IReadOnlyList<float> widths = await channels.Locator(".bar").EvaluateAllAsync<float[]>(Bars.Widths);
        (widths[2] / widths[0]).ShouldBe((float)amounts[2] / amounts[0], 0.01);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_cell_of_one_day_is_opened_down_to_the_events_of_its_part()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, OneDay);
        string value = Number(StubBreakdowns.Value(Visits, 1, StubTopics.Today));
        ILocator cell = visit.Button($"Show the events of Visits of BEAR:1 on 2026-03-02: {value}");
        await cell.PressAsync("Enter");
        ILocator dialog = visit.Page.GetByRole(AriaRole.Dialog, new PageGetByRoleOptions { Name = "Visits of ACTIVITY 42 on 2026-03-02 · Carrier page: BEAR:1" });
        await Visit.ShouldContainAsync(dialog.GetByRole(AriaRole.Status), "3 events added");
        await visit.Page.Keyboard.PressAsync("Escape");
        await Visit.ShouldHaveFocusAsync(cell);
        lock (node.Requests)
        {
            node.Requests.ShouldContain(request => request.StartsWith("GET /api/v1/explain?", StringComparison.Ordinal)
                && request.Contains("by=parent%3DBEAR%3A1", StringComparison.Ordinal));
        }

        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_part_of_several_days_is_a_sum_with_its_people_united_and_is_opened_day_by_day()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, TenDays);
        ILocator channels = visit.Page.Locator("[data-breakdown=channel]");
        ILocator none = channels.Locator("tbody tr").Nth(2);
        await Visit.ShouldSayAsync(none.Locator("td").First, Number(StubTopics.Days(new DateOnly(2026, 2, 21), StubTopics.Today).Sum(day => StubBreakdowns.Value(Visits, 3, day))));
        ILocator people = channels.Locator("thead th").Filter(new LocatorFilterOptions { HasText = "Visitors" });
        await Visit.ShouldContainAsync(channels.Locator("p.note"), "united, not added up");
        Metric visitors = StubBreakdowns.Metric("visit_user_cnt");
        await Visit.ShouldSayAsync(none.Locator("td").Nth(1), Number(StubTopics.Days(new DateOnly(2026, 2, 21), StubTopics.Today).Sum(day => StubBreakdowns.Value(visitors, 3, day))));
        await people.GetByRole(AriaRole.Button).PressAsync("Enter");
        await Assertions.Expect(people).ToHaveAttributeAsync("aria-sort", "descending", new LocatorAssertionsToHaveAttributeOptions { Timeout = Visit.PatienceMs });
        await channels.GetByLabel("Metric").First.SelectOptionAsync("visit_user_cnt");
        await Visit.ShouldContainAsync(channels.Locator("figcaption"), "Visitors, 2026-02-21 to 2026-03-02");

        await channels.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Day by day: (none), 10 days" }).PressAsync("Enter");
        ILocator days = channels.GetByRole(AriaRole.Region, new LocatorGetByRoleOptions { Name = "Day by day: (none)" });
        await days.GetByLabel("Metric").SelectOptionAsync("visit_user_cnt");
        await days.GetByText("Show as a table").ClickAsync();
        string value = Number(StubBreakdowns.Value(StubBreakdowns.Metric("visit_user_cnt"), 3, new DateOnly(2026, 2, 28)));
        await days.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = $"Show the events of Visitors on 2026-02-28: {value}" }).ClickAsync();
        await Visit.ShouldBeSeenAsync(visit.Page.GetByRole(AriaRole.Dialog, new PageGetByRoleOptions { Name = "Visitors of ACTIVITY 42 on 2026-02-28 · Channel: (none)" }));
        lock (node.Requests)
        {
            node.Requests.ShouldContain(request => request.Contains("/explain?", StringComparison.Ordinal) && request.Contains("by=channel%3D&", StringComparison.Ordinal));
            node.Requests.ShouldContain(request => request.Contains("/breakdown?", StringComparison.Ordinal) && request.Contains("value=&", StringComparison.Ordinal));
        }

        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task Parts_are_shown_to_readers_and_their_events_are_not()
    {
        await using StubNode node = await StubNode.StartAsync(withTokens: true);
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, OneDay);
        await visit.Page.GetByLabel("Token").FillAsync(StubNode.ReaderToken);
        await visit.Button("Log in").ClickAsync();
        await Visit.ShouldBeSeenAsync(Parents(visit).Locator("tbody tr").First);
        (await Parents(visit).Locator("td button").CountAsync()).ShouldBe(0);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task What_has_no_parts_is_said_beside_them()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/topic?type=ACTIVITY&id=7");
        await Visit.ShouldContainAsync(Parents(visit), "has no parts: 5 of visit_cnt on 2026-02-28.");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task People_of_parts_that_cannot_be_united_are_not_added_up_and_it_says_why_beside_them()
    {
        await using StubNode node = await StubNode.StartAsync();
        node.Why = "A Partition did not answer in time.";
        node.RowWhy = "1 Counters are set aside.";
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, TenDays);
        ILocator channels = visit.Page.Locator("[data-breakdown=channel]");
        ILocator first = channels.Locator("tbody tr").First;
        await Visit.ShouldSayAsync(first.Locator("td").Nth(1), "–");
        (await first.Locator("td").First.InnerTextAsync()).ShouldNotBe("–");
        await Visit.ShouldSayAsync(channels.Locator(".why"), node.Why);
        await Visit.ShouldBeSeenAsync(first.GetByRole(AriaRole.Img, new LocatorGetByRoleOptions { Name = node.RowWhy }));
        await Axe.ShouldFindNothingAsync(visit.Page);

        await visit.Page.GotoAsync(new Uri(node.Address, "/led-to?value=BEAR:3&from=2026-02-21&to=2026-03-02").ToString());
        ILocator act = visit.Page.Locator("section[data-page=act]").First;
        await act.GetByLabel("Metric").First.SelectOptionAsync("visit_user_cnt");
        await Visit.ShouldContainAsync(act.Locator("figcaption").First, "Visitors a day, 2026-02-21 to 2026-03-02");
        await Visit.ShouldSayAsync(act.Locator(".why").First, node.Why);
        node.Why = null;
        await visit.Page.ReloadAsync();
        await act.GetByLabel("Metric").First.SelectOptionAsync("visit_user_cnt");
        await act.GetByText("Show as a table").ClickAsync();
        Metric visitors = StubBreakdowns.Metric("visit_user_cnt");
        await Visit.ShouldSayAsync(act.Locator(".chart tbody tr").Last.Locator("td"), Number(Enumerable.Range(1, 60).Sum(number => StubBreakdowns.Value(visitors, number, StubTopics.Today))));
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task Csv_of_a_breakdown_is_of_its_side_and_days()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, TenDays);
        IDownload file = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Page.Locator("[data-breakdown=channel]").GetByText("Download CSV").ClickAsync());
        file.SuggestedFilename.ShouldBe("act-by-channel-2026-02-21-2026-03-02.csv");
        (await File.ReadAllLinesAsync(await file.PathAsync()))[0].ShouldStartWith("topic_type,topic_id,stat_date,channel,visit_cnt");
        lock (node.Requests)
        {
            node.Requests.ShouldContain(request => request.Contains("/breakdown.csv?page=act&by=channel&type=ACTIVITY&id=42&from=2026-02-21&to=2026-03-02", StringComparison.Ordinal));
        }

        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_carrier_page_leads_to_what_it_led_to_and_from_there_to_a_topic()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, TenDays);
        await Parents(visit).GetByRole(AriaRole.Link, new LocatorGetByRoleOptions { Name = "BEAR:1", Exact = true }).ClickAsync();
        await Visit.ShouldSayAsync(visit.Heading, "What BEAR:1 led to");
        ILocator act = visit.Page.Locator("section[data-page=act]").First;
        await Visit.ShouldContainAsync(act.Locator("figcaption").First, "Visits a day, 2026-02-21 to 2026-03-02");
        await act.GetByText("Show as a table").ClickAsync();
        long visits = Enumerable.Range(1, 60).Sum(number => StubBreakdowns.Value(Visits, number, StubTopics.Today));
        await Visit.ShouldSayAsync(act.Locator(".chart tbody tr").Last.Locator("td"), Number(visits));
        await Visit.ShouldSayAsync(Pager(act.Locator("[data-breakdown]")).Locator("span"), "1 to 20 of 60");
        await act.GetByRole(AriaRole.Link, new LocatorGetByRoleOptions { Name = "ACTIVITY:2", Exact = true }).ClickAsync();
        await Visit.ShouldSayAsync(visit.Heading, "Topic ACTIVITY 2");
        await visit.Link("What it led to").ClickAsync();
        await Visit.ShouldSayAsync(visit.Heading, "What ACTIVITY:2 led to");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_channel_is_asked_for_by_keyboard_of_the_pages_that_are_broken_down_by_it_in_both_languages()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/led-to");
        await Visit.ShouldSayAsync(visit.Heading, "What led to what");
        await visit.Page.GetByRole(AriaRole.Combobox, new PageGetByRoleOptions { Name = "By", Exact = true }).SelectOptionAsync("channel");
        await visit.Page.GetByRole(AriaRole.Searchbox).FillAsync(" h5 ");
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.WaitForURLAsync("**/led-to?by=channel&value=h5");
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("section[data-page=act] .bar").First);
        (await visit.Page.Locator("section[data-page=bear]").CountAsync()).ShouldBe(0);
        await visit.Button("中文").ClickAsync();
        await Visit.ShouldSayAsync(visit.Heading, "h5 带来了什么");
        await Visit.ShouldSayAsync(visit.Page.Locator("h2"), "带来：活动");

        await visit.Page.GotoAsync(new Uri(node.Address, "/led-to?value=BEAR:404").ToString());
        await Visit.ShouldContainAsync(visit.Page.Locator("section[data-page=act]").First, "所选日期内没有带来任何数据");
        await visit.Page.GotoAsync(new Uri(node.Address, "/led-to?by=qr-code&value=x").ToString());
        await Visit.ShouldContainAsync(visit.Page.Locator("main"), "没有页面按二维码细分");
        visit.ShouldBeFaultless();
    }

    private static ILocator Parents(Visit visit) => visit.Page.Locator("[data-breakdown=parent]");

    private static ILocator Pager(ILocator list) => list.Locator(".pager");

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Money(long hundredths) => "¥" + (hundredths / 100m).ToString("N2", CultureInfo.InvariantCulture);
}
