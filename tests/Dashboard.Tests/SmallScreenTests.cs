using DataLoad.Dashboard.Tests.Browsing;
using DataLoad.Dashboard.Tests.Stub;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace DataLoad.Dashboard.Tests;

/// <summary>The dashboard on a telephone.</summary>
[Collection(BrowserCollection.Name)]
public sealed class SmallScreenTests(Chromium chromium)
{
    private const int Width = 390;

    private const int Height = 844;

    /// <summary>Numbers of which a part cannot be seen, or that stand in several lines.</summary>
    private const string Broken = """
        () => [...document.querySelectorAll('td.number, .tile[data-metric] dd')].filter(cell => {
            const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
            let lines = 0;
            while (texts.nextNode()) {
                const text = document.createRange();
                text.selectNodeContents(texts.currentNode);
                lines = Math.max(lines, text.getClientRects().length);
            }

            return cell.scrollWidth > cell.clientWidth + 1 || lines > 1;
        }).map(cell => cell.textContent)
        """;

    /// <summary>Scrolls a table to its end, and tells where its first column was and is.</summary>
    private const string FirstColumn = """
        box => {
            const first = box.querySelector('tbody th[scope=row]');
            const before = first.getBoundingClientRect().left;
            box.scrollLeft = box.scrollWidth;
            return [before, first.getBoundingClientRect().left, box.scrollLeft];
        }
        """;

    /// <summary>How many values of a table's first row are whole in sight, beside its first column.</summary>
    private const string Values = """
        box => {
            const row = [...box.querySelectorAll('tbody tr')].find(row => row.querySelector('th[scope=row]'));
            const from = row.querySelector('th').getBoundingClientRect().right - 1;
            const to = box.getBoundingClientRect().right + 1;
            return [...row.querySelectorAll('td')].map(cell => cell.getBoundingClientRect()).filter(cell => cell.left >= from && cell.right <= to).length;
        }
        """;

    [Theory]
    [InlineData("/topics", ".rows", "table.topics tbody a", true)]
    [InlineData("/topic?type=ACTIVITY&id=9990&from=2026-02-01&to=2026-03-02", "[data-page=act] > .scroll", "tr[data-metric=pay_amount]", true)]
    [InlineData("/streams", ".scroll", "tr[data-stream='act.group']", true)]
    [InlineData("/cluster", ".scroll", "tr[data-member]", true)]
    [InlineData("/dead-letters", ".scroll", "main tbody tr", true)]
    [InlineData("/audit", ".scroll", "tr[data-entry='120']", true)]
    [InlineData("/settings", ".scroll", "tr[data-setting]", false)]
    [InlineData("/retention?asked=1", ".scroll", ".triangle .share", true)]
    public async Task What_a_row_is_about_stays_in_sight_beside_its_values_and_what_goes_on_to_the_side_says_so(string path, string table, string data, bool hasHint)
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await OpenAsync(node, path);
        await Visit.ShouldBeSeenAsync(visit.Page.Locator(data).First);
        ILocator box = visit.Page.Locator(table).First;
        if (hasHint)
        {
            await Visit.ShouldSayAsync(visit.Page.Locator(".scroll-hint").First, "More to the side: scroll →");
        }

        (await box.EvaluateAsync<int>(Values)).ShouldBeGreaterThan(0);
        double[] lefts = await box.EvaluateAsync<double[]>(FirstColumn);
        lefts[1].ShouldBe(lefts[0], tolerance: 1);
        (await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(Width);
        await Axe.ShouldFindNothingAsync(visit.Page);
        visit.ShouldBeFaultless();
    }

    [Theory]
    [InlineData("/", ".tile[data-metric=pay_amount]")]
    [InlineData("/topics?from=2026-02-01&sort=pay_amount", "table.topics tbody a")]
    [InlineData("/topic?type=ACTIVITY&id=9990", "tr[data-metric=pay_amount]")]
    [InlineData("/streams", "tr[data-stream='act.group']")]
    public async Task No_number_is_broken_or_cut(string path, string data)
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await OpenAsync(node, path);
        await Visit.ShouldBeSeenAsync(visit.Page.Locator(data).First);
        (await visit.Page.EvaluateAsync<string[]>(Broken)).ShouldBeEmpty();
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_settings_name_goes_on_in_a_further_line_where_a_part_of_it_ends()
    {
        const string brokenBehind = """
            () => [...document.querySelectorAll('th.path')].flatMap(cell => {
                const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
                const letters = [];
                while (texts.nextNode()) {
                    for (let at = 0; at < texts.currentNode.length; at++) {
                        const letter = document.createRange();
                        letter.setStart(texts.currentNode, at);
                        letter.setEnd(texts.currentNode, at + 1);
                        letters.push([letter.toString(), letter.getBoundingClientRect().top]);
                    }
                }

                return letters.filter((letter, at) => at + 1 < letters.length && letters[at + 1][1] > letter[1] + 4).map(letter => letter[0]);
            })
            """;
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await OpenAsync(node, "/settings");
        await Visit.ShouldSayAsync(visit.Page.Locator("tr[data-setting] th").First, "dataload.http.operator-token");
        string[] letters = await visit.Page.EvaluateAsync<string[]>(brokenBehind);
        letters.ShouldNotBeEmpty();
        letters.Except([".", "-"], StringComparer.Ordinal).ShouldBeEmpty();
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_dialog_keeps_its_title_and_what_is_wrong_within_the_screen()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await OpenAsync(node, "/dead-letters?stream=act.buy&reason=row-missing");
        await visit.Button($"Edit {0:x32}").ClickAsync();
        ILocator dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByRole(AriaRole.Textbox).Last.FillAsync("{");
        await Visit.ShouldContainAsync(dialog.GetByRole(AriaRole.Status), "line 1, column 2");
        (await dialog.EvaluateAsync<int>("dialog => dialog.scrollWidth - dialog.clientWidth")).ShouldBe(0);
        (await dialog.Locator("h2").EvaluateAsync<int>("title => title.scrollWidth - title.clientWidth")).ShouldBe(0);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_table_uses_the_height_that_there_is()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/topics");
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("table.topics tbody a").First);
        foreach (int height in new[] { 900, 1400 })
        {
            await visit.Page.SetViewportSizeAsync(1280, height);
            (await visit.Page.Locator(".rows").EvaluateAsync<int>("box => box.clientHeight")).ShouldBeGreaterThan(height - 390);
            (await visit.Page.EvaluateAsync<int>("document.querySelector('.pager').getBoundingClientRect().bottom")).ShouldBeLessThanOrEqualTo(height);
        }
    }

    private async Task<Visit> OpenAsync(StubNode node, string path)
    {
        Visit visit = await Visit.OpenAsync(chromium, node.Address, path);
        await visit.Page.SetViewportSizeAsync(Width, Height);
        return visit;
    }
}
