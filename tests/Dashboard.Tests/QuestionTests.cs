using DataLoad.Dashboard.Tests.Browsing;
using DataLoad.Dashboard.Tests.Stub;
using DataLoad.Integration.Tests.EndToEnd;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace DataLoad.Dashboard.Tests;

/// <summary>Retention and funnels.</summary>
[Collection(BrowserCollection.Name)]
public sealed class QuestionTests(Chromium chromium)
{
    [Fact]
    public async Task Retention_is_a_triangle_of_days_and_days_after_whose_shade_is_the_share()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/retention?from=2026-02-21&to=2026-03-02");
        await visit.Page.GetByLabel("People of a day").SelectOptionAsync("visit_user_cnt");
        await visit.Page.GetByLabel("Come back in").SelectOptionAsync("buy_user_cnt");
        await visit.Page.GetByLabel("Topics (").FillAsync("ACTIVITY:7\nACTIVITY:8\n");
        await visit.Page.GetByLabel("After days").FillAsync("1, 7");
        await visit.Page.Keyboard.PressAsync("Enter");

        await Visit.ShouldSayAsync(visit.Page.Locator("h2"), "Activities: Visitors that come back in Buyers, 2026-02-21 to 2026-03-02");
        ILocator rows = visit.Page.Locator(".triangle tbody tr");
        await Visit.ShouldSayAsync(rows.First.Locator("th, td"), ["2026-02-21", "1,200", "600 50%", "150 12.5%"]);
        await Visit.ShouldSayAsync(rows.Nth(4).Locator("td"), ["1,172", "586 50%", "to come"]);
        await Visit.ShouldSayAsync(rows.Last.Locator("td"), ["1,137", "to come", "to come"]);
        string[] shades = await rows.First.Locator(".share").EvaluateAllAsync<string[]>("cells => cells.map(cell => getComputedStyle(cell).backgroundColor)");
        shades[0].ShouldNotBe(shades[1]);
        (await visit.Page.Locator("[data-complete]").GetAttributeAsync("data-complete")).ShouldBe("true");
        lock (node.Requests)
        {
            node.Requests.ShouldContain(request => request.EndsWith(
                "/retention?page=act&from=2026-02-21&to=2026-03-02&topic=ACTIVITY%3A7&topic=ACTIVITY%3A8&column=visit_user_cnt&returning=buy_user_cnt&days=1%2C7",
                StringComparison.Ordinal));
        }

