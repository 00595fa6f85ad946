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

    /// <summary>Where looking for a fault that few seeds show begins: at the seed that showed it when all were looked through.</summary>
    private static readonly Dictionary<FaultPoint, ulong> s_from = new()
    {
        [FaultPoint.ReadsBeforeEpochInForce] = 121,
        [FaultPoint.SlicesLostAtPassivation] = 178,
        [FaultPoint.StaleInGroupIgnored] = 183,
        [FaultPoint.TrimTakesAnnouncements] = 543,
        [FaultPoint.SnapshotIgnoresVersion] = 409,
    };

    public static TheoryData<string> FaultPoints =>
        [.. Enum.GetValues<FaultPoint>().Where(point => point > FaultPoint.None).Select(point => point.ToString())];

    [Theory]
    [MemberData(nameof(FaultPoints))]
    public void The_simulation_finds(string fault)
    {
        FaultPoint point = Enum.Parse<FaultPoint>(fault);
        ulong from = s_from.GetValueOrDefault(point, 1UL);
        var seeds = new SeedRun(from, from + Seeds - 1, point) { MaxFailures = 1 };
        seeds.Run();
        seeds.Failures.ShouldNotBeEmpty($"{fault} was not noticed in {Seeds} seeds from {from} on");
        SeedFailure first = seeds.Failures[0];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {fault} | {first.Seed} | {first.Outcome.Failure} |"));

        // Not for the reason that the simulation itself broke.
        first.Outcome.Failure!.ShouldNotContain("simulation broke");
        first.Outcome.Failure!.ShouldNotContain("escaped");
    }
}
