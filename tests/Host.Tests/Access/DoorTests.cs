using System.Net;
using System.Text.Json;
using DataLoad.Engine.Operating;
using DataLoad.Host.Access;
using DataLoad.Host.Settings;
using Microsoft.AspNetCore.Routing;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Access;

/// <summary>Each door, with and without its key. The doors are those that are mapped, so that a new one is tried too.</summary>
public sealed class DoorTests
{
    private const string Reader = "a reader's token";
    private const string Operator = "an operator's token";

    private static readonly HttpStatusCode[] Refusals =
        [HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.MisdirectedRequest, HttpStatusCode.TooManyRequests];

    [Fact]
    public async Task Every_endpoint_has_a_rule()
    {
        await using TestNode node = await TestNode.StartAsync();

        node.Endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<AccessRule>() is null).Select(endpoint => endpoint.RoutePattern.RawText).ShouldBeEmpty();
        node.Endpoints.Count.ShouldBeGreaterThan(30);
        Doors(node).Where(door => door.Method is not ("GET" or "HEAD") && !door.Path.EndsWith("/nowhere", StringComparison.Ordinal) && door.Door is not (AccessDoor.Operator or AccessDoor.NodeSecret)).Select(door => door.ToString())
            .ShouldBeEmpty("what changes something takes an operator");
    }

    [Fact]
    public async Task Beyond_loopback_no_door_opens_without_a_key_but_health_and_what_tells_nothing()
    {
        await using TestNode node = await TestNode.StartAsync(WithTokens, "0.0.0.0");

        foreach (DoorTried door in Doors(node))
        {
            HttpStatusCode answer = await node.CallAsync(door.Method, door.Path);
            bool isOpen = door.Door is AccessDoor.Open or AccessDoor.Health;
            (answer == HttpStatusCode.Unauthorized).ShouldBe(!isOpen, $"{door} answered {(int)answer}");
        }
    }

    [Fact]
    public async Task A_wrong_key_opens_nothing()
    {
        await using TestNode node = await TestNode.StartAsync(WithTokens, "0.0.0.0");

        foreach (string key in new[] { "wrong", Reader + "x", Reader[1..], "", " ", new string('x', 8000) })
        {
            foreach (DoorTried door in Doors(node).Where(door => door.Door is AccessDoor.Reader or AccessDoor.Operator or AccessDoor.Metrics))
            {
                (await node.CallAsync(door.Method, door.Path, key)).ShouldBe(HttpStatusCode.Unauthorized, $"{door} with '{key.Length}' characters");
            }
        }
    }

    [Fact]
    public async Task A_readers_key_opens_what_reads_and_nothing_that_changes()
    {
        await using TestNode node = await TestNode.StartAsync(WithTokens, "0.0.0.0");

        foreach (DoorTried door in Doors(node).Where(door => door.Door is AccessDoor.Reader or AccessDoor.Operator or AccessDoor.Metrics))
        {
            HttpStatusCode answer = await node.CallAsync(door.Method, door.Path, Reader);
            (answer == HttpStatusCode.Forbidden).ShouldBe(door.Door == AccessDoor.Operator, $"{door} answered {(int)answer}");
            answer.ShouldNotBe(HttpStatusCode.Unauthorized, door.ToString());
        }

        (await node.Store.Audit.ReadAsync(before: null, action: null, 10, CancellationToken.None)).ShouldBeEmpty("what was refused was not begun");
    }

    [Fact]
    public async Task An_operators_key_opens_every_door()
    {
        await using TestNode node = await TestNode.StartAsync(WithTokens, "0.0.0.0");

        foreach (DoorTried door in Doors(node).Where(door => door.Door != AccessDoor.NodeSecret))
        {
            Refusals.ShouldNotContain(await node.CallAsync(door.Method, door.Path, Operator), door.ToString());
        }
    }

    [Fact]
    public async Task On_loopback_too_a_token_that_is_set_is_asked_for()
    {
        await using TestNode node = await TestNode.StartAsync(WithTokens);

        (await node.CallAsync("GET", "/api/v1/status")).ShouldBe(HttpStatusCode.Unauthorized);
        (await node.CallAsync("GET", "/api/v1/status", Reader)).ShouldBe(HttpStatusCode.OK);
        (await node.CallAsync("POST", "/api/v1/streams/act.buy/pause")).ShouldBe(HttpStatusCode.Unauthorized);
        (await node.CallAsync("GET", "/metrics")).ShouldBe(HttpStatusCode.OK, "metrics are open on loopback");
    }

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.0.0.1", true)]
    [InlineData("0.0.0.0", true)]
    public async Task No_door_opens_to_a_foreign_host_or_origin(string address, bool tokens)
    {
        await using TestNode node = await TestNode.StartAsync(tokens ? WithTokens : null, address);

        foreach (DoorTried door in Doors(node))
        {
            foreach (string origin in new[] { "http://evil.example", "null", "http://127.0.0.1:1", $"http://localhost:{node.Http.BaseAddress!.Port}" })
            {
                (await node.CallAsync(door.Method, door.Path, tokens ? Operator : null, request => request.Headers.Add("Origin", origin)))
                    .ShouldBe(HttpStatusCode.Forbidden, $"{door} from {origin}");
            }

            (await node.CallAsync(door.Method, door.Path, tokens ? Operator : null, request => request.Headers.Add("Sec-Fetch-Site", "cross-site")))
                .ShouldBe(HttpStatusCode.Forbidden, $"{door} from another site");
            if (door.Door == AccessDoor.Health && address is "0.0.0.0")
            {
                continue;
            }

            foreach (string host in new[] { "evil.example", $"evil.example:{node.Http.BaseAddress!.Port}", "localhost.evil.example", "10.1.2.3" })
            {
                (await node.CallAsync(door.Method, door.Path, tokens ? Operator : null, request => request.Headers.Host = host))
                    .ShouldBe(HttpStatusCode.MisdirectedRequest, $"{door} as {host}");
            }
        }

        (await node.Store.Audit.ReadAsync(before: null, action: null, 10, CancellationToken.None)).ShouldBeEmpty("what was refused was not begun");
    }

    [Fact]
    public async Task Its_own_page_may_call_and_so_may_a_name_that_is_allowed()
    {
        await using TestNode node = await TestNode.StartAsync(http => http with { AllowedHosts = ["stats.example:8443"] });
        string own = node.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);

        (await node.CallAsync("POST", "/api/v1/streams/act.buy/pause", change: request =>
        {
            request.Headers.Add("Origin", own);
            request.Headers.Add("Sec-Fetch-Site", "same-origin");
        })).ShouldBe(HttpStatusCode.OK);
        (await node.CallAsync("GET", "/api/v1/catalog", change: request =>
        {
            request.Headers.Host = "stats.example";
            request.Headers.Add("Origin", "https://stats.example");
        })).ShouldBe(HttpStatusCode.OK);
        (await node.CallAsync("GET", "/api/v1/catalog", change: request => request.Headers.Host = $"localhost:{node.Http.BaseAddress!.Port}")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_changes_something_needs_the_header_that_no_form_can_send_and_a_json_body()
    {
        await using TestNode node = await TestNode.StartAsync();

        foreach (DoorTried door in Doors(node).Where(door => door is { Door: AccessDoor.Operator, Method: not "GET" }))
        {
            (await node.CallAsync(door.Method, door.Path, change: request => request.Headers.Remove(AccessGate.RequestHeader))).ShouldBe(HttpStatusCode.Forbidden, door.ToString());
        }

        (await node.CallAsync("POST", "/api/v1/dead-letters/requeue", change: request => request.Content = new StringContent("{\"all\":true}", System.Text.Encoding.UTF8, "text/plain")))
            .ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await node.Store.Audit.ReadAsync(before: null, action: null, 10, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_nodes_secret_opens_rebuilding_alone()
    {
        await using TestNode node = await TestNode.StartAsync(WithTokens, "0.0.0.0");

        (await node.CallAsync("POST", "/admin/rebuild", TestNode.Secret)).ShouldBe(HttpStatusCode.ServiceUnavailable, "it is let in, and the node owns nothing");
        (await node.CallAsync("POST", "/admin/rebuild", Operator)).ShouldBe(HttpStatusCode.Unauthorized);
        (await node.CallAsync("GET", "/api/v1/status", TestNode.Secret)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Too_many_wrong_keys_shut_out_even_the_right_one()
    {
        await using TestNode node = await TestNode.StartAsync(http => WithTokens(http) with { FailedTries = 3, FailedWindow = TimeSpan.FromHours(1) });

        for (int i = 0; i < 3; i++)
        {
            (await node.CallAsync("GET", "/api/v1/status", "wrong")).ShouldBe(HttpStatusCode.Unauthorized);
        }

        using HttpResponseMessage answer = await node.SendAsync("GET", "/api/v1/status", Operator);
        answer.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        answer.Headers.RetryAfter.ShouldNotBeNull();
        (await node.CallAsync("GET", "/health/live")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Too_many_calls_are_turned_away_with_problem_details_and_health_is_not()
    {
        await using TestNode node = await TestNode.StartAsync(http => http with { Rate = 1, Burst = 5 });
        var answers = new List<HttpStatusCode>();
        for (int i = 0; i < 20; i++)
        {
            answers.Add(await node.CallAsync("GET", "/api/v1/catalog"));
        }

        answers.Count(answer => answer == HttpStatusCode.TooManyRequests).ShouldBeGreaterThan(10);
        using HttpResponseMessage refused = await node.SendAsync("GET", "/api/v1/catalog");
        if (refused.StatusCode == HttpStatusCode.TooManyRequests)
        {
            refused.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        }

        (await node.CallAsync("GET", "/health/live")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Every_answer_bears_the_security_headers()
    {
        await using TestNode node = await TestNode.StartAsync(WithTokens);

        foreach (DoorTried door in Doors(node))
        {
            using HttpResponseMessage answer = await node.SendAsync(door.Method, door.Path);
            string policy = answer.Headers.GetValues("Content-Security-Policy").Single();
            policy.ShouldContain("frame-ancestors 'none'");
            policy.ShouldContain("default-src 'none'");
            policy.ShouldNotContain("unsafe");
            answer.Headers.GetValues("X-Content-Type-Options").Single().ShouldBe("nosniff");
            answer.Headers.GetValues("Referrer-Policy").Single().ShouldBe("no-referrer");

            // The files of the dashboard hold no data, so that a browser may keep them; what the API says it may not.
            bool mayBeKept = door.Door == AccessDoor.Open && !door.Path.StartsWith("/api/", StringComparison.Ordinal);
            (answer.Headers.CacheControl!.NoStore || (mayBeKept && answer.Headers.CacheControl.NoCache)).ShouldBeTrue(door.ToString());
        }
    }

    [Fact]
    public async Task What_is_done_is_written_down_and_what_fails_says_why()
    {
        await using TestNode node = await TestNode.StartAsync(WithTokens);

        (await node.CallAsync("POST", "/api/v1/streams/act.buy/pause", Operator)).ShouldBe(HttpStatusCode.OK);
        (await node.CallAsync("POST", "/api/v1/dead-letters/requeue", Operator, request => request.Content = new StringContent("{\"all\":true}", System.Text.Encoding.UTF8, "application/json")))
            .ShouldBe(HttpStatusCode.ServiceUnavailable);

        IReadOnlyList<AuditEntry> entries = await node.Store.Audit.ReadAsync(before: null, action: null, 10, CancellationToken.None);
        entries.Select(entry => entry.Action).ShouldBe(["dead.requeue", "stream.pause"]);
        entries[1].Outcome.ShouldBe("done");
        entries[1].Target.ShouldBe("act.buy");
        entries[1].Actor.ShouldBe("operator (token) at 127.0.0.1");
        entries[0].Outcome.ShouldContain("broker");
        entries.ShouldAllBe(entry => !$"{entry}".Contains(Operator, StringComparison.Ordinal));
        (await node.Store.PausedStreams.ListAsync(CancellationToken.None)).ShouldBe(["act.buy"]);
    }

    [Fact]
    public async Task What_cannot_be_written_down_is_not_done()
    {
        await using TestNode node = await TestNode.StartAsync();
        node.Store.Before = call => call is "Audit.Begin" ? throw new TimeoutException("the store is away") : ValueTask.CompletedTask;

        (await node.CallAsync("POST", "/api/v1/streams/act.buy/pause")).ShouldBe(HttpStatusCode.ServiceUnavailable);

        (await node.Store.PausedStreams.ListAsync(CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Settings_show_no_secret()
    {
        await using TestNode node = await TestNode.StartAsync(WithTokens);

        using HttpResponseMessage answer = await node.SendAsync("GET", "/api/v1/settings", Reader);
        string text = await answer.Content.ReadAsStringAsync();
        text.ShouldContain("dataload.http.reader-token");
        text.ShouldNotContain("guest:guest");
        text.ShouldNotContain(Reader);
    }

    [Fact]
    public async Task The_description_names_every_endpoint_of_the_API_and_no_other()
    {
        await using TestNode node = await TestNode.StartAsync();
        using HttpResponseMessage answer = await node.SendAsync("GET", "/api/v1/openapi.json");
        using JsonDocument description = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());

        IEnumerable<string> described = description.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Where(entry => entry.Name is not "parameters").Select(entry => $"{entry.Name.ToUpperInvariant()} /api/v1{path.Name}"));
        IEnumerable<string> mapped = node.Endpoints
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/api/v1", StringComparison.Ordinal))
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(method => $"{method} {endpoint.RoutePattern.RawText}"));
        described.Order(StringComparer.Ordinal).ShouldBe(mapped.Order(StringComparer.Ordinal));
        string yaml = await (await node.SendAsync("GET", "/api/v1/openapi.yaml")).Content.ReadAsStringAsync();
        foreach (JsonProperty path in description.RootElement.GetProperty("paths").EnumerateObject())
        {
            yaml.ShouldContain($"  {path.Name}:");
        }
    }

    private static HttpSettings WithTokens(HttpSettings http) => http with { ReaderToken = Reader, OperatorToken = Operator };

    private static IEnumerable<DoorTried> Doors(TestNode node) => node.Endpoints.SelectMany(endpoint =>
        (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST", "PUT", "DELETE"]).Select(method => new DoorTried(
            method,
            endpoint.RoutePattern.RawText!
                .Replace("{stream}", "act.buy", StringComparison.Ordinal)
                .Replace("{id}", new string('0', 32), StringComparison.Ordinal)
                .Replace("{**path}", "nowhere", StringComparison.Ordinal),
            endpoint.Metadata.GetMetadata<AccessRule>()?.Door ?? (AccessDoor)(-1))));

    private sealed record DoorTried(string Method, string Path, AccessDoor Door)
    {
        public override string ToString() => $"{Method} {Path} ({Door})";
    }
}
