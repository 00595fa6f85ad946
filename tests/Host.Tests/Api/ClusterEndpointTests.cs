using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Operating;
using DataLoad.Engine.Partitions;
using DataLoad.Host.Access;
using DataLoad.Host.Tests.Access;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Api;

/// <summary>The cluster and its Partitions, as the API shows them on a node whose actor system does not run.</summary>
public sealed class ClusterEndpointTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_node_without_an_actor_system_is_no_member_and_names_those_that_the_store_knows()
    {
        await using TestNode node = await TestNode.StartAsync();
        await EnterAsync(node, "other-1", "http://10.0.0.5:8080");

        JsonElement cluster = await ReadAsync(node, "/api/v1/cluster");

        cluster.GetProperty("node").GetString().ShouldBe("test-node");
        cluster.GetProperty("isMember").GetBoolean().ShouldBeFalse();
        cluster.GetProperty("address").ValueKind.ShouldBe(JsonValueKind.Null);
        cluster.GetProperty("waitingFor").GetString().ShouldBe("the start has not begun");
        cluster.GetProperty("members").GetArrayLength().ShouldBe(0);
        JsonElement other = cluster.GetProperty("others").EnumerateArray().Single();
        other.GetProperty("id").GetString().ShouldBe("other-1");
        other.GetProperty("http").GetString().ShouldBe("http://10.0.0.5:8080");
        cluster.ToString().ShouldNotContain("secret of other-1");
    }

    [Fact]
    public async Task While_the_store_is_away_it_says_so_and_shows_the_rest()
    {
        await using TestNode node = await TestNode.StartAsync();
        node.Store.Before = call => call.StartsWith("Nodes.", StringComparison.Ordinal) ? throw new TimeoutException("gone fishing") : ValueTask.CompletedTask;

        JsonElement cluster = await ReadAsync(node, "/api/v1/cluster");

        cluster.GetProperty("storeError").GetString()!.ShouldContain("gone fishing");
        cluster.GetProperty("node").GetString().ShouldBe("test-node");
    }

    [Theory]
    [InlineData("leave", "{}", HttpStatusCode.ServiceUnavailable, "No actor system runs on the node now")]
    [InlineData("down-unreachable", "{}", HttpStatusCode.ServiceUnavailable, "No actor system runs on the node now")]
    [InlineData("down", "{}", HttpStatusCode.BadRequest, "address is missing")]
    [InlineData("join", "{}", HttpStatusCode.BadRequest, "expected where a member's actor system is reached")]
    [InlineData("join", """{"address":"akka.tcp://other@10.0.0.5:4053"}""", HttpStatusCode.BadRequest, "akka.tcp://other@10.0.0.5:4053")]
    [InlineData("join", """{"address":"10.0.0.5:4053"}""", HttpStatusCode.ServiceUnavailable, "No actor system runs on the node now")]
    [InlineData("leave", """{"address":""}""", HttpStatusCode.BadRequest, "expected 1 to 300")]
    [InlineData("leave", """{"address":7}""", HttpStatusCode.BadRequest, "The body is not as expected")]
    public async Task What_cannot_be_done_is_said_in_a_sentence_and_not_begun(string action, string body, HttpStatusCode status, string sentence)
    {
        await using TestNode node = await TestNode.StartAsync();

        using HttpResponseMessage answer = await node.SendAsync("POST", $"/api/v1/cluster/{action}", change: request =>
            request.Content = new StringContent(body, Encoding.UTF8, "application/json"));

        answer.StatusCode.ShouldBe(status);
        using JsonDocument problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        problem.RootElement.GetProperty("detail").GetString()!.ShouldContain(sentence);
        (await node.Store.Audit.ReadAsync(before: null, action: null, 10, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Partitions_are_shown_wherever_they_are_and_those_that_nobody_runs_too()
    {
        await using TestNode node = await TestNode.StartAsync();
        PartitionRegistry registry = node.Services.Node.Registry;
        registry.Report(new PartitionStatus
        {
            Partition = 0,
            Node = "test-node",
            Phase = PartitionPhase.Serving,
            SequenceNr = 12,
            Checkpoint = 10,
            EventsSinceCheckpoint = 300,
            Counters = 4,
            ResidentBytes = 1000,
            SinceMs = 5,
        });
        registry.ReportElsewhere(new PartitionStatus { Partition = 2, Node = "other-1", Phase = PartitionPhase.Recovering, Counters = 7, Failing = "no journal" });
        registry.PersistFailed(1, 9, "no disk");

        JsonElement[] partitions = [.. (await ReadAsync(node, "/api/v1/partitions")).GetProperty("partitions").EnumerateArray()];
        JsonElement stats = await ReadAsync(node, "/api/v1/partitions/stats");
        JsonElement[] shards = [.. (await ReadAsync(node, "/api/v1/shards")).GetProperty("shards").EnumerateArray()];

        partitions.Length.ShouldBe(node.Services.Settings.Engine.Partitions.Partitions);
        partitions[0].ToString().ShouldBe("""{"partition":0,"node":"test-node","phase":"serving","epoch":0,"sequenceNr":12,"checkpointSequenceNr":10,"lag":2,"uncheckpointed":300,"counters":4,"residentBytes":1000,"unflushed":0,"damaged":0,"since":5,"failing":null}""");
        partitions[1].GetProperty("phase").GetString().ShouldBe("unknown");
        partitions[1].GetProperty("failing").GetString()!.ShouldContain("no disk");
        (partitions[2].GetProperty("node").GetString(), partitions[2].GetProperty("failing").GetString()).ShouldBe(("other-1", "no journal"));
        string[] members = ["node", "isSelf", "partitions", "serving", "counters"];
        stats.GetProperty("nodes").EnumerateArray().Select(one => string.Join(' ', members.Select(member => one.GetProperty(member).ToString())))
            .ShouldBe(["other-1 False 1 0 7", "test-node True 1 1 4", $" False {partitions.Length - 2} 0 0"]);
        shards.Select(shard => (shard.GetProperty("shard").GetInt32(), shard.GetProperty("node").GetString())).ShouldBe([(0, "test-node"), (2, "other-1")]);
    }

    [Fact]
    public async Task Moves_of_Partitions_are_told_as_they_happen()
    {
        await using TestNode node = await TestNode.StartAsync();
        Stream stream = await node.Http.GetStreamAsync("/api/v1/cluster/tail");
        await using IAsyncEnumerator<SseItem<string>> events = SseParser.Create(stream).EnumerateAsync().GetAsyncEnumerator();

        // Again and again, since nobody says when the watch has begun.
        using var limit = new CancellationTokenSource(Patience);
        Task<bool> first = events.MoveNextAsync().AsTask();
        for (int i = 0; !first.IsCompleted; i++)
        {
            node.Services.Node.Registry.ReportElsewhere(new PartitionStatus { Partition = 3, Node = $"other-{i % 2}", Phase = PartitionPhase.Serving });
            await Task.WhenAny(first, Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token));
            limit.Token.ThrowIfCancellationRequested();
        }

        (await first).ShouldBeTrue();
        events.Current.EventType.ShouldBe("change");
        JsonElement change = JsonDocument.Parse(events.Current.Data).RootElement;
        (change.GetProperty("what").GetString(), change.GetProperty("partition").GetInt32(), change.GetProperty("phase").GetString())
            .ShouldBe(("partition", 3, "serving"));
        change.GetProperty("id").GetString()!.ShouldStartWith("other-");
    }

    internal static async Task EnterAsync(TestNode node, string id, string http) => await node.Store.Nodes.EnterAsync(
        new NodePlace(new NodeInfo(id, http, $"secret of {id}"), "akka.tcp://dataload@10.0.0.5:4053", 7, NodeProtocol.Current), TimeSpan.FromHours(1),
        CancellationToken.None);

    private static async Task<JsonElement> ReadAsync(TestNode node, string path) =>
        JsonDocument.Parse(await node.Http.GetStringAsync(new Uri(path, UriKind.Relative))).RootElement;
}
