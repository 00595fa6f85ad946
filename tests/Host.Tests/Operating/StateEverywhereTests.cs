using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Intake;
using DataLoad.Host.Tests.Access;
using DataLoad.Host.Tests.Commands;
using DataLoad.Host.Watching;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Operating;

/// <summary>One state of a node, seen by readiness, the API, its live rates and the commands: all say the same.</summary>
public sealed class StateEverywhereTests
{
    private const string NotConnected = "not connected to the broker at mq:5672/";

    private static readonly DateTimeOffset LastLook = DateTimeOffset.UtcNow - TimeSpan.FromMinutes(4);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly NodeFacts Well = new()
    {
        IsServing = true,
        Streams = Catalog.Default.Streams.ToDictionary(stream => stream.Name, stream => new StreamStatus(stream.Name, IsPaused: false, Failing: null, 100, 0), StringComparer.Ordinal),
        Lag = Lengths(isKnown: true),
        DeadLetters = new QueueLength(2, LastLook, IsKnown: true),
        Parked = 0,
    };

    /// <summary>What a node says, the state that it is in, and the reasons.</summary>
    public static TheoryData<string, string, string[]> States => new()
    {
        { "well", "ready", [] },
        { "paused", "degraded", ["Paused by request: act.buy."] },
        { "damaged", "degraded", ["3 Counters are damaged and set aside: log 2106 names them, 'dataload rebuild' makes them anew."] },
        { "failing", "not-ready", ["act.buy: no such table: orders."] },
        { "letters", "not-ready", ["dead letters: 2 dead letters wait to be published, among them a letter of act.buy."] },
        { "blocked", "not-ready", ["dead letters: the broker blocks publishing: low on memory."] },
        { "store", "not-ready", ["The store fails: the disk is full."] },
        { "partition", "not-ready", ["Partition 3 cannot persist at SequenceNr 7: no disk."] },
        { "broker", "not-ready", ["The broker at mq:5672 cannot be reached: refused.", $"17 streams: {NotConnected}."] },
        { "start", "not-ready", ["The node does not serve: the store is not there yet.", "The broker is not connected: not connected yet."] },
    };

    [Theory]
    [MemberData(nameof(States))]
    public async Task The_state_is_the_same_wherever_it_is_shown(string what, string state, string[] reasons)
    {
        await using TestNode node = await StartAsync(what);

        JsonElement status = await ReadAsync(node, "/api/v1/status");
        JsonElement cluster = await ReadAsync(node, "/api/v1/cluster");
        JsonElement live = await FirstOfLiveAsync(node);
        using HttpResponseMessage ready = await node.SendAsync("GET", "/health/ready");
        JsonElement readiness = JsonDocument.Parse(await ready.Content.ReadAsStringAsync()).RootElement;

        foreach (JsonElement seen in (JsonElement[])[status, cluster, live, live.GetProperty("cluster"), readiness])
        {
            seen.GetProperty("state").GetString().ShouldBe(state);
            seen.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()).ShouldBe(reasons);
        }

        bool isReady = state is not "not-ready";
        ready.StatusCode.ShouldBe(isReady ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable);
        (readiness.GetProperty("isReady").GetBoolean(), status.GetProperty("ready").GetBoolean(), live.GetProperty("ready").GetBoolean()).ShouldBe((isReady, isReady, isReady));
        (await ReadAsync(node, "/api/v1/nodes")).GetProperty("nodes")[0].GetProperty("state").GetString().ShouldBe(state);

