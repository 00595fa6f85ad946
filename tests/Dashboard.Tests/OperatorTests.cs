using DataLoad.Dashboard.Tests.Browsing;
using DataLoad.Dashboard.Tests.Stub;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace DataLoad.Dashboard.Tests;

[Collection(BrowserCollection.Name)]
public sealed class OperatorTests(Chromium chromium)
{
    [Fact]
    public async Task Dead_letters_are_requeued_once_it_is_confirmed()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/dead-letters");
        ILocator requeue = visit.Button("Requeue 3: act.share, body");
        await requeue.ClickAsync();
        ILocator dialog = visit.Page.GetByRole(AriaRole.Dialog, new PageGetByRoleOptions { Name = "Requeue 3 dead letters?" });
        await Visit.ShouldBeSeenAsync(dialog);
        await Axe.ShouldFindNothingAsync(visit.Page);
        await visit.Page.Keyboard.PressAsync("Escape");
        await Visit.ShouldHaveFocusAsync(requeue);
        node.Posts.ShouldBeEmpty();

        await requeue.ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Requeue", Exact = true }).ClickAsync();
        await Visit.ShouldContainAsync(visit.Page.Locator(".announcement"), "3 requeued.");
        await Assertions.Expect(requeue).ToHaveCountAsync(0, new LocatorAssertionsToHaveCountOptions { Timeout = Visit.PatienceMs });
        node.Posts.Single().Path.ShouldBe("/api/v1/dead-letters/requeue");
        node.Posts.Single().Body.GetRawText().ShouldBe("""{"stream":"act.share","reason":"body"}""");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task One_dead_letter_is_looked_at_and_requeued()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/dead-letters");
        await visit.Link("act.buy").ClickAsync();
        await Visit.ShouldContainAsync(visit.Page.Locator(".pager"), "1 to 50 of 120");
        await visit.Button("Next").ClickAsync();
        await Visit.ShouldContainAsync(visit.Page.Locator(".pager"), "51 to 100 of 120");
        string id = $"{50:x32}";
        await visit.Button($"Show {id}").ClickAsync();
        await Visit.ShouldSayAsync(visit.Page.Locator("dialog pre"), """{"orderId":7,"note":"<b>bold</b>"}""");
        await visit.Button("Close").ClickAsync();
        await visit.Button($"Requeue {id}").ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Requeue", Exact = true }).ClickAsync();
        await Visit.ShouldContainAsync(visit.Page.Locator(".announcement"), "1 requeued.");
        await Visit.ShouldContainAsync(visit.Page.Locator(".pager"), "of 119");
        node.Posts.Single().Body.GetProperty("ids")[0].GetString().ShouldBe(id);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_dead_letter_is_corrected_beside_the_reason_it_was_rejected_for_and_its_JSON_is_checked_as_it_is_typed()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/dead-letters?stream=act.buy&reason=row-missing");
        string id = $"{0:x32}";
        await visit.Button($"Edit {id}").ClickAsync();
        ILocator dialog = visit.Page.GetByRole(AriaRole.Dialog, new PageGetByRoleOptions { Name = $"Correct dead letter {id}" });
        await Visit.ShouldContainAsync(dialog, "Rejected as row-missing: No row of orders has id 7.");
        ILocator body = dialog.GetByLabel("Body", new LocatorGetByLabelOptions { Exact = true });
        await Assertions.Expect(body).ToHaveValueAsync("""{"orderId":7,"note":"<b>bold</b>"}""");
        await Visit.ShouldContainAsync(dialog, "The body can be read.");
        await body.FillAsync("""{"orderId":}""");
        await Visit.ShouldContainAsync(dialog.GetByRole(AriaRole.Status), "The body is no JSON: ");
        await Axe.ShouldFindNothingAsync(visit.Page);

