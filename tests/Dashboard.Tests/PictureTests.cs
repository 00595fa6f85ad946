using DataLoad.Dashboard.Tests.Browsing;
using DataLoad.Dashboard.Tests.Stub;
using Microsoft.Playwright;
using Xunit;

namespace DataLoad.Dashboard.Tests;

/// <summary>Makes README's pictures, where DATALOAD_TEST_PICTURES names a folder for them.</summary>
[Collection(BrowserCollection.Name)]
public sealed class PictureTests(Chromium chromium)
{
    private const int Seconds = 300;

    [Theory]
    [InlineData(ColorScheme.Light, "dashboard-light.png")]
    [InlineData(ColorScheme.Dark, "dashboard-dark.png")]
    public async Task The_overview_is_pictured(ColorScheme scheme, string name)
    {
        string? folder = Environment.GetEnvironmentVariable("DATALOAD_TEST_PICTURES");
        if (string.IsNullOrEmpty(folder))
        {
            Assert.Skip("DATALOAD_TEST_PICTURES names no folder.");
        }

        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/", scheme: scheme);
        await Visit.ShouldSayAsync(visit.Page.Locator(".connection"), "Live");
        for (int second = 1; second <= Seconds; second++)
        {
            node.Live.Tell(StubApi.Live(events: 3200 + (900 * Math.Sin(second / 25d)) + (second * 37 % 211), now: StubApi.Now + (second * 1000)));
        }

        await visit.UntilAsync("document.querySelector('#events-rate').textContent.includes(',')");
        await visit.Page.Locator("#trend-title").ScrollIntoViewIfNeededAsync();
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("figure canvas").Nth(1));
        await visit.Page.EvaluateAsync("scrollTo(0, 0)");
        await visit.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder!, name) });
    }
}
