using DataLoad.Dashboard.Tests.Browsing;
using DataLoad.Dashboard.Tests.Stub;
using DataLoad.Integration.Tests.EndToEnd;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace DataLoad.Dashboard.Tests;

/// <summary>What the console shows, too: the tail of counted events, the settings, the audit log.</summary>
[Collection(BrowserCollection.Name)]
public sealed class ConsoleTests(Chromium chromium)
{
    private const int MaxTail = 200;

    [Fact]
    public async Task Events_are_shown_as_they_are_counted_the_newest_first_and_no_more_than_are_kept()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/tail?stream=act.visit");
        await Deadline.UntilAsync("the page to listen", () => node.Tail.Listeners == 1);
        node.Tail.Tell(StubApi.Counted(1));
        ILocator rows = visit.Page.Locator("tr[data-event]");
        await Visit.ShouldContainAsync(rows.First, StubTopics.Markup);
        await Visit.ShouldContainAsync(rows.First, "amount 12.50");
        await Axe.ShouldFindNothingAsync(visit.Page);
        for (int number = 2; number <= MaxTail + 20; number++)
        {
            node.Tail.Tell(StubApi.Counted(number));
        }

        await Visit.ShouldContainAsync(rows.First, $"ACTIVITY:{MaxTail + 20}");
        (await rows.CountAsync()).ShouldBe(MaxTail);
        lock (node.Requests)
        {
            node.Requests.ShouldContain("GET /api/v1/tail?stream=act.visit");
        }

        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task What_is_in_sight_stays_while_the_tail_is_paused_and_what_came_follows()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/tail");
        await Deadline.UntilAsync("the page to listen", () => node.Tail.Listeners == 1);
        node.Tail.Tell(StubApi.Counted(1));
        ILocator rows = visit.Page.Locator("tr[data-event]");
        await Assertions.Expect(rows).ToHaveCountAsync(1, new LocatorAssertionsToHaveCountOptions { Timeout = Visit.PatienceMs });
        await visit.Button("Pause").ClickAsync();
        node.Tail.Tell(StubApi.Counted(2));
        node.Tail.Tell(StubApi.Counted(3));
        await Visit.ShouldContainAsync(visit.Page.Locator("main"), "Paused; 2 events have come since.");
        (await rows.CountAsync()).ShouldBe(1);
        await visit.Button("Pause").ClickAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(3, new LocatorAssertionsToHaveCountOptions { Timeout = Visit.PatienceMs });
        await Visit.ShouldContainAsync(rows.First, "ACTIVITY:3");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task Settings_are_searched_and_tell_where_they_come_from_and_a_secret_that_is_not_set_is_none()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/settings");
        await Visit.ShouldSayAsync(visit.Page.Locator("tr[data-setting='dataload.http.operator-token'] td"), ["(none)", "reference.conf:12"]);
        await visit.Page.GetByLabel("Search settings").FillAsync("AMQP");
        await Assertions.Expect(visit.Page.Locator("tr[data-setting]")).ToHaveCountAsync(1, new LocatorAssertionsToHaveCountOptions { Timeout = Visit.PatienceMs });
        await Visit.ShouldContainAsync(visit.Page.Locator("tr[data-setting]"), "/etc/dataload.conf:3");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task The_audit_log_is_read_page_by_page()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/audit");
        await Visit.ShouldContainAsync(visit.Page.Locator("tr[data-entry='120']"), "dead.requeue");
        await visit.Button("Next").ClickAsync();
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("tr[data-entry='70']"));
        await visit.Button("Next").ClickAsync();
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("tr[data-entry='1']"));
        await Assertions.Expect(visit.Button("Next")).ToBeDisabledAsync();
        await visit.Button("Previous").ClickAsync();
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("tr[data-entry='70']"));
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_reader_is_told_that_the_audit_log_is_the_operators_and_is_not_offered_people()
    {
        await using StubNode node = await StubNode.StartAsync(withTokens: true);
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/audit");
        await visit.Page.GetByLabel("Token").FillAsync(StubNode.ReaderToken);
        await visit.Page.Keyboard.PressAsync("Enter");
        await Visit.ShouldContainAsync(visit.Page.Locator("main"), "The audit log is shown to operators.");
        await visit.Link("Live tail").ClickAsync();
        await Visit.ShouldBeSeenAsync(visit.Button("Pause"));
        (await visit.Page.GetByRole(AriaRole.Checkbox).CountAsync()).ShouldBe(0);
        lock (node.Requests)
        {
            node.Requests.ShouldNotContain(request => request.Contains("/audit", StringComparison.Ordinal) && request.Contains("/api/", StringComparison.Ordinal));
        }

        visit.ShouldBeFaultless();
    }
}
