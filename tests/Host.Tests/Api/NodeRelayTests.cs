using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using DataLoad.Engine.Operating;
using DataLoad.Host.Api;
using DataLoad.Host.Settings;
using DataLoad.Host.Tests.Access;
using DataLoad.Host.Tests.Operating;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Api;

/// <summary>What a node is asked of another one: it passes it on, and nothing else.</summary>
public sealed class NodeRelayTests
{
    private const string Token = "an operator's token";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task What_is_asked_of_another_node_is_passed_on_with_query_and_token_and_answered_as_it_came()
    {
        await using StubNode other = await StubNode.StartAsync();
        await using TestNode node = await TestNode.StartAsync(WithToken);
        await ClusterEndpointTests.EnterAsync(node, "shop-22-ab", other.Address);
        await ClusterEndpointTests.EnterAsync(node, "shop-33-cd", "http://127.0.0.1:1");
        other.Answers("GET /api/v1/actors?path=%2Fsystem&depth=2", """{"a":1}""");
        other.Refuses("GET /api/v1/streams/act.b%20uy", 404, "There is no stream.");

        using HttpResponseMessage actors = await node.SendAsync("GET", "/api/v1/nodes/shop-2/actors?path=%2Fsystem&depth=2", Token);
        using HttpResponseMessage unknown = await node.SendAsync("GET", "/api/v1/nodes/shop-22-ab/streams/act.b%20uy", Token);

        (await actors.Content.ReadAsStringAsync()).ShouldBe("""{"a":1}""");
        actors.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        other.LastHeaders.Authorization.ToString().ShouldBe($"Bearer {Token}");
        unknown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await unknown.Content.ReadAsStringAsync()).ShouldContain("There is no stream.");
    }

    [Fact]
    public async Task Rates_are_those_of_all_nodes_together_and_one_that_cannot_be_asked_is_named_with_its_reason()
    {
        await using StubNode other = await StubNode.StartAsync();
        await using TestNode node = await TestNode.StartAsync(WithToken);
        await ClusterEndpointTests.EnterAsync(node, "shop-22-ab", other.Address);
        await ClusterEndpointTests.EnterAsync(node, "shop-33-cd", "http://127.0.0.1:1");
        other.Answers("GET /api/v1/rates?local=true",
            """{"intervalMs":1000,"points":[{"at":5000,"events":12.5,"duplicates":1,"deadLetters":0},{"at":6000,"events":8,"duplicates":0,"deadLetters":2}]}""");

        using HttpResponseMessage answer = await node.SendAsync("GET", "/api/v1/rates", Token);
        using JsonDocument rates = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());

        JsonElement[] points = [.. rates.RootElement.GetProperty("points").EnumerateArray()];
        points.Where(point => point.GetProperty("at").GetInt64() < 10_000).Select(point => (point.GetProperty("events").GetDouble(), point.GetProperty("deadLetters").GetDouble()))
            .ShouldBe([(12.5, 0), (8, 2)]);
        JsonProperty away = rates.RootElement.GetProperty("away").EnumerateObject().Single();
        away.Name.ShouldBe("shop-33-cd");
        away.Value.GetString().ShouldNotBeNull().ShouldContain("was asked, and not with success");
    }

    [Fact]
    public async Task What_is_asked_of_the_node_itself_is_passed_on_to_nobody()
    {
        await using TestNode node = await TestNode.StartAsync();

        using JsonDocument status = JsonDocument.Parse(await node.Http.GetStringAsync(new Uri("/api/v1/nodes/test-node/status", UriKind.Relative)));

        status.RootElement.GetProperty("node").GetString().ShouldBe("test-node");
    }

    [Theory]
    [InlineData("shop", HttpStatusCode.BadRequest, "shop is the beginning of 3 ids: shop-1")]
    [InlineData("shop-9", HttpStatusCode.NotFound, "No node shop-9 runs over the store")]
    [InlineData("http:%2F%2Fevil.example", HttpStatusCode.NotFound, "No node http:%2F%2Fevil.example runs over the store")]
    [InlineData("shop-1", HttpStatusCode.Conflict, "Node shop-1 has no HTTP interface")]
    [InlineData("shop-2", HttpStatusCode.BadGateway, "Node shop-2 at http://127.0.0.1:1/ was asked, and not with success")]
    [InlineData("shop-3", HttpStatusCode.Conflict, "Node shop-3 has no HTTP interface")]
    public async Task Who_cannot_be_asked_is_named_in_a_sentence(string id, HttpStatusCode status, string sentence)
    {
        await using TestNode node = await TestNode.StartAsync();
        await ClusterEndpointTests.EnterAsync(node, "shop-1", "");
        await ClusterEndpointTests.EnterAsync(node, "shop-2", "http://127.0.0.1:1/");
        await ClusterEndpointTests.EnterAsync(node, "shop-3", "file:///etc/passwd");

        using HttpResponseMessage answer = await node.SendAsync("GET", $"/api/v1/nodes/{id}/status");

        answer.StatusCode.ShouldBe(status);
        using JsonDocument problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        problem.RootElement.GetProperty("detail").GetString()!.ShouldContain(sentence);
    }

    [Theory]
    [InlineData(200, "text/html", "<script>", "it answers 200 with 'text/html'")]
    [InlineData(302, "application/json", "{}", "it answers 302")]
    [InlineData(401, "application/problem+json", """{"detail":"The token is neither."}""", "The token is neither.")]
    public async Task What_is_no_answer_of_the_API_is_not_passed_on(int status, string type, string body, string sentence)
    {
        await using StubNode other = await StubNode.StartAsync();
        await using TestNode node = await TestNode.StartAsync();
        await ClusterEndpointTests.EnterAsync(node, "shop-1", other.Address);
        other.Answers("GET /api/v1/status", body, status, type);

        using HttpResponseMessage answer = await node.SendAsync("GET", "/api/v1/nodes/shop-1/status");

        answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        using JsonDocument problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        problem.RootElement.GetProperty("detail").GetString()!.ShouldContain(sentence);
    }

    [Fact]
    public async Task What_changes_another_node_is_written_down_here_too()
    {
        await using StubNode other = await StubNode.StartAsync();
        await using TestNode node = await TestNode.StartAsync();
        await ClusterEndpointTests.EnterAsync(node, "shop-1", other.Address);
        other.Answers("PUT /api/v1/log-levels", """{"default":"debug","categories":{}}""");

        using HttpResponseMessage answer = await node.SendAsync("PUT", "/api/v1/nodes/shop-1/log-levels", change: request =>
            request.Content = new StringContent("""{"level":"debug"}""", Encoding.UTF8, "application/json"));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        other.Requests.ShouldBe(["""PUT /api/v1/log-levels {"level":"debug"}"""]);
        other.LastHeaders["X-DataLoad-Request"].ToString().ShouldBe("1");
        AuditEntry entry = (await node.Store.Audit.ReadAsync(before: null, action: null, 10, CancellationToken.None)).Single();
        (entry.Action, entry.Target, entry.Detail, entry.Outcome).ShouldBe(("relay", "shop-1", "PUT /log-levels", "done"));
    }

    [Fact]
    public async Task The_log_of_another_node_is_shown_as_it_comes()
    {
        await using StubNode other = await StubNode.StartAsync();
        await using TestNode node = await TestNode.StartAsync();
        await ClusterEndpointTests.EnterAsync(node, "shop-1", other.Address);
        other.Answers("GET /api/v1/log/tail?lines=5", ":\n\nevent: line\ndata: {\"message\":\"one\"}\n\n", type: "text/event-stream");

        string text = await node.Http.GetStringAsync(new Uri("/api/v1/nodes/shop-1/log/tail?lines=5", UriKind.Relative));

        text.ShouldEndWith("event: line\ndata: {\"message\":\"one\"}\n\n");
    }

    [Fact]
    public async Task Counted_events_of_other_nodes_are_shown_and_a_node_that_cannot_be_heard_is_named()
    {
        await using StubNode other = await StubNode.StartAsync();
        await using TestNode node = await TestNode.StartAsync(WithToken);
        await ClusterEndpointTests.EnterAsync(node, "shop-1", other.Address);
        await ClusterEndpointTests.EnterAsync(node, "shop-2", "http://127.0.0.1:1");
        await ClusterEndpointTests.EnterAsync(node, "test-node", "http://127.0.0.1:1");
        other.Answers("GET /api/v1/tail?rate=3&local=true",
            ":\n\nevent: counted\ndata: {\"shard\":3}\n\nevent: dropped\ndata: {\"count\":7}\n\nevent: other\ndata: x\n\n", type: "text/event-stream");

        var seen = new List<string>();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/tail?rate=3") { Headers = { { "Authorization", $"Bearer {Token}" } } };
        using HttpResponseMessage answer = await node.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using Stream stream = await answer.Content.ReadAsStreamAsync();
        using var limit = new CancellationTokenSource(Patience);
        await foreach (SseItem<string> one in SseParser.Create(stream).EnumerateAsync(limit.Token))
        {
            seen.Add($"{one.EventType} {one.Data}");
            if (seen.Select(item => item.Split(' ')[0]).Distinct(StringComparer.Ordinal).Count() == 3)
            {
                break;
            }
        }

        seen.ShouldContain("""counted {"shard":3}""");
        seen.ShouldContain("""dropped {"count":7}""");
        seen.Single(item => item.StartsWith("away", StringComparison.Ordinal)).ShouldStartWith(
            """away {"node":"shop-2","why":"Node shop-2 at http://127.0.0.1:1/""");
        other.LastHeaders.Authorization.ToString().ShouldBe($"Bearer {Token}");
    }

    [Fact]
    public async Task Who_asks_for_this_node_alone_has_no_other_asked()
    {
        await using StubNode other = await StubNode.StartAsync();
        await using TestNode node = await TestNode.StartAsync();
        await ClusterEndpointTests.EnterAsync(node, "shop-1", other.Address);

        using var limit = new CancellationTokenSource(Patience);
        using var reader = new StreamReader(await node.Http.GetStreamAsync("/api/v1/tail?local=true", limit.Token), Encoding.UTF8);
        for (int beats = 0; beats < 4;)
        {
            beats += await reader.ReadLineAsync(limit.Token) is ":" ? 1 : 0;
        }

        other.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Events_are_read_in_whatever_pieces_they_come_and_none_may_be_endless()
    {
        byte[] text = Encoding.UTF8.GetBytes(":\n\nevent: a\ndata: 1\n\n:\n\nevent: b\ndata: {\"x\":\"ü\"}\n\n");
        var read = new List<string>();
        await foreach ((string name, byte[] data) in PeerEvents.ReadAsync(new DrippingStream(text), CancellationToken.None))
        {
            read.Add($"{name} {Encoding.UTF8.GetString(data)}");
        }

        read.ShouldBe(["a 1", "b {\"x\":\"ü\"}"]);
        await foreach ((string name, byte[] _) in PeerEvents.ReadAsync(new EndlessStream(), CancellationToken.None))
        {
            name.ShouldBe("none");
        }
    }

    [Fact]
    public void Nodes_add_up_and_what_waits_in_a_queue_is_there_but_once()
    {
        LiveUpdate own = Update(events: 1.25, lag: 5, streamLag: 5, "running");
        LiveUpdate first = Update(events: 2.5, lag: 7, streamLag: null, "failing");
        LiveUpdate merged = LiveSum.Merge(first, first with { Lag = 8, Streams = new Dictionary<string, LiveUpdate.LiveStream>(StringComparer.Ordinal) });

        LiveUpdate sum = LiveSum.Of("a", own, new Dictionary<string, LiveUpdate>(StringComparer.Ordinal) { ["b"] = merged });

        (sum.Rates.Events, sum.Totals.Events, sum.Lag, sum.Parked, sum.DeadLetters, sum.ResidentBytes).ShouldBe((3.75, 20, 8, 3, 4, 200));
        sum.Streams["act.buy"].ShouldBe(new LiveUpdate.LiveStream("failing", 3.75, 2, 0, 0, 5, 14));
        sum.Nodes!.Keys.Order(StringComparer.Ordinal).ShouldBe(["a", "b"]);
        sum.Nodes["b"].ShouldBe(new LiveUpdate.LiveNode("ready", 2.5, 1, 0, 0, 100, 7));
    }

    [Fact]
    public void A_number_that_no_node_knows_is_unknown_since_the_last_of_them_knew_it()
    {
        var last = new LastKnown(3827, 5);
        LiveUpdate own = Update(events: 0, lag: null, streamLag: null, "failing") with { LagLastKnown = new LastKnown(12, 4), DeadLetters = null, DeadLettersLastKnown = last };
        LiveUpdate other = Update(events: 0, lag: null, streamLag: null, "failing") with { LagLastKnown = last };

        LiveUpdate sum = LiveSum.Of("a", own, new Dictionary<string, LiveUpdate>(StringComparer.Ordinal) { ["b"] = other });

        (sum.Lag, sum.LagLastKnown).ShouldBe((null, last));
        (sum.DeadLetters, sum.DeadLettersLastKnown).ShouldBe((4, null), "the other one knows");
    }

    private static LiveUpdate Update(double events, long? lag, long? streamLag, string state) => new()
    {
        Now = 1,
        Ready = true,
        State = "ready",
        Rates = new Rates(1, events, 0, 0, 0, 0),
        Totals = new Tallies(10, 10, 0, 0, 0, 0, 0),
        Lag = lag,
        Parked = 3,
        DeadLetters = 4,
        ResidentBytes = 100,
        Streams = new Dictionary<string, LiveUpdate.LiveStream>(StringComparer.Ordinal) { ["act.buy"] = new(state, events, 1, 0, 0, streamLag, 7) },
        Today = new DateOnly(2026, 11, 24),
    };

    private static HttpSettings WithToken(HttpSettings http) => http with { OperatorToken = Token };

    /// <summary>A stream that gives a byte at a time.</summary>
    private sealed class DrippingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..1], cancellationToken);
    }

    /// <summary>A stream without an end, nor an end of an event.</summary>
    private sealed class EndlessStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill((byte)'x');
            return ValueTask.FromResult(buffer.Length);
        }
    }
}
