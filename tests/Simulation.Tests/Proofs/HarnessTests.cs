using System.Diagnostics;
using System.Globalization;
using Shouldly;
using Xunit;
using Trace = DataLoad.Simulation.Tests.Scheduling.Trace;

namespace DataLoad.Simulation.Tests.Proofs;

/// <summary>The harness under all else: actors, timers, streams and persistence run the same way for the same seed.</summary>
public sealed class HarnessTests
{
    private const int MinLines = 600;

    [Fact]
    public void The_same_seed_gives_the_same_trace_whatever_runs_beside_it()
    {
        Trace[] first = [.. Enumerable.Range(1, 12).Select(seed => HarnessRun.Run((ulong)seed))];
        var again = new Trace[first.Length];
        Thread[] threads = [.. Enumerable.Range(0, 3).Select(lane => new Thread(() =>
        {
            for (int i = lane; i < again.Length; i += 3)
            {
                again[i] = HarnessRun.Run((ulong)i + 1);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        for (int i = 0; i < first.Length; i++)
        {
            first[i].Lines!.Count.ShouldBeGreaterThan(MinLines);
            again[i].Lines!.SequenceEqual(first[i].Lines!).ShouldBeTrue($"seed {i + 1}");
        }

        first.Select(trace => trace.Hash).Distinct().Count().ShouldBe(first.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4711)]
    public void The_same_seed_gives_the_same_trace_in_another_process(int seed)
    {
        string[] here = [.. HarnessRun.Run((ulong)seed).Lines!];
        string[] there = RunElsewhere(seed);

        here.Length.ShouldBeGreaterThan(MinLines);
        there.SequenceEqual(here).ShouldBeTrue();
    }

    private static string[] RunElsewhere(int seed)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        start.ArgumentList.Add(typeof(Program).Assembly.Location);
        start.ArgumentList.Add("--harness");
        start.ArgumentList.Add(seed.ToString(CultureInfo.InvariantCulture));
        using Process process = Process.Start(start)!;
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        process.ExitCode.ShouldBe(0);
        return lines;
    }
}
