using DataLoad.Engine.Faults;
using DataLoad.Simulation.Tests.Scenarios;
using DataLoad.Simulation.Tests.Scheduling;

namespace DataLoad.Simulation.Tests.Running;

/// <summary>Runs a scenario: the same one always runs the same way.</summary>
internal static class Simulator
{
    /// <summary>A run that takes more steps than this does not end.</summary>
    private const long MaxSteps = 600_000;

    /// <summary>How much virtual time a run may take to settle once nothing goes wrong any more.</summary>
    private const long PatienceMs = 120_000;

    /// <summary>What the Counters, slices and seen identities of a Partition's last blocks may take.</summary>
    private const int LastBlocksBytes = 120 * 1024;

    /// <summary>Runs a scenario with a fault point switched on.</summary>
    /// <param name="scenario">What is to happen.</param>
    /// <param name="fault">The fault point.</param>
    /// <param name="withTimeline">Whether the timeline is wanted.</param>
    public static Outcome Run(Scenario scenario, FaultPoint fault, bool withTimeline = false)
    {
        FaultPoint before = Fault.On;
        Fault.On = fault;
        try
        {
            return Run(scenario, withTimeline);
        }
        finally
        {
            Fault.On = before;
        }
    }

    /// <summary>Runs a scenario.</summary>
    public static Outcome Run(Scenario scenario, bool withTimeline = false) => SimulationThread.Run(() => RunHere(scenario, withTimeline));

    private static Outcome RunHere(Scenario scenario, bool withTimeline)
    {
        var world = new World(scenario.Seed, scenario.StartMs);
        if (withTimeline)
        {
            world.Trace.Lines = [];
        }

        var cluster = new Cluster(world, scenario);
        try
        {
            Run(world, scenario, cluster);
        }
        catch (Exception e)
        {
            world.Fail($"the simulation broke: {e}");
        }

        return new Outcome(world.Failure, world.Trace.Hash, world.Steps, world.ElapsedMs, cluster.Auditor.Persisted, cluster.Auditor.SessionsJudged,
            cluster.Injected, world.Trace.Lines ?? []);
    }

    private static void Run(World world, Scenario scenario, Cluster cluster)
    {
        int left = scenario.Publishings.Count;
        long lastDisruption = 0;
        foreach (Publishing publishing in scenario.Publishings)
        {
            world.After(publishing.AtMs, () =>
            {
                left--;
                cluster.Publish(publishing);
            });
        }

        foreach (Disruption disruption in scenario.Disruptions)
        {
            lastDisruption = Math.Max(lastDisruption, disruption.AtMs + disruption.ForMs);
            world.After(disruption.AtMs, () => cluster.Inject(disruption));
        }

        cluster.StartAll();
        world.RunUntil(() => left == 0 && world.ElapsedMs > lastDisruption, lastDisruption + PatienceMs, MaxSteps, "the end of the scenario");

        // From here on nothing goes wrong, so all must settle.
        world.Log("world", "disruptions are over");
        cluster.Disruptions.AreOver = true;
        world.After(3000, cluster.StartMissing);
        Settle(world, cluster);
        if (scenario.CrashAtEnd && world.Failure is null)
        {
            cluster.KillAll();
            Wait(world, 2500, "a while after the last crash");
            Settle(world, cluster);
        }

        Wait(world, 2000, "a while in which nothing comes");
        cluster.LookAtRest();
        Wait(world, 10, "a while in which the Partitions say what they are doing");
        CheckMemory(world, scenario, cluster);
        cluster.StopAll();
        world.RunUntil(() => cluster.AllEnded, world.ElapsedMs + PatienceMs, MaxSteps, "an orderly stop");
        Wait(world, 1000, "a while after the stop");
        if (world.Failure is null)
        {
            cluster.Auditor.JudgeEnd();
        }
    }

    /// <summary>At rest nothing is held beyond the budget but what the last blocks of each Partition touched.</summary>
    private static void CheckMemory(World world, Scenario scenario, Cluster cluster)
    {
        long most = (long)scenario.Partitions.Partitions * LastBlocksBytes;
        if (cluster.OverBytes > most)
        {
            world.Fail($"at rest {cluster.OverBytes} bytes more than the memory budget are held, expected at most {most}");
        }
    }

    private static void Settle(World world, Cluster cluster) =>
        world.RunUntil(() => cluster.IsSettled, world.ElapsedMs + PatienceMs, MaxSteps, "the end of all deliveries");

    private static void Wait(World world, long ms, string what)
    {
        bool isOver = false;
        world.After(ms, () => isOver = true);
        world.RunUntil(() => isOver, world.ElapsedMs + ms + 1000, MaxSteps, what);
    }
}

/// <summary>What came of a run.</summary>
/// <param name="Failure">The promise that was broken first, or null.</param>
/// <param name="TraceHash">Equal for equal runs.</param>
/// <param name="Steps">How many steps were taken.</param>
/// <param name="ElapsedMs">How much virtual time passed.</param>
/// <param name="Persisted">How many events were persisted.</param>
/// <param name="Sessions">How many segments of the index of sessions were compared with the journal.</param>
/// <param name="Injected">How often each disruption came about.</param>
/// <param name="Timeline">What happened, where it was asked for.</param>
internal sealed record Outcome(
    string? Failure,
    ulong TraceHash,
    long Steps,
    long ElapsedMs,
    int Persisted,
    int Sessions,
    IReadOnlyDictionary<DisruptionKind, int> Injected,
    IReadOnlyList<string> Timeline);
