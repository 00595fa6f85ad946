using System.Net;
using System.Text.Json;
using DataLoad.Engine.Operating;
using DataLoad.Host.Access;
using DataLoad.Host.Settings;
using Microsoft.AspNetCore.Routing;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Access;

/// <summary>Each endpoint, with and without its key. The endpoints are those that are mapped, so that a new one is tried too.</summary>
public sealed class AccessPolicyTests
{
    private const string Reader = "a reader's token";
    private const string Analyst = "an analyst's token";
    private const string Operator = "an operator's token";

    private static readonly HttpStatusCode[] Refusals =
        [HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.MisdirectedRequest, HttpStatusCode.TooManyRequests];

    [Fact]
    public async Task Every_endpoint_has_a_rule()
    {
        await using TestNode node = await TestNode.StartAsync();

        node.Endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<AccessRule>() is null).Select(endpoint => endpoint.RoutePattern.RawText).ShouldBeEmpty();
        node.Endpoints.Count.ShouldBeGreaterThan(30);
        EndpointsOf(node).Where(endpoint => endpoint.Method is not ("GET" or "HEAD") && !endpoint.Path.EndsWith("/nowhere", StringComparison.Ordinal)
            && endpoint.Policy is not (AccessPolicy.Operator or AccessPolicy.NodeSecret)).Select(endpoint => endpoint.ToString())
            .ShouldBeEmpty("what changes something takes an operator");
    }

    [Fact]
    public async Task Beyond_loopback_no_door_opens_without_a_key_but_health_and_what_tells_nothing()
    {
        await using TestNode node = await TestNode.StartAsync(WithTokens, "0.0.0.0");

        foreach (MappedEndpoint endpoint in EndpointsOf(node))
        {
            HttpStatusCode answer = await node.CallAsync(endpoint.Method, endpoint.Path);
            bool isOpen = endpoint.Policy is AccessPolicy.Open or AccessPolicy.Health;
            (answer == HttpStatusCode.Unauthorized).ShouldBe(!isOpen, $"{endpoint} answered {(int)answer}");
        }
    }

    [Fact]
    public async Task A_wrong_key_opens_nothing()
    {
        await using TestNode node = await TestNode.StartAsync(WithTokens, "0.0.0.0");

        foreach (string key in new[] { "wrong", Reader + "x", Reader[1..], "", " ", new string('x', 8000) })
        {
            foreach (MappedEndpoint endpoint in EndpointsOf(node).Where(endpoint => endpoint.Policy is AccessPolicy.Reader or AccessPolicy.Analyst or AccessPolicy.Operator or AccessPolicy.Metrics))
            {
                (await node.CallAsync(endpoint.Method, endpoint.Path, key)).ShouldBe(HttpStatusCode.Unauthorized, $"{endpoint} with '{key.Length}' characters");
            }
        }
    }

    [Fact]
    public async Task A_readers_key_opens_what_reads_and_nothing_that_changes()
    {
        await using TestNode node = await TestNode.StartAsync(WithTokens, "0.0.0.0");

        foreach (MappedEndpoint endpoint in EndpointsOf(node).Where(endpoint => endpoint.Policy is AccessPolicy.Reader or AccessPolicy.Analyst or AccessPolicy.Operator or AccessPolicy.Metrics))
        {
            HttpStatusCode answer = await node.CallAsync(endpoint.Method, endpoint.Path, Reader);
            (answer == HttpStatusCode.Forbidden).ShouldBe(
                endpoint.Policy is AccessPolicy.Analyst or AccessPolicy.Operator, $"{endpoint} answered {(int)answer}");
            answer.ShouldNotBe(HttpStatusCode.Unauthorized, endpoint.ToString());
        }

        (await node.Store.Audit.ReadAsync(before: null, action: null, 10, CancellationToken.None)).ShouldBeEmpty("what was refused was not begun");
    }

    [Fact]
    public async Task An_analysts_key_opens_what_shows_people_too_and_nothing_that_changes()
    {
        await using TestNode node = await TestNode.StartAsync(WithTokens, "0.0.0.0");

        foreach (MappedEndpoint endpoint in EndpointsOf(node).Where(endpoint => endpoint.Policy is AccessPolicy.Reader or AccessPolicy.Analyst or AccessPolicy.Operator))
        {
            HttpStatusCode answer = await node.CallAsync(endpoint.Method, endpoint.Path, Analyst);
            (answer == HttpStatusCode.Forbidden).ShouldBe(endpoint.Policy == AccessPolicy.Operator, $"{endpoint} answered {(int)answer}");
        }

        (await node.CallAsync("GET", "/api/v1/journal?shard=0&users=true", Reader)).ShouldNotBe(HttpStatusCode.OK);
        foreach (string path in (string[])["/api/v1/explain", "/api/v1/trace", "/api/v1/trace.csv"])
        {
            EndpointsOf(node).ShouldContain(endpoint => endpoint.Policy == AccessPolicy.Analyst && endpoint.Path == path);
        }
    }

    [Fact]
    public async Task An_operators_key_opens_every_door()
    {
        await using TestNode node = await TestNode.StartAsync(WithTokens, "0.0.0.0");

        foreach (MappedEndpoint endpoint in EndpointsOf(node).Where(endpoint => endpoint.Policy != AccessPolicy.NodeSecret))
        {
            Refusals.ShouldNotContain(await node.CallAsync(endpoint.Method, endpoint.Path, Operator), endpoint.ToString());
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

        foreach (MappedEndpoint endpoint in EndpointsOf(node))
        {
            foreach (string origin in new[] { "http://evil.example", "null", "http://127.0.0.1:1", $"http://localhost:{node.Http.BaseAddress!.Port}" })
            {
                (await node.CallAsync(endpoint.Method, endpoint.Path, tokens ? Operator : null, request => request.Headers.Add("Origin", origin)))
                    .ShouldBe(HttpStatusCode.Forbidden, $"{endpoint} from {origin}");
            }

            (await node.CallAsync(endpoint.Method, endpoint.Path, tokens ? Operator : null, request => request.Headers.Add("Sec-Fetch-Site", "cross-site")))
                .ShouldBe(HttpStatusCode.Forbidden, $"{endpoint} from another site");
            if (endpoint.Policy == AccessPolicy.Health && address is "0.0.0.0")
            {
                continue;
            }

            foreach (string host in new[] { "evil.example", $"evil.example:{node.Http.BaseAddress!.Port}", "localhost.evil.example", "10.1.2.3" })
            {
                (await node.CallAsync(endpoint.Method, endpoint.Path, tokens ? Operator : null, request => request.Headers.Host = host))
                    .ShouldBe(HttpStatusCode.MisdirectedRequest, $"{endpoint} as {host}");
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
        (await node.CallAsync("GET", "/api/v1/catalog", change: request => request.Headers.Host = $"localhost:{node.Http.BaseAddress!.Port}"))
            .ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_changes_something_needs_the_header_that_no_form_can_send_and_a_json_body()
    {
        await using TestNode node = await TestNode.StartAsync();

        foreach (MappedEndpoint endpoint in EndpointsOf(node).Where(endpoint => endpoint is { Policy: AccessPolicy.Operator, Method: not "GET" }))
        {
            (await node.CallAsync(endpoint.Method, endpoint.Path, change: request => request.Headers.Remove(AccessGate.RequestHeader)))
                .ShouldBe(HttpStatusCode.Forbidden, endpoint.ToString());
        }

        (await node.CallAsync("POST", "/api/v1/dead-letters/requeue", change: request =>
            request.Content = new StringContent("{\"all\":true}", System.Text.Encoding.UTF8, "text/plain")))
            .ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await node.Store.Audit.ReadAsync(before: null, action: null, 10, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_nodes_secret_opens_rebuilding_alone()
    {
        await using TestNode node = await TestNode.StartAsync(WithTokens, "0.0.0.0");

        (await node.CallAsync("POST", "/admin/rebuild", TestNode.Secret))
            .ShouldBe(HttpStatusCode.ServiceUnavailable, "it is let in, and the node owns nothing");
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

        foreach (MappedEndpoint endpoint in EndpointsOf(node))
        {
            using HttpResponseMessage answer = await node.SendAsync(endpoint.Method, endpoint.Path);
            string policy = answer.Headers.GetValues("Content-Security-Policy").Single();
            policy.ShouldContain("frame-ancestors 'none'");
            policy.ShouldContain("default-src 'none'");
            policy.ShouldNotContain("unsafe");
            answer.Headers.GetValues("X-Content-Type-Options").Single().ShouldBe("nosniff");
            answer.Headers.GetValues("Referrer-Policy").Single().ShouldBe("no-referrer");

            // The files of the dashboard hold no data, so that a browser may keep them; what the API says it may not.
            bool mayBeKept = endpoint.Policy == AccessPolicy.Open && !endpoint.Path.StartsWith("/api/", StringComparison.Ordinal);
            (answer.Headers.CacheControl!.NoStore || (mayBeKept && answer.Headers.CacheControl.NoCache)).ShouldBeTrue(endpoint.ToString());
        }
    }

    [Fact]
    public async Task What_is_done_is_written_down_and_what_fails_says_why()
    {
        await using TestNode node = await TestNode.StartAsync(WithTokens);

        (await node.CallAsync("POST", "/api/v1/streams/act.buy/pause", Operator)).ShouldBe(HttpStatusCode.OK);
        (await node.CallAsync("POST", "/api/v1/dead-letters/requeue", Operator, request =>
            request.Content = new StringContent("{\"all\":true}", System.Text.Encoding.UTF8, "application/json")))
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
            .SelectMany(path => path.Value.EnumerateObject().Where(entry => entry.Name is not "parameters")
                .Select(entry => $"{entry.Name.ToUpperInvariant()} /api/v1{path.Name}"));
        IEnumerable<string> mapped = node.Endpoints
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/api/v1", StringComparison.Ordinal))
            .SelectMany(endpoint =>
                endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(method => $"{method} {endpoint.RoutePattern.RawText}"));
        described.Order(StringComparer.Ordinal).ShouldBe(mapped.Order(StringComparer.Ordinal));
        string yaml = await (await node.SendAsync("GET", "/api/v1/openapi.yaml")).Content.ReadAsStringAsync();
        foreach (JsonProperty path in description.RootElement.GetProperty("paths").EnumerateObject())
        {
            yaml.ShouldContain($"  {path.Name}:");
        }
    }

    private static HttpSettings WithTokens(HttpSettings http) => http with { ReaderToken = Reader, AnalystToken = Analyst, OperatorToken = Operator };

    private static IEnumerable<MappedEndpoint> EndpointsOf(TestNode node) => node.Endpoints.SelectMany(endpoint =>
        (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST", "PUT", "DELETE"]).Select(method => new MappedEndpoint(
            method,
            endpoint.RoutePattern.RawText!
                .Replace("{stream}", "act.buy", StringComparison.Ordinal)
                .Replace("{id}", new string('0', 32), StringComparison.Ordinal)
                .Replace("{**path}", "nowhere", StringComparison.Ordinal),
            endpoint.Metadata.GetMetadata<AccessRule>()?.Policy ?? (AccessPolicy)(-1))));

    private sealed record MappedEndpoint(string Method, string Path, AccessPolicy Policy)
    {
        public override string ToString() => $"{Method} {Path} ({Policy})";
    }
}
