using DataLoad.Dashboard.Tests.Browsing;
using DataLoad.Dashboard.Tests.Stub;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace DataLoad.Dashboard.Tests;

/// <summary>README's pictures: kept where DATALOAD_TEST_PICTURES names a folder for them.</summary>
[Collection(BrowserCollection.Name)]
public sealed class PictureTests(Chromium chromium)
{
    private const int Seconds = 300;

    private const int MaxBytes = 200 * 1024;

    [Theory]
    [InlineData(ColorScheme.Light, "dashboard-light.png")]
    [InlineData(ColorScheme.Dark, "dashboard-dark.png")]
    public async Task Minutes_of_live_rates_are_drawn_as_they_come(ColorScheme scheme, string name)
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/", scheme: scheme);
        await Visit.ShouldSayAsync(visit.Page.Locator(".connection"), "Live");
        for (int second = 1; second <= Seconds; second++)
        {
            node.Live.Tell(StubApi.Live(events: 3200 + (900 * Math.Sin(second / 25d)) + (second * 37 % 211), now: StubApi.Now + (second * 1000)));
        }

        await visit.Page.Locator("figure summary").First.ClickAsync();
        await Assertions.Expect(visit.Page.Locator("figure").First.Locator("tbody tr"))
            .ToHaveCountAsync(Seconds + 1, new LocatorAssertionsToHaveCountOptions { Timeout = Visit.PatienceMs });
        await visit.Page.Locator("figure summary").First.ClickAsync();
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("figure canvas").Nth(1));
        await visit.Page.SetViewportSizeAsync(1280, 1180);
        await KeepAsync(visit, name);
    }

    [Theory]
    [InlineData("/led-to?value=BEAR:3&from=2026-02-01&to=2026-03-02", "section[data-page=act] .bar", "dashboard-breakdown.png")]
    [InlineData("/retention?from=2026-02-15&column=visit_user_cnt&returning=buy_user_cnt&days=1,2,3,7,14&asked=1", ".triangle .share", "dashboard-retention.png")]
    [InlineData("/funnel?columns=visit_user_cnt,share_user_cnt,buy_user_cnt,off_user_cnt&asked=1", ".bar", "dashboard-funnel.png")]
    public async Task What_led_to_what_and_questions_of_people_are_drawn(string path, string data, string name)
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, path);
        await Visit.ShouldSayAsync(visit.Page.Locator(".connection"), "Live");
        await Visit.ShouldBeSeenAsync(visit.Page.Locator(data).First);
        if (await visit.Page.Locator(".plot").CountAsync() > 0)
        {
            await Visit.ShouldBeSeenAsync(visit.Page.Locator("figure canvas").First);
        }

        await visit.Page.SetViewportSizeAsync(1280, 1000);
        await KeepAsync(visit, name);
    }

    [Theory]
    [InlineData("/", ".tile[data-metric=pay_amount]", ColorScheme.Light, "dashboard-small.png")]
    [InlineData("/topics?from=2026-02-24", "table.topics tbody a", ColorScheme.Dark, "dashboard-small-topics.png")]
    public async Task A_telephone_shows_names_and_values(string path, string data, ColorScheme scheme, string name)
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, path, scheme: scheme);
        await visit.Page.SetViewportSizeAsync(390, 844);
        await Visit.ShouldBeSeenAsync(visit.Page.Locator(data).First);
        await KeepAsync(visit, name);
    }

    private static async Task KeepAsync(Visit visit, string name)
    {
        await visit.Page.EvaluateAsync("scrollTo(0, 0); document.activeElement.blur()");
        byte[] picture = await visit.Page.ScreenshotAsync();
        picture.Length.ShouldBeLessThan(MaxBytes);
        if (Environment.GetEnvironmentVariable("DATALOAD_TEST_PICTURES") is { Length: > 0 } folder)
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, name), picture);
        }

        visit.ShouldBeFaultless();
    }
}
