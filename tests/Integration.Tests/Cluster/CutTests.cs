using DataLoad.Integration.Tests.EndToEnd;
using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.Cluster;

/// <summary>Nodes that are cut off from each other, from the store or from the broker: one side goes on, no cell is wrong, and when the cut heals the cluster
/// is whole without a hand.</summary>
public sealed class CutTests
{
    [Fact]
    public Task A_node_that_is_cut_off_from_the_store_alone_leaves_and_comes_back() => Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 31, Unidentified = 0 };
        var connection = new NpgsqlConnectionStringBuilder(scenario.Store);
        await using var store = new Proxy(connection.Host!, connection.Port);
        connection.Port = store.Port;
        var nodes = new NodeSet(scenario);
        var stays = nodes.Launch();
        var leaves = nodes.Launch($"store.connection = \"{connection.ConnectionString}\"");
        await nodes.WaitUntilEvenAsync();
        var sending = scenario.SendMixAsync(4_000, batchMessages: 250);
        store.FallSilent();

        await leaves.WaitForLogAsync("reaches it: this node leaves the cluster");
        await NodeSet.WaitUntilAloneAsync(stays);
        store.SpeakAgain();

        await sending;
        await nodes.WaitUntilEvenAsync();
        await scenario.ShouldBeExactAsync(crashed: true);
    });

    [Fact]
    public Task A_node_that_is_cut_off_from_the_broker_alone_counts_what_the_other_one_takes() => Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 32, Unidentified = 0 };
        var amqp = new Uri(scenario.Amqp);
        await using var broker = new Proxy(amqp.Host, amqp.Port);
        var nodes = new NodeSet(scenario);
        nodes.Launch("amqp.heartbeat = 1s");
        var cut = nodes.Launch($"amqp {{ url = \"{new UriBuilder(amqp) { Port = broker.Port }.Uri}\", heartbeat = 1s }}");
        await nodes.WaitUntilEvenAsync();
        var sending = scenario.SendMixAsync(4_000, batchMessages: 250);
        await cut.WaitForMetricAsync("dataload_deliveries_total", 200);
        broker.FallSilent();

        await cut.WaitUntilNotReadyAsync("broker");
        await sending;
        await scenario.ShouldEqualTallyAsync();
        (await NodeSet.SharesAsync(cut)).ShouldAllBe(share => share == 16, "its Partitions go on");
        broker.SpeakAgain();

        await nodes.WaitUntilEvenAsync();
        await scenario.ShouldBeExactAsync(crashed: true);
    });

    [Fact]
    public Task Nodes_that_do_not_hear_each_other_go_on_as_one_of_them_and_are_whole_again_after() =>
        Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
        {
            scenario.Options = scenario.Options with { Seed = 33, Unidentified = 0 };
            int[] ports = [HostProcess.FreePort(), HostProcess.FreePort()];
            await using var first = new Proxy("127.0.0.1", ports[0]);
            await using var second = new Proxy("127.0.0.1", ports[1]);
            var nodes = new NodeSet(scenario);
            nodes.Launch($"cluster {{ port = {ports[0]}, advertised-port = {first.Port} }}");
            nodes.Launch($"cluster {{ port = {ports[1]}, advertised-port = {second.Port} }}");
            await nodes.WaitUntilEvenAsync();
            var sending = scenario.SendMixAsync(6_000, batchMessages: 250);
            first.FallSilent();
            second.FallSilent();

            await nodes.WaitUntilOneGoesOnAsync();
            first.SpeakAgain();
            second.SpeakAgain();

            await sending;
            await nodes.WaitUntilEvenAsync();
            await scenario.ShouldBeExactAsync(crashed: true);
        });
}
