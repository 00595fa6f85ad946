using DataLoad.Simulation.Running;
using DataLoad.Simulation.Scenarios;
using Shouldly;
using Xunit;

namespace DataLoad.Simulation.Proofs;

public sealed class SeedTests
{
    private const ulong Seeds = 2000;

    [Fact]
    public void Two_thousand_seeds_keep_every_promise()
    {
        var seeds = new SeedRun(1, Seeds) { MaxFailures = 3 };
        seeds.Run();
        if (seeds.Failures.Count > 0)
        {
            var report = new StringWriter();
            new CommandLine(["--seed", seeds.Failures[0].Seed.ToString(System.Globalization.CultureInfo.InvariantCulture)], report).Run();
            Assert.Fail($"{seeds.Failures.Count} seeds failed; the first: {report}");
        }

        // What never happens proves nothing.
        seeds.Done.ShouldBe((long)Seeds);
        seeds.Journaled.ShouldBeGreaterThan(10 * (long)Seeds);
        foreach (TroubleKind kind in Enum.GetValues<TroubleKind>())
        {
            seeds.Befallen.GetValueOrDefault(kind).ShouldBeGreaterThan(50, $"trouble {kind}");
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_trace_whatever_runs_beside_it()
    {
        ulong[] hashes = new ulong[50];
        for (int i = 0; i < hashes.Length; i++)
        {
            hashes[i] = Simulator.Run(ScenarioMaker.Make((ulong)i + 1)).TraceHash;
        }

        hashes.Distinct().Count().ShouldBe(hashes.Length);
        ulong[] again = new ulong[hashes.Length];
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(lane => new Thread(() =>
        {
            for (int i = lane; i < again.Length; i += 4)
            {
                // A timeline is only looked at: it changes nothing.
                again[i] = Simulator.Run(ScenarioMaker.Make((ulong)i + 1), withTimeline: lane == 0).TraceHash;
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        again.ShouldBe(hashes);
    }
}
