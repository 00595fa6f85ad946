using DataLoad.Engine.Faults;
using DataLoad.Simulation.Running;
using DataLoad.Simulation.Scenarios;
using Shouldly;
using Xunit;

namespace DataLoad.Simulation.Proofs;

/// <summary>
/// Scenarios that once broke a promise, named by what is true now. Each runs under many seeds, so that it goes on meaning
/// something when the order of tasks has changed.
/// </summary>
public sealed class RegressionTests
{
    private const ulong Seeds = 100;

    public static TheoryData<string> Kept => [.. Directory.GetFiles(Folder, "*.json").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [InlineData("A node that is stopped while its shards recover waits for them", nameof(FaultPoint.ShardsNotAwaited))]
    [InlineData("A snapshot that lands late does not replace a newer one", nameof(FaultPoint.SnapshotIgnoresVersion))]
    public void Would_break_again_without_its_fix(string name, string fault)
    {
        Scenario scenario = ScenarioFile.Read(Path.Combine(Folder, $"{name}.json"));
        var seeds = new SeedRun(scenario.Seed, scenario.Seed + Seeds - 1, Enum.Parse<FaultPoint>(fault)) { Make = seed => scenario with { Seed = seed }, MaxFailures = 1 };
        seeds.Run();
        seeds.Failures.ShouldNotBeEmpty($"{fault} was not noticed in {Seeds} seeds");
    }

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Regressions");

    [Theory]
    [MemberData(nameof(Kept))]
    public void Stays_true(string name)
    {
        Scenario scenario = ScenarioFile.Read(Path.Combine(Folder, $"{name}.json"));
        for (ulong i = 0; i < Seeds; i++)
        {
            Outcome outcome = Simulator.Run(scenario with { Seed = scenario.Seed + i });
            outcome.Failure.ShouldBeNull($"{name}, with seed {scenario.Seed + i}");
        }
    }
}
