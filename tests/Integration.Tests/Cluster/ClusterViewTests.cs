using System.Net.ServerSentEvents;
using System.Text.Json;
using DataLoad.Integration.Tests.EndToEnd;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.Cluster;

/// <summary>What each of two nodes shows of the whole, and lets be done to the other.</summary>
public sealed class ClusterViewTests
{
    [Fact]
    public Task Each_node_shows_all_of_the_cluster_and_one_that_is_told_to_leave_joins_anew() => Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 31, Unidentified = 0 };
        var nodes = new NodeSet(scenario);
        await nodes.StartAsync(2);
        string[] ids = [await IdOfAsync(nodes[0]), await IdOfAsync(nodes[1])];
        for (var i = 0; i < 2; i++)
        {
            await ShouldShowBothAsync(nodes[i], ids[i], ids[1 - i]);
        }

        // Events that Partitions of both nodes count, whichever is asked; and what each counts is told by the other.
        var tail = CountedOfAsync(nodes[0], ids);
        var live = RatesOfAsync(nodes[1], ids);
        var sending = scenario.SendMixAsync(3_000, batchMessages: 250);
        await tail;
        await live;
        await sending;

        var leaving = (await MembersAsync(nodes[1])).Single(member => member.GetProperty("isSelf").GetBoolean()).GetProperty("address").GetString();
        await nodes[0].DoAsync("/cluster/leave", JsonSerializer.Serialize(new { address = leaving }));
        await nodes[1].WaitForLogAsync("is made anew");
        await nodes.WaitUntilEvenAsync();

        (await IdOfAsync(nodes[1])).ShouldBe(ids[1], "its process went on");
        (await MembersAsync(nodes[0])).Select(member => member.GetProperty("address").GetString()).ShouldNotContain(leaving);
        await nodes[0].DoAsync("/cluster/join", """{"address":"127.0.0.1:4053"}""", System.Net.HttpStatusCode.Conflict);
        (await nodes[1].MetricsAsync()).Sum("dataload_partitions_given_up_total").ShouldBeGreaterThan(0);
        (await nodes[0].MetricsAsync()).Sum("dataload_cluster_members_up").ShouldBe(2);
        await scenario.ShouldBeExactAsync();
    });

    private static async Task ShouldShowBothAsync(HostProcess node, string id, string other)
    {
        // A node learns a moment after its Partitions are spread that all are up.
        await Deadline.UntilAsync("both to be up", async () => (await MembersAsync(node)).Count(member => member.GetProperty("status").GetString() is "Up") == 2);
        var members = await MembersAsync(node);
        members.Select(member => member.GetProperty("id").GetString()).ShouldBe([id, other], ignoreOrder: true);
        members.Count(member => member.GetProperty("isLeader").GetBoolean()).ShouldBe(1);
        members.Count(member => member.GetProperty("isOldest").GetBoolean()).ShouldBe(1);
        members.Select(member => member.GetProperty("partitions").GetInt32()).ShouldBe([16, 16]);
        members.ShouldAllBe(member => member.GetProperty("upSince").GetInt64() > 0);

        (await node.ReadAsync("/cluster")).GetProperty("others").GetArrayLength().ShouldBe(0);
        (await node.ReadAsync($"/nodes/{other}/status")).GetProperty("node").GetString().ShouldBe(other);
        (await node.ReadAsync($"/nodes/{other}/streams")).GetProperty("streams").GetArrayLength().ShouldBeGreaterThan(0);
        (await node.ReadAsync($"/nodes/{other}/actors?path=/user&depth=1")).GetProperty("actors").GetArrayLength().ShouldBeGreaterThan(1);
        var partitions = (await node.ReadAsync("/partitions")).GetProperty("partitions").EnumerateArray().ToList();
        partitions.Count.ShouldBe(32);
        partitions.ShouldAllBe(partition => partition.GetProperty("phase").GetString() == "serving");
        partitions.CountBy(partition => partition.GetProperty("node").GetString()!).Select(count => count.Value).ShouldBe([16, 16]);
        (await node.ReadAsync("/shards")).GetProperty("shards").GetArrayLength().ShouldBe(32);
    }

    /// <summary>Watches counted events on one node until there were some that each node counts.</summary>
    private static async Task CountedOfAsync(HostProcess node, string[] ids)
    {
        var owners = (await node.ReadAsync("/partitions")).GetProperty("partitions").EnumerateArray()
            .ToDictionary(partition => partition.GetProperty("partition").GetInt32(), partition => partition.GetProperty("node").GetString()!);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        await WatchAsync(node, "/tail?rate=1000", one =>
        {
            if (one.EventType is "counted")
            {
                seen.Add(owners[JsonDocument.Parse(one.Data).RootElement.GetProperty("shard").GetInt32()]);
            }

            return seen.SetEquals(ids);
        });
    }

    /// <summary>Watches live rates on one node until both are told.</summary>
    private static Task RatesOfAsync(HostProcess node, string[] ids) => WatchAsync(node, "/live", one =>
        JsonDocument.Parse(one.Data).RootElement.GetProperty("nodes").EnumerateObject().Select(entry => entry.Name).ToHashSet(StringComparer.Ordinal).SetEquals(ids));

    private static async Task WatchAsync(HostProcess node, string path, Func<SseItem<string>, bool> isEnough)
    {
        using var limit = new CancellationTokenSource(Deadline.Usual);
        using var http = new HttpClient();
        await using var stream = await http.GetStreamAsync(new Uri(node.Http, "/api/v1" + path), limit.Token);
        await foreach (var one in SseParser.Create(stream).EnumerateAsync(limit.Token))
        {
            if (isEnough(one))
            {
                return;
            }
        }

        throw new InvalidOperationException($"{path} ended");
    }

    private static async Task<IReadOnlyList<JsonElement>> MembersAsync(HostProcess node) =>
        [.. (await node.ReadAsync("/cluster")).GetProperty("members").EnumerateArray()];

    private static async Task<string> IdOfAsync(HostProcess node) => (await node.ReadAsync("/status")).GetProperty("node").GetString()!;
}
