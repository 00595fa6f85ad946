using DataLoad.Engine.Faults;
using DataLoad.Simulation.Scenarios;
using DataLoad.Simulation.Scheduling;

namespace DataLoad.Simulation.Running;

/// <summary>Runs a scenario: the same one always runs the same way.</summary>
internal static class Simulator
{
    /// <summary>A run that takes more tasks than this does not end.</summary>
    private const long MaxSteps = 400_000;

    /// <summary>How much virtual time a run may take to settle once all is calm.</summary>
    private const long PatienceMs = 60_000;

    /// <summary>What the Counters and seen identities of a shard's last blocks may take.</summary>
    private const int LastBlocksBytes = 20 * 1024;

    /// <summary>Runs a scenario on this thread.</summary>
    /// <param name="scenario">What is to happen.</param>
    /// <param name="fault">The fault point that is on.</param>
    /// <param name="withTimeline">Whether the timeline is wanted.</param>
    public static Outcome Run(Scenario scenario, FaultPoint fault = FaultPoint.None, bool withTimeline = false)
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        Fault.On = fault;
        try
        {
            return RunHere(scenario, withTimeline);
        }
        finally
        {
            Fault.On = FaultPoint.None;
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

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

        return new Outcome(world.Failure, world.Trace.Hash, world.Steps, world.ElapsedMs, cluster.Auditor.Journaled, cluster.Befallen, world.Trace.Lines ?? []);
    }

    private static void Run(World world, Scenario scenario, Cluster cluster)
    {
        int left = scenario.Publishings.Count;
        long lastTrouble = 0;
        foreach (Publishing publishing in scenario.Publishings)
        {
            Happening happening = scenario.Happenings.First(one => one.Number == publishing.Happening);
            world.After(publishing.AtMs, () =>
            {
                left--;
                cluster.Broker.Publish(Bodies.MessageOf(publishing, happening));
            });
        }

        foreach (Trouble trouble in scenario.Troubles)
        {
            lastTrouble = Math.Max(lastTrouble, trouble.AtMs + trouble.ForMs);
            world.After(trouble.AtMs, () => cluster.Befall(trouble));
        }

        cluster.StartAll();
        world.RunUntil(() => left == 0 && world.ElapsedMs > lastTrouble, lastTrouble + PatienceMs, MaxSteps, "the end of the scenario");

        // From here on all is well, so all must come to rest.
        world.Log("world", "calm");
        cluster.Weather.IsCalm = true;
        world.After(3000, cluster.StartMissing);
        Settle(world, cluster);
        if (scenario.CrashAtEnd && world.Failure is null)
        {
            cluster.KillAll();
            bool isOver = false;
            world.After(2500, () => isOver = true);
            world.RunUntil(() => isOver, world.ElapsedMs + 3000, MaxSteps, "a while after the last crash");
            Settle(world, cluster);
        }

        if (world.Failure is null)
        {
            bool isOver = false;
            world.After(2000, () => isOver = true);
            world.RunUntil(() => isOver, world.ElapsedMs + 3000, MaxSteps, "a rest");
            CheckMemory(world, scenario, cluster);
        }

        cluster.StopAll();
        world.RunUntil(() => cluster.AllEnded, world.ElapsedMs + PatienceMs, MaxSteps, "an orderly stop");
        if (world.Failure is null)
        {
            // Nothing in it waits: the store answers at once.
            cluster.Auditor.JudgeAsync().GetAwaiter().GetResult();
        }
    }

    /// <summary>At rest nothing is held beyond the budget but what the last blocks of each shard touched.</summary>
    private static void CheckMemory(World world, Scenario scenario, Cluster cluster)
    {
        long most = (long)scenario.Settings.Sharding.Shards * LastBlocksBytes;
        if (cluster.OverBytes > most)
        {
            world.Fail($"at rest {cluster.OverBytes} bytes more than the memory budget are held, expected at most {most}");
        }
    }

    private static void Settle(World world, Cluster cluster) =>
        world.RunUntil(() => cluster.IsSettled, world.ElapsedMs + PatienceMs, MaxSteps, "the end of all deliveries");
}
