using System.Text.Json.Nodes;
using DataLoad.Integration.Tests.EndToEnd;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.Cluster;

/// <summary>Programs that differ in the version of what nodes send each other.</summary>
public sealed class VersionTests
{
    [Fact]
    public Task Neighbouring_versions_work_together_while_nodes_are_replaced_and_any_other_is_kept_out() => Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 41, Unidentified = 0 };
        var nodes = new NodeSet(scenario);
        var old = nodes.Launch();
        nodes.Launch(runtimeConfig: ConfigOf(scenario, version: 2));
        await nodes.WaitUntilEvenAsync();
        await scenario.SendMixAsync(2_000, batchMessages: 250);
        await scenario.ShouldEqualTallyAsync();

        var far = scenario.LaunchHost(runtimeConfig: ConfigOf(scenario, version: 3));
        await far.WaitForExitAsync();
        far.ExitCode.ShouldBe(2);
        far.Errors.ShouldContain("only neighbouring versions work together");
        await old.WaitForLogAsync("has version 3 of what nodes send each other");

        await nodes.StopAsync(old);
        nodes.Launch(runtimeConfig: ConfigOf(scenario, version: 3));
        await nodes.WaitUntilEvenAsync();
        await scenario.ShouldBeExactAsync();
    });

    private static string ConfigOf(Scenario scenario, int version)
    {
        var config = JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(Servers.Program, ".runtimeconfig.json")))!;
        config["runtimeOptions"]!["configProperties"]!["DataLoad.NodeProtocol"] = $"{version}";
        var path = scenario.PathOf($"version-{version}.runtimeconfig.json");
        File.WriteAllText(path, config.ToJsonString());
        return path;
    }
}