        // What is no JSON goes only once that is confirmed, and what was typed is not lost where it is not.
        await visit.Button("Requeue corrected").ClickAsync();
        ILocator confirmation = visit.Page.GetByRole(AriaRole.Dialog, new PageGetByRoleOptions { Name = "Requeue a body that is no JSON?" });
        await Visit.ShouldBeSeenAsync(confirmation);
        await Axe.ShouldFindNothingAsync(visit.Page);
        await visit.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(confirmation).ToHaveCountAsync(0);
        node.Posts.ShouldBeEmpty();
        node.Refusal = "contentType has 300 bytes: expected at most 255.";
        await visit.Button("Requeue corrected").ClickAsync();
        await visit.Button("Requeue it as it is").ClickAsync();
        await Visit.ShouldSayAsync(dialog.GetByRole(AriaRole.Alert), node.Refusal);
        await Assertions.Expect(body).ToHaveValueAsync("""{"orderId":}""");

        node.Refusal = null;
        await body.FillAsync("""{"orderId":8}""");
        await Visit.ShouldContainAsync(dialog, "The body can be read.");
        await visit.Button("Requeue corrected").ClickAsync();
        await Visit.ShouldContainAsync(visit.Page.Locator(".announcement"), "1 requeued.");
        await Visit.ShouldContainAsync(visit.Page.Locator(".pager"), "of 119");
        node.Posts[^1].Path.ShouldBe($"/api/v1/dead-letters/messages/{id}/edit");
        node.Posts.Select(post => post.Body.GetRawText()).ShouldBe(["""{"body":"{\"orderId\":}"}""", """{"body":"{\"orderId\":8}"}"""]);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task Dead_letters_are_purged_by_their_number_once_it_is_confirmed_and_a_refusal_is_told_in_the_nodes_sentence()
    {
        await using StubNode node = await StubNode.StartAsync();
        node.Refusal = "There are 4 such dead letters and confirm is 3: nothing was removed. Look again, and confirm their number.";
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/dead-letters");
        ILocator purge = visit.Button("Purge 3: act.share, body");
        ILocator dialog = visit.Page.GetByRole(AriaRole.Dialog, new PageGetByRoleOptions { Name = "Purge 3 dead letters for good?" });
        await purge.ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Purge", Exact = true }).ClickAsync();
        await Visit.ShouldContainAsync(visit.Page.Locator(".announcement"), node.Refusal);

        node.Refusal = null;
        await purge.ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Purge", Exact = true }).ClickAsync();
        await Visit.ShouldContainAsync(visit.Page.Locator(".announcement"), "3 purged.");
        await Assertions.Expect(purge).ToHaveCountAsync(0, new LocatorAssertionsToHaveCountOptions { Timeout = Visit.PatienceMs });
        node.Posts[^1].Path.ShouldBe("/api/v1/dead-letters/purge");
        node.Posts[^1].Body.GetRawText().ShouldBe("""{"stream":"act.share","reason":"body","confirm":3}""");

        await visit.Link("act.buy").ClickAsync();
        await visit.Button($"Purge {1:x32}").ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Purge", Exact = true }).ClickAsync();
        await Visit.ShouldContainAsync(visit.Page.Locator(".pager"), "of 119");
        node.Posts[^1].Body.GetRawText().ShouldBe($$"""{"ids":["{{1:x32}}"],"confirm":1}""");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_stream_is_paused_once_it_is_confirmed()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/streams");
        await visit.Button("Pause act.buy").ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Pause", Exact = true }).ClickAsync();
        await Visit.ShouldBeSeenAsync(visit.Button("Resume act.buy"));
        node.Posts.Single().Path.ShouldBe("/api/v1/streams/act.buy/pause");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_reader_logs_in_sees_all_and_changes_nothing()
    {
        await using StubNode node = await StubNode.StartAsync(withTokens: true);
        await using Visit visit = await Visit.OpenAsync(chromium, node.Address, "/dead-letters?stream=act.buy&reason=row-missing");
        await Visit.ShouldSayAsync(visit.Heading, "Log in");
        await Axe.ShouldFindNothingAsync(visit.Page);
        await LogInAsync(visit, "not the token");
        await Visit.ShouldSayAsync(visit.Page.GetByRole(AriaRole.Alert), "The token was refused.");

        await LogInAsync(visit, StubNode.ReaderToken);
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("tr[data-dead-letter]").First);
        foreach (string change in new[] { "Requeue", "Edit", "Purge" })
        {
            (await visit.Page.GetByRole(AriaRole.Button).Filter(new LocatorFilterOptions { HasText = change }).CountAsync()).ShouldBe(0);
        }

        await visit.Page.ReloadAsync();
        await Visit.ShouldBeSeenAsync(visit.Page.Locator("tr[data-dead-letter]").First);
        await Visit.ShouldSayAsync(visit.Page.Locator(".connection"), "Live");
        (await visit.Page.EvaluateAsync<string>("document.cookie + JSON.stringify(localStorage) + location.href")).ShouldNotContain(StubNode.ReaderToken);

        await visit.Button("Log out").ClickAsync();
        await Visit.ShouldSayAsync(visit.Heading, "Log in");
        await LogInAsync(visit, StubNode.OperatorToken);
        await Visit.ShouldBeSeenAsync(visit.Button($"Requeue {0:x32}"));
        lock (node.Requests)
        {
            node.Requests.ShouldNotContain(request => request.Contains(StubNode.ReaderToken, StringComparison.Ordinal));
        }

        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_view_has_the_focus_before_anybody_sees_it_so_that_what_is_typed_at_once_is_not_lost()
    {
        await using StubNode node = await StubNode.StartAsync(withTokens: true);
        await using Visit visit = await OpenAsReaderAsync(node, "/streams");

        // An observer is called once the elements are there, and before the browser paints them.
        await visit.Page.EvaluateAsync(
            """
            () => {
                window.focusOfLogin = new Promise(resolve => new MutationObserver(() => {
                    if (document.querySelector('form.login h1') !== null) {
                        resolve(document.activeElement.tagName);
                    }
                }).observe(document.body, { childList: true, subtree: true }));
            }
            """);
        await visit.Button("Log out").ClickAsync();
        (await visit.Page.EvaluateAsync<string>("window.focusOfLogin")).ShouldBe("H1");
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task A_refusal_of_an_earlier_token_does_not_end_the_session_of_the_next()
    {
        await using StubNode node = await StubNode.StartAsync(withTokens: true);
        await using Visit visit = await OpenAsReaderAsync(node, "/topics");
        var asked = new TaskCompletionSource<IRoute>();
        await visit.Page.RouteAsync("**/api/v1/*.csv*", asked.SetResult);
        await visit.Button("Download CSV").ClickAsync();
        IRoute late = await asked.Task;

        await visit.Button("Log out").ClickAsync();
        await LogInAsync(visit, StubNode.OperatorToken);
        await Visit.ShouldSayAsync(visit.Heading, "Topics");
        await late.FulfillAsync(new RouteFulfillOptions { Status = 401, ContentType = "application/problem+json", Body = """{"detail":"The token is not one of this node's."}""" });
        await Visit.ShouldContainAsync(visit.Page.Locator(".announcement"), "The token is not one of this node's.");
        await Visit.ShouldSayAsync(visit.Heading, "Topics");
        visit.ShouldBeFaultless();
    }

    private async Task<Visit> OpenAsReaderAsync(StubNode node, string path)
    {
        Visit visit = await Visit.OpenAsync(chromium, node.Address, path);
        await LogInAsync(visit, StubNode.ReaderToken);
        await Visit.ShouldBeSeenAsync(visit.Button("Log out"));
        return visit;
    }

    private static async Task LogInAsync(Visit visit, string token)
    {
        await visit.Page.GetByLabel("Token").FillAsync(token);
        await visit.Page.Keyboard.PressAsync("Enter");
    }
}
