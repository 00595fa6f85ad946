using System.Globalization;
using System.Text.Json;
using DataLoad.Dashboard.Tests.Browsing;
using DataLoad.Demo;
using DataLoad.Integration.Tests.EndToEnd;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace DataLoad.Dashboard.Tests;

/// <summary>The dashboard of a real node over RabbitMQ and SQLite.</summary>
[Collection(BrowserCollection.Name)]
public sealed class NodeTests(Chromium chromium)
{
    [Fact]
    public Task What_a_node_counted_is_shown_moves_on_and_its_dead_letters_are_requeued() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Settings = "http { live-interval = 200ms, totals-interval = 200ms }";
        HostProcess host = await scenario.StartHostAsync();
        await scenario.SendMixAsync(300);
        await scenario.ShouldEqualTallyAsync();
        IReadOnlyList<DeadLetter> letters = await scenario.ShouldHaveDeadLettersAsync();

        await using Visit visit = await Visit.OpenAsync(chromium, host.Http,
            "/topics?page=act&from=2020-01-01&to=2030-01-01&sort=topic&order=asc&columns=visit_cnt");
        using JsonDocument list = JsonDocument.Parse(
            (await host.GetAsync("/api/v1/counters?page=act&from=2020-01-01&to=2030-01-01&sort=topic&order=asc&limit=1")).Body);
        JsonElement first = list.RootElement.GetProperty("items")[0];
        await Visit.ShouldSayAsync(visit.Page.Locator("tr[aria-rowindex='2'] th"),
            $"{first.GetProperty("type").GetString()}/{first.GetProperty("id").GetInt32()}");
        await Visit.ShouldSayAsync(visit.Page.Locator("tr[aria-rowindex='2'] td").Last, first.GetProperty("values").GetProperty("visit_cnt").GetInt64()
            .ToString("N0", CultureInfo.InvariantCulture));
        await visit.Page.Locator("tr[aria-rowindex='2'] a").ClickAsync();
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("tr[data-metric]").First);

        await visit.Link("Streams").ClickAsync();
        ILocator share = visit.Page.Locator("tr[data-stream='act.share'] td").Nth(4);
        await Visit.ShouldBeSeenAsync(share);
        string before = await share.InnerTextAsync();
        await scenario.SendAsync(
            scenario.Generator.NextOf(ContractStreams.All.Single(stream => string.Equals(stream.Name, "act.share", StringComparison.Ordinal))));
        await Assertions.Expect(share).Not.ToHaveTextAsync(before, new LocatorAssertionsToHaveTextOptions { Timeout = Visit.PatienceMs });

        await visit.Link("Dead letters").ClickAsync();
        await Visit.ShouldContainAsync(visit.Page.Locator("main"), $"{letters.Count} in all");
        await visit.Page.Locator("tbody button").First.ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Requeue", Exact = true }).ClickAsync();
        await Visit.ShouldContainAsync(visit.Page.Locator(".announcement"), "requeued.");
        visit.ShouldBeFaultless();
        (await host.GetAsync("/api/v1/audit")).Body.ShouldContain("dead.requeue");
    });
}
