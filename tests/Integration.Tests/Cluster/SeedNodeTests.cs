using System.Text.Json;
using DataLoad.Integration.Tests.EndToEnd;
using Xunit;

namespace DataLoad.Integration.Tests.Cluster;

/// <summary>Nodes that are told by Akka's own settings whom to join, in place of finding each other in the store.</summary>
public sealed class SeedNodeTests
{
    [Fact]
    public Task Nodes_join_the_seed_nodes_of_Akkas_settings_and_one_that_reaches_none_joins_where_an_operator_says() =>
        Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
        {
            scenario.Options = scenario.Options with { Seed = 61, Unidentified = 0 };
            var nodes = new NodeSet(scenario);
            var port = HostProcess.FreePort();
            nodes.Launch($"cluster.port = {port} {SeedNode(port)}");
            nodes.Launch(SeedNode(port));
            await nodes.WaitUntilEvenAsync();

            // Nobody is there, and nobody is looked for elsewhere.
            var lost = nodes.Launch(SeedNode(HostProcess.FreePort()));
            await lost.WaitUntilNotReadyAsync("joining the seed nodes");
            await lost.DoAsync("/cluster/join", JsonSerializer.Serialize(new { address = $"127.0.0.1:{port}" }));
            await nodes.WaitUntilEvenAsync();

            await scenario.SendMixAsync(2_000, batchMessages: 250);
            await scenario.ShouldBeExactAsync();
        });

    /// <summary>Settings of <c>akka</c> beside those of <c>dataload</c>, among which they are written.</summary>
    private static string SeedNode(int port) => $$"""

        }
        akka.cluster.seed-nodes = ["akka.tcp://dataload@127.0.0.1:{{port}}"]
        dataload {
        """;
}
