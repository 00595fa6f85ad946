using System.Diagnostics;
using System.Globalization;
using DataLoad.Simulation.Tests.Running;
using DataLoad.Simulation.Tests.Scenarios;
using Shouldly;
using Xunit;

namespace DataLoad.Simulation.Tests.Proofs;

public sealed class SeedTests(ITestOutputHelper output)
{
    private const ulong Seeds = 2000;

    /// <summary>What a run of the tests may take for them; a machine that is slower, or shared, runs fewer.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(150);

    [Fact]
    public void Two_thousand_seeds_or_as_many_as_time_allows_keep_every_promise()
    {
        var seeds = new SeedRun(1, Seeds) { MaxFailures = 3, Limit = s_limit };
        seeds.Run();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{seeds.Done} seeds in {seeds.Elapsed.TotalSeconds:0} s, {seeds.Steps} steps, {seeds.Persisted} events"));
        if (seeds.Failures.Count > 0)
        {
            var report = new StringWriter();
            new CommandLine(["--seed", seeds.Failures[0].Seed.ToString(CultureInfo.InvariantCulture)], report).Run();
            Assert.Fail($"{seeds.Failures.Count} seeds failed; the first: {report}");
        }

        // What never happens proves nothing.
        seeds.Done.ShouldBeGreaterThan(100);
        seeds.Persisted.ShouldBeGreaterThan(10 * seeds.Done);
        seeds.Sessions.ShouldBeGreaterThan(seeds.Done);
        foreach (DisruptionKind kind in Enum.GetValues<DisruptionKind>())
        {
            seeds.Injected.GetValueOrDefault(kind).ShouldBeGreaterThan(seeds.Done / 100, $"disruption {kind}");
        }
    }

    public static TheoryData<string> Kept => [.. Directory.EnumerateFiles(KeptFolder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static string KeptFolder => Path.Combine(AppContext.BaseDirectory, "Proofs", "Kept");

    /// <summary>Scenarios of seeds that failed once, far beyond those that every run tries, shrunk.</summary>
    [Theory]
    [MemberData(nameof(Kept))]
    public void A_scenario_that_failed_once_keeps_every_promise(string file)
    {
        Outcome outcome = Simulator.Run(ScenarioFile.Read(Path.Combine(KeptFolder, file)));
        outcome.Failure.ShouldBeNull();
        outcome.Persisted.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void The_same_seed_gives_the_same_trace_whatever_runs_beside_it()
    {
        ulong[] hashes = [.. Enumerable.Range(1, 20).Select(seed => Simulator.Run(ScenarioMaker.Make((ulong)seed)).TraceHash)];
        hashes.Distinct().Count().ShouldBe(hashes.Length);
        ulong[] again = new ulong[hashes.Length];
        Thread[] threads = [.. Enumerable.Range(0, 2).Select(lane => new Thread(() =>
        {
            for (int i = lane; i < again.Length; i += 2)
            {
                // A timeline is only looked at: it changes nothing.
                again[i] = Simulator.Run(ScenarioMaker.Make((ulong)i + 1), withTimeline: lane == 0).TraceHash;
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        again.ShouldBe(hashes);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(4711)]
    public void The_same_seed_gives_the_same_trace_in_another_process(int seed)
    {
        ulong here = Simulator.Run(ScenarioMaker.Make((ulong)seed)).TraceHash;
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        start.ArgumentList.Add(typeof(Program).Assembly.Location);
        start.ArgumentList.Add("--seed");
        start.ArgumentList.Add(seed.ToString(CultureInfo.InvariantCulture));
        using Process process = Process.Start(start)!;
        string there = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        there.ShouldContain(string.Create(CultureInfo.InvariantCulture, $"trace {here:x16}"));
    }
}
