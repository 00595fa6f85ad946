using DataLoad.Host.Watching;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Watching;

/// <summary>The state of a cluster, of what its nodes say.</summary>
public sealed class OperatingStateTests
{
    private const string Broker = "The broker at mq:5672 cannot be reached: refused.";

    private static readonly OperatingState Well = new(OperatingState.Ready, []);
    private static readonly OperatingState WithoutBroker = new(OperatingState.NotReady, [Broker]);

    [Fact]
    public void A_cluster_is_ready_where_all_nodes_are_and_belong_to_it()
    {
        OfCluster(Well, Well).ShouldBe(("ready", ""));
        OfCluster(membership: "The member x cannot be reached.", Well, Well).ShouldBe(("degraded", "The member x cannot be reached."));
    }

    [Fact]
    public void A_cluster_with_a_node_of_some_use_is_degraded_and_with_none_not_ready()
    {
        OfCluster(WithoutBroker, Well).ShouldBe(("degraded", $"Node n0: {Broker}"));
        OfCluster(WithoutBroker, WithoutBroker).ShouldBe(("not-ready", Broker));
    }

    [Fact]
    public void What_is_equal_on_some_nodes_is_one_sentence() => OfCluster(WithoutBroker, Well, WithoutBroker).ShouldBe(("degraded", $"2 nodes: {Broker}"));

    [Fact]
    public void A_node_that_says_nothing_is_named_with_why()
    {
        OperatingState state = OperatingState.OfCluster(
            new Dictionary<string, OperatingState>(StringComparer.Ordinal) { ["a"] = WithoutBroker },
            new Dictionary<string, string>(StringComparer.Ordinal) { ["b"] = "it did not answer within 2 s" }, []);

        state.Reasons.ShouldBe([$"Node a: {Broker}", "Node b says nothing of itself: it did not answer within 2 s."]);
        OperatingState.OfCluster(
            new Dictionary<string, OperatingState>(StringComparer.Ordinal) { ["a"] = Well },
            new Dictionary<string, string>(StringComparer.Ordinal) { ["b"] = "gone" }, []).State.ShouldBe("degraded");
    }

    [Fact]
    public void Faults_that_are_alike_are_one_sentence_and_few_are_named()
    {
        KeyValuePair<string, string>[] failing =
        [
            .. Enumerable.Range(0, 17).Select(i => KeyValuePair.Create($"s{i}", "not connected to the broker at mq:5672")),
            KeyValuePair.Create("act.buy", "no such table: orders"),
            KeyValuePair.Create("act.buy (parked)", "no such table: orders"),
            KeyValuePair.Create("act.off", "no such table: orders"),
        ];

        OperatingState.Sentences(failing).ShouldBe(["17 streams: not connected to the broker at mq:5672.", "act.buy, act.off: no such table: orders."]);
    }

    private static (string State, string Reasons) OfCluster(params OperatingState[] nodes) => OfCluster(membership: null, nodes);

    private static (string State, string Reasons) OfCluster(string? membership, params OperatingState[] nodes)
    {
        OperatingState state = OperatingState.OfCluster(
            nodes.Index().ToDictionary(node => $"n{node.Index}", node => node.Item, StringComparer.Ordinal),
            new Dictionary<string, string>(StringComparer.Ordinal), membership is null ? [] : [membership]);
        return (state.State, string.Join(' ', state.Reasons));
    }
}
