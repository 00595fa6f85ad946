using System.Globalization;
using DataLoad.Demo;
using DataLoad.Integration.Tests.EndToEnd;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.BadDays;

/// <summary>A day on which nothing happens but events.</summary>
public sealed class SteadyTests
{
    private const int PerSecond = 2_000;

    [Fact]
    public Task Under_a_steady_load_all_is_exact_and_nothing_that_the_process_holds_grows() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        HostProcess host = await scenario.StartHostAsync();
        var run = new DemoRun(new DemoOptions
        {
            Amqp = scenario.Amqp,
            Store = scenario.Store,
            Business = scenario.BusinessUrl,
            Rate = PerSecond,
            Seconds = (int)Lengths.Steady.TotalSeconds,
            DrainSeconds = (int)Deadline.Usual.TotalSeconds,
            Seed = 61,
            Plain = true,
        });
        Task<int> running = run.RunAsync(TestContext.Current.CancellationToken);
        List<ProcessSample> samples = await SampleAsync(host, running);
        (await running).ShouldBe(0);
        TestContext.Current.TestOutputHelper!.WriteLine(run.Verdict);

        // The first third is the start: code is compiled, pools and caches fill.
        ProcessSample before = Median(samples[(samples.Count / 3)..(samples.Count * 2 / 3)]);
        ProcessSample after = Median(samples[(samples.Count * 2 / 3)..]);
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Lengths.Steady.TotalSeconds:0} s at {PerSecond}/s, second third and last: memory beside what the budget bounds {before.MemoryBytes >> 20} and {after.MemoryBytes >> 20} MiB, threads {before.Threads} and {after.Threads}, handles {before.Handles} and {after.Handles}"));
        after.Threads.ShouldBeLessThanOrEqualTo(before.Threads + 8);
        after.Handles.ShouldBeLessThanOrEqualTo(before.Handles + 16);

        // Counters and seen identities grow as long as new ones come, up to their budget; beside them nothing does.
        if (Lengths.AreSettled)
        {
            ((double)after.MemoryBytes).ShouldBeLessThan(1.1 * before.MemoryBytes);
        }
    });

    private static async Task<List<ProcessSample>> SampleAsync(HostProcess host, Task running)
    {
        List<ProcessSample> samples = [];
        using var every = new PeriodicTimer(TimeSpan.FromSeconds(2));
        while (!running.IsCompleted && await every.WaitForNextTickAsync())
        {
            ProcessSample sample = host.Sample();
            samples.Add(sample with { MemoryBytes = sample.MemoryBytes - (long)(await host.MetricsAsync()).Sum("dataload_memory_resident_bytes") });
        }

        return samples;
    }

    private static ProcessSample Median(List<ProcessSample> samples) => new(
        Middle(samples, sample => sample.MemoryBytes), (int)Middle(samples, sample => sample.Threads), (int)Middle(samples, sample => sample.Handles),
        TimeSpan.Zero);

    private static long Middle(List<ProcessSample> samples, Func<ProcessSample, long> what) => samples.Select(what).Order().ElementAt(samples.Count / 2);
}