        IDownload file = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Button("Download CSV").ClickAsync());
        (await File.ReadAllLinesAsync(await file.PathAsync()))[0].ShouldBe("day,visit_user_cnt,1,7");

        // A sent link shows the same.
        await visit.Page.ReloadAsync();
        await Visit.ShouldSayAsync(rows.First.Locator("th, td"), ["2026-02-21", "1,200", "600 50%", "150 12.5%"]);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_year_of_days_is_shown_a_page_at_a_time()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/retention?from=2025-03-03&to=2026-03-02&asked=1");
        ILocator rows = visit.Page.Locator(".triangle tbody tr");
        await Visit.ShouldSayAsync(visit.Page.Locator(".pager span"), "1 to 31 of 365");
        (await rows.CountAsync()).ShouldBe(31);
        await visit.Button("Last").ClickAsync();
        await Visit.ShouldSayAsync(rows.Last.Locator("th"), "2026-03-02");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_funnel_has_two_to_ten_steps_as_bars_and_as_a_table()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/funnel?columns=visit_user_cnt,share_user_cnt&from=2026-02-21&to=2026-03-02");
        (await visit.Button("Remove step 1").IsDisabledAsync()).ShouldBeTrue();
        await visit.Button("Add a step").PressAsync("Enter");
        await Step(visit, 3).SelectOptionAsync("buy_user_cnt");
        await visit.Button("Ask").PressAsync("Enter");
        ILocator bars = visit.Page.Locator(".bar");
        await Visit.ShouldSayAsync(bars.Locator(".name"), ["1. Visitors", "2. Sharers", "3. Buyers"]);
        await Visit.ShouldSayAsync(bars.Locator(".amount"), ["12,000 · 100%", "6,000 · 50%", "3,000 · 25%"]);
        float[] widths = await bars.EvaluateAllAsync<float[]>(Bars.Widths);
        (widths[2] / widths[0]).ShouldBe(0.25f, 0.01);
        await Visit.ShouldSayAsync(visit.Page.Locator("tbody tr").Last.Locator("th, td"), ["3. Buyers", "3,000", "25%", "50%"]);
        IDownload file = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Button("Download CSV").ClickAsync());
        (await File.ReadAllLinesAsync(await file.PathAsync()))[1].ShouldBe("visit_user_cnt,share_user_cnt,buy_user_cnt");

        await visit.Button("Remove step 2").ClickAsync();
        for (int step = 3; step <= 10; step++)
        {
            await visit.Button("Add a step").ClickAsync();
            await Visit.ShouldBeSeenAsync(Step(visit, step));
        }

        (await visit.Button("Add a step").IsDisabledAsync()).ShouldBeTrue();
        await visit.Button("Ask").ClickAsync();
        await Visit.ShouldSayAsync(bars.First.Locator(".name"), "1. Visitors");
        await Visit.ShouldBeSeenAsync(bars.Nth(9));
        visit.ShouldBeFaultless();
    }

    [Theory]
    [InlineData("/retention")]
    [InlineData("/funnel")]
    public async Task A_long_question_says_that_it_runs_and_is_ended_with_its_request_when_it_is_cancelled(string path)
    {
        await using StubNode node = await StubNode.StartAsync();
        node.Questions.Hold = true;
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, path);
        await visit.Button("Ask").ClickAsync();
        ILocator progress = visit.Page.Locator(".progress");
        await Visit.ShouldContainAsync(progress, "The answer is being found.");
        await Visit.ShouldContainAsync(progress, "1 s");
        await Visit.ShouldContainAsync(progress, "3 of 31 days");
        ILocator bar = visit.Page.GetByRole(AriaRole.Progressbar, new PageGetByRoleOptions { Name = "Days read" });
        (await bar.EvaluateAsync<int[]>("bar => [bar.value, bar.max]")).ShouldBe([3, 31]);
        await Axe.ShouldFindNothingAsync(visit.Page);
        await Deadline.UntilAsync("the question to be asked", () => node.Questions.Held == 1);
        await visit.Button("Cancel").ClickAsync();
        await Visit.ShouldSayAsync(progress, "The question was cancelled.");
        await Deadline.UntilAsync("the node to hear of it", () => node.Questions.Held == 0);

        // One whose view is left is ended as well.
        await visit.Button("Ask").ClickAsync();
        await Deadline.UntilAsync("the question to be asked again", () => node.Questions.Held == 1);
        await visit.Link("Streams").ClickAsync();
        await Deadline.UntilAsync("the node to hear of that", () => node.Questions.Held == 0);
        visit.ShouldBeFaultless();
    }

    [Theory]
    [InlineData("/retention", 429, "2 questions are being answered already (dataload.questions.max-running): try again in a moment.")]
    [InlineData("/retention", 400, "days = 0: expected at most 20 different numbers from 1 to 366, separated by commas, as 1,7,30.")]
    [InlineData("/funnel", 400, "People and brands cannot be compared: visit_user_cnt holds people, off_brand_cnt holds brands.")]
    public async Task A_refused_question_is_told_in_the_nodes_own_words_and_can_be_asked_again(string path, int status, string detail)
    {
        await using StubNode node = await StubNode.StartAsync();
        node.Questions.Problem = (status, detail);
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, path);
        await visit.Button("Ask").ClickAsync();
        await Visit.ShouldSayAsync(visit.Page.Locator(".progress"), detail);
        await Axe.ShouldFindNothingAsync(visit.Page);

        node.Questions.Problem = null;
        node.Questions.LateProblem = "The people of this question take more than 5 bytes.";
        await visit.Button("Ask").ClickAsync();
        await Visit.ShouldSayAsync(visit.Page.Locator(".progress"), node.Questions.LateProblem);

        node.Questions.LateProblem = null;
        await visit.Button("Ask").ClickAsync();
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("[data-complete=true] tbody tr").First);
        visit.ShouldBeFaultless();
    }

    [Theory]
    [InlineData("/retention?asked=1")]
    [InlineData("/funnel?asked=1")]
    public async Task An_answer_that_is_not_all_of_it_says_why(string path)
    {
        await using StubNode node = await StubNode.StartAsync();
        node.Questions.Why = "3 rows were adopted, and who was counted in them before is not known: 12 are not in the answer.";
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, path);
        await Visit.ShouldContainAsync(visit.Page.Locator("[data-complete=false]"), node.Questions.Why);
        visit.ShouldBeFaultless();
    }

    [Theory]
    [InlineData("/topic?type=ACTIVITY&id=42&from=2026-03-02&to=2026-03-02", "[data-breakdown=channel] .bar")]
    [InlineData("/led-to?value=BEAR:3", "section[data-page=act] .bar")]
    [InlineData("/retention?asked=1", ".triangle")]
    [InlineData("/funnel?asked=1", ".bar")]
    public async Task A_view_fits_a_telephone_and_only_its_tables_scroll_sideways(string path, string data)
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, path, "zh-CN", ColorScheme.Dark);
        await visit.Page.SetViewportSizeAsync(390, 844);
        await Visit.ShouldBeSeenAsync(visit.Page.Locator(data).First);
        await Deadline.UntilAsync("nothing to reach beyond the screen", () => visit.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
        await Axe.ShouldFindNothingAsync(visit.Page);
        visit.ShouldBeFaultless();
    }

    private static ILocator Step(Visit visit, int number) =>
        visit.Page.GetByRole(AriaRole.Combobox, new PageGetByRoleOptions { Name = FormattableString.Invariant($"Step {number}"), Exact = true });
}