        string words = state.Replace('-', ' ');
        CommandRun shown = await RunAsync(node, "status");
        shown.Code.ShouldBe(isReady ? 0 : 1);
        Lines(shown).ShouldContain($"state\t{words}");
        Lines(shown)[^reasons.Length..].ShouldBe(reasons);
        CommandRun members = await RunAsync(node, "cluster", "show");
        Lines(members)[^(reasons.Length + 1)..].ShouldBe([$"the cluster is\t{words}", .. reasons]);
        CommandRun home = await RunAsync(node);
        Lines(home)[1].ShouldEndWith(reasons.Length == 0 ? $"is {words}." : $"is {words}: {string.Join(' ', reasons)}");
    }

    [Fact]
    public async Task With_the_broker_away_what_waits_is_unknown_since_the_last_look_and_never_0()
    {
        await using TestNode node = await StartAsync("broker");
        long at = LastLook.ToUnixTimeMilliseconds();

        JsonElement status = await ReadAsync(node, "/api/v1/status");
        JsonElement live = await FirstOfLiveAsync(node);
        foreach (JsonElement seen in (JsonElement[])[status, live])
        {
            seen.GetProperty("lag").ValueKind.ShouldBe(JsonValueKind.Null);
            seen.GetProperty("lagLastKnown").ToString().ShouldBe($$"""{"value":3827,"at":{{at}}}""");
            seen.GetProperty("deadLetters").ValueKind.ShouldBe(JsonValueKind.Null);
            seen.GetProperty("deadLettersLastKnown").ToString().ShouldBe($$"""{"value":2,"at":{{at}}}""");
        }

        JsonElement stream = await ReadAsync(node, "/api/v1/streams/act.visit");
        (stream.GetProperty("state").GetString(), stream.GetProperty("lag").ValueKind).ShouldBe(("failing", JsonValueKind.Null));
        stream.GetProperty("lagLastKnown").GetProperty("value").GetInt64().ShouldBe(3815);
        live.GetProperty("streams").GetProperty("act.visit").GetProperty("lagLastKnown").GetProperty("value").GetInt64().ShouldBe(3815);

        string[] shown = Lines(await RunAsync(node, "status"));
        shown.Single(line => line.StartsWith("lag", StringComparison.Ordinal)).ShouldMatch(@"^lag\tunknown since 20\d\d-.+, 4 min ago; it was 3,827 then$");
        shown.Single(line => line.StartsWith("dead letters\t", StringComparison.Ordinal)).ShouldContain("unknown since");
        string[] streams = Lines(await RunAsync(node, "streams"));
        streams.Count(line => line.Contains(NotConnected, StringComparison.Ordinal)).ShouldBe(1);
        streams[^2].ShouldBe($"17 streams: {NotConnected}.");
        streams[^1].ShouldMatch(@"^lag unknown since 20\d\d-.+; it was then: act\.visit 3,815, act\.share 12$");
    }

    [Fact]
    public async Task What_was_never_looked_at_is_unknown_without_an_age()
    {
        await using TestNode node = await StartAsync("start");

        JsonElement status = await ReadAsync(node, "/api/v1/status");

        foreach (string number in (string[])["lag", "lagLastKnown", "deadLetters", "deadLettersLastKnown", "parked"])
        {
            status.GetProperty(number).ValueKind.ShouldBe(JsonValueKind.Null, number);
        }

        Lines(await RunAsync(node, "status")).ShouldContain("lag\t?");
    }

    private static async Task<TestNode> StartAsync(string what)
    {
        TestNode node = await TestNode.StartAsync(replace: services => services.RemoveAll<INodeFacts>().AddSingleton<INodeFacts>(new Said(FactsOf(what))));
        if (what is "store")
        {
            node.Store.Before = call => call is "Store.Ping" ? throw new TimeoutException("the disk is full") : ValueTask.CompletedTask;
        }

        return node;
    }

    private static NodeFacts FactsOf(string what) => what switch
    {
        "paused" => Well with { Streams = With("act.buy", stream => stream with { IsPaused = true }) },
        "damaged" => Well with { Damaged = 3 },
        "failing" => Well with { Streams = With("act.buy", stream => stream with { Failing = "no such table: orders" }), Failing = [new("act.buy", "no such table: orders")] },
        "letters" => Well with { Failing = [new("dead letters", "2 dead letters wait to be published, among them a letter of act.buy")] },
        "blocked" => Well with { Failing = [new("dead letters", "the broker blocks publishing: low on memory")] },
        "partition" => Well with { FailingPartitions = ["Partition 3 cannot persist at SequenceNr 7: no disk"] },
        "broker" => Well with
        {
            BrokerError = "The broker at mq:5672 cannot be reached: refused",
            Streams = Well.Streams.ToDictionary(stream => stream.Key, stream => stream.Value with { Failing = NotConnected }, StringComparer.Ordinal),
            Failing = [.. Well.Streams.Keys.Select(stream => KeyValuePair.Create(stream, NotConnected))],
            Lag = Lengths(isKnown: false),
            DeadLetters = Well.DeadLetters!.Value with { IsKnown = false },
        },
        "start" => new NodeFacts { IsServing = false, WaitingFor = "the store is not there yet", BrokerError = "not connected yet" },
        _ => Well,
    };

    private static Dictionary<string, StreamStatus> With(string name, Func<StreamStatus, StreamStatus> change) =>
        Well.Streams.ToDictionary(stream => stream.Key, stream => string.Equals(stream.Key, name, StringComparison.Ordinal) ? change(stream.Value) : stream.Value, StringComparer.Ordinal);

    private static Dictionary<string, QueueLength> Lengths(bool isKnown) => Catalog.Default.Streams.ToDictionary(
        stream => stream.Name, stream => new QueueLength(stream.Name switch { "act.visit" => 3815, "act.share" => 12, _ => 0 }, LastLook, isKnown), StringComparer.Ordinal);

    private static async Task<JsonElement> ReadAsync(TestNode node, string path) =>
        JsonDocument.Parse(await node.Http.GetStringAsync(new Uri(path, UriKind.Relative))).RootElement;

    private static async Task<JsonElement> FirstOfLiveAsync(TestNode node)
    {
        using var limit = new CancellationTokenSource(Patience);
        await using Stream stream = await node.Http.GetStreamAsync("/api/v1/live", limit.Token);
        await foreach (SseItem<string> one in SseParser.Create(stream).EnumerateAsync(limit.Token))
        {
            if (one.EventType is "snapshot")
            {
                return JsonDocument.Parse(one.Data).RootElement;
            }
        }

        throw new InvalidOperationException("live ended without a snapshot");
    }

    private static Task<CommandRun> RunAsync(TestNode node, params string[] words) => CommandRun.OfAsync([.. words, "--address", node.Http.BaseAddress!.ToString()]);

    private static string[] Lines(CommandRun run) => run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private sealed class Said(NodeFacts facts) : INodeFacts
    {
        public NodeFacts Take() => facts;
    }
}
