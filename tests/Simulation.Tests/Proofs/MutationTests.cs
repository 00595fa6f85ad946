using System.Globalization;
using DataLoad.Engine.Faults;
using DataLoad.Simulation.Tests.Running;
using Shouldly;
using Xunit;

namespace DataLoad.Simulation.Tests.Proofs;

/// <summary>The simulation is worth what it finds: each fault that the engine can be given is found.</summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    private const ulong Seeds = 2000;

    public static TheoryData<string> FaultPoints =>
        [.. Enum.GetValues<FaultPoint>().Where(point => point > FaultPoint.None).Select(point => point.ToString())];

    [Theory]
    [MemberData(nameof(FaultPoints))]
    public void The_simulation_finds(string fault)
    {
        var seeds = new SeedRun(1, Seeds, Enum.Parse<FaultPoint>(fault)) { MaxFailures = 1 };
        seeds.Run();
        seeds.Failures.ShouldNotBeEmpty($"{fault} was not noticed in {Seeds} seeds");
        SeedFailure first = seeds.Failures[0];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {fault} | {first.Seed} | {first.Outcome.Failure} |"));

        // Not for the reason that the simulation itself broke.
        first.Outcome.Failure!.ShouldNotContain("simulation broke");
        first.Outcome.Failure!.ShouldNotContain("escaped");
    }
}
