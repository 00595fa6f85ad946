using System.Diagnostics;
using System.Globalization;
using DataLoad.Integration.Tests.BadDays;
using DataLoad.Integration.Tests.EndToEnd;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.Cluster;

/// <summary>Several processes over one PostgreSQL and one broker: they find each other, share the work, and take over from each other.</summary>
public sealed class ClusterTests
{
    private const int KillsInEachRun = 3;

    // Small batches and frequent checkpoints, so that whatever happens finds all kinds of half-done work.
    private const string Busy = """
        intake { prefetch = 150, max-batch = 40 }
        checkpoint.interval = 300ms
        """;

    [Fact]
    public Task Nodes_that_are_killed_under_load_are_replaced_and_each_event_counts_once() => RunAsync(seed: 21, async (scenario, nodes) =>
    {
        var random = new Random(21);
        await nodes.StartAsync(3);
        var kills = Lengths.AreNightly ? 20 : KillsInEachRun;
        var sending = scenario.SendMixAsync(3_000 * kills, batchMessages: 250);
        for (var kill = 0; kill < kills; kill++)
        {
            var victim = nodes[random.Next(nodes.Nodes.Count)];

            // A node that came late may never get so many: by then all has been sent, and it is killed for what is left.
            await Task.WhenAny(victim.WaitForMetricAsync("dataload_deliveries_total", random.Next(1, 300)), sending);
            await nodes.KillAsync(victim);
            nodes.Launch();
        }

        await sending;
        await nodes.WaitUntilEvenAsync();
        await scenario.ShouldBeExactAsync(crashed: true);
    });

    [Fact]
    public Task A_node_of_two_that_is_killed_has_its_Partitions_served_by_the_other_one_soon() => RunAsync(seed: 24, async (scenario, nodes) =>
    {
        await nodes.StartAsync(2);
        using var enough = new CancellationTokenSource();
        var sending = SendAsync(scenario, enough.Token);
        var seconds = new List<double>();
        for (var i = 0; i < Lengths.Takeovers; i++)
        {
            // The oldest, with what exists once, and the youngest.
            var victim = nodes[i % 2];
            var watch = Stopwatch.StartNew();
            await nodes.KillAsync(victim);
            await NodeSet.WaitUntilServingAloneAsync(nodes[0]);
            seconds.Add(watch.Elapsed.TotalSeconds);
            nodes.Launch();
            await nodes.WaitUntilEvenAsync();
        }

        await enough.CancelAsync();
        await sending;
        double[] sorted = [.. seconds.Order()];
        var (median, most) = (sorted[sorted.Length / 2], sorted[(sorted.Length * 95 / 100) - (sorted.Length >= 20 ? 1 : 0)]);
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant(
            $"takeovers: {sorted.Length}, median {median:F1} s, 95 % within {most:F1} s, {sorted[0]:F1} to {sorted[^1]:F1} s"));
        if (Lengths.AreNightly)
        {
            // Nothing but this test runs then.
            median.ShouldBeLessThan(10);
            most.ShouldBeLessThan(15);
        }

        await scenario.ShouldBeExactAsync(crashed: true);
    });

    [Fact]
    public Task Nodes_that_have_all_they_can_do_are_not_taken_for_dead() => RunAsync(seed: 25, async (scenario, nodes) =>
    {
        await nodes.StartAsync(3);
        using var enough = new CancellationTokenSource(Lengths.Busy);
        var (idle, all) = ProcessorTicks();
        await SendAsync(scenario, enough.Token);
        var (idleAfter, allAfter) = ProcessorTicks();
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant(
            $"busy: {Lengths.Busy.TotalSeconds:F0} s, processors {1 - ((idleAfter - idle) / (allAfter - all)):P0} busy, {await nodes.SumAsync("dataload_events_total")} events"));

        nodes.Nodes.ShouldAllBe(node => !node.HasExited && !node.Log.Contains("is made anew", StringComparison.Ordinal));
        await nodes.WaitUntilEvenAsync();
        await scenario.ShouldBeExactAsync();
    });

    [Fact]
    public Task A_node_that_was_frozen_past_every_timeout_joins_anew_and_counts_nothing_twice() => RunAsync(seed: 22, async (scenario, nodes) =>
    {
        await nodes.StartAsync(2);
        var sending = scenario.SendMixAsync(6_000, batchMessages: 250);
        var frozen = nodes[0];
        await frozen.WaitForMetricAsync("dataload_deliveries_total", 500);
        frozen.Freeze();
        await NodeSet.WaitUntilAloneAsync(nodes[1]);
        frozen.Wake();

        await frozen.WaitForLogAsync("is made anew");
        await sending;
        await nodes.WaitUntilEvenAsync();
        await scenario.ShouldBeExactAsync(crashed: true);

        // The one that woke took nothing back before it knew that it was no member any more.
        nodes[1].Log.ShouldNotContain("taken over by another owner");
        nodes[1].Log.ShouldNotContain("could not persist");
    });

    [Fact]
    public Task Nodes_that_are_replaced_one_by_one_under_load_lose_and_repeat_nothing() => RunAsync(seed: 23, async (scenario, nodes) =>
    {
        scenario.Options = scenario.Options with { Duplicates = 0 };

        // However busy the machine is, what was taken is to be acknowledged before a node goes.
        scenario.Settings += "\nstop.timeout = 25s";
        await nodes.StartAsync(3);
        var all = nodes.Nodes.ToList();
        var sending = scenario.SendMixAsync(9_000, batchMessages: 250);
        for (var i = 0; i < 3; i++)
        {
            var leaving = nodes[0];
            await leaving.WaitForMetricAsync("dataload_deliveries_total", 200);
            (await nodes.StopAsync(leaving)).ShouldBeLessThan(TimeSpan.FromSeconds(26));
            leaving.ExitCode.ShouldBe(0);
            leaving.Errors.ShouldBeEmpty();

            // What is acknowledged does not come again; what is sent again between nodes is a matter of theirs.
            leaving.Log.ShouldContain("Stopped");
            leaving.Log.ShouldNotContain("could not be acknowledged");
            all.Add(nodes.Launch());
            await nodes.WaitUntilEvenAsync();
        }

        await sending;
        await scenario.ShouldEqualTallyAsync();
        var gaps = HandOffs.Gaps(all);
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant(
            $"replaced one by one: {gaps.Count} hand-offs, the longest {gaps[0].TotalSeconds:F2} s, the median {gaps[gaps.Count / 2].TotalSeconds:F2} s"));
        gaps[0].ShouldBeLessThan(Lengths.LongestHandOff);
        await scenario.ShouldBeExactAsync();
    });

    /// <summary>Sends events, each part as soon as the one before is there, until it is told to end.</summary>
    private static async Task SendAsync(Scenario scenario, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            await scenario.SendMixAsync(1_000, batchMessages: 250);
        }
    }

    /// <summary>How long this machine's processors have been idle, and all of their time, in ticks since it was started (proc(5), stat).</summary>
    private static (double Idle, double All) ProcessorTicks()
    {
        double[] ticks =
        [
            .. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9]
                .Select(field => double.Parse(field, CultureInfo.InvariantCulture)),
        ];
        return (ticks[3] + ticks[4], ticks.Sum());
    }

    private static Task RunAsync(ulong seed, Func<Scenario, NodeSet, Task> test) => Scenario.RunAsync(StoreKind.PostgreSql, scenario =>
    {
        scenario.Options = scenario.Options with { Seed = seed, Unidentified = 0 };
        scenario.Settings = Busy;
        return test(scenario, new NodeSet(scenario));
    });
}
