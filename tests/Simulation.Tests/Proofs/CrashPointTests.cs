using DataLoad.Simulation.Running;
using DataLoad.Simulation.Scenarios;
using Shouldly;
using Xunit;

namespace DataLoad.Simulation.Proofs;

/// <summary>
/// One life of a node, ended after each of its tasks in turn: a task ends at an await, so that each await it comes to is
/// once the last one. The seeds kill at random; here nothing is left out.
/// </summary>
public sealed class CrashPointTests(ITestOutputHelper output)
{
    private const int Lives = 2;

    /// <summary>How long the node may be killed; all that was published is long counted and checkpointed by then.</summary>
    private const long LifeMs = 6000;

    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, 2000).Select(seed => (ulong)seed).Where(IsTelling).Take(Lives)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_node_that_is_killed_after_any_of_its_tasks_breaks_no_promise(ulong seed)
    {
        Outcome whole = Simulator.Run(KilledAfter(seed, int.MaxValue));
        whole.Failure.ShouldBeNull();

        var kills = new SeedRun(1, (ulong)whole.Steps) { Make = steps => KilledAfter(seed, (int)steps), MaxFailures = 1 };
        kills.Run();

        kills.Failures.ShouldBeEmpty(string.Join('\n', kills.Failures.Select(failure => $"seed {seed}, killed after {failure.Seed} tasks: {failure.Outcome.Failure}")));
        kills.Done.ShouldBeGreaterThan(1000);
        output.WriteLine($"seed {seed}: killed after each of {kills.Done} tasks");
    }

    /// <summary>Whether a scenario has a little of everything, and not much of it.</summary>
    private static bool IsTelling(ulong seed)
    {
        Scenario scenario = ScenarioMaker.Make(seed);
        return scenario.Publishings.Count is > 6 and < 16
            && scenario.Settings.Sharding is { Shards: > 1, JournalRetention: not null }
            && scenario.Happenings.Any(happening => happening.RowsAtMs is > 0 and < Happening.Never)
            && scenario.Happenings.Any(happening => happening.Flaw is not null)
            && scenario.Happenings.Any(happening => happening.DelayMs > 0)
            && scenario.Happenings.Any(happening => happening.Identity is null || happening.MessageId is not null);
    }

    private static Scenario KilledAfter(ulong seed, int steps) => ScenarioMaker.Make(seed) with
    {
        StandBy = false,
        CrashAtEnd = false,
        Troubles = [new Trouble(TroubleKind.Crash, AtMs: 0, ForMs: LifeMs, Amount: 100, Steps: steps)],
    };
}
