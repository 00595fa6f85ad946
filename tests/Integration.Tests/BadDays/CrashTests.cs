using DataLoad.Demo;
using DataLoad.Integration.Tests.EndToEnd;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.BadDays;

/// <summary>The host ends in order, at once, or over and over, while events come in.</summary>
public sealed class CrashTests
{
    // Small batches and frequent checkpoints, so that a crash finds all kinds of half-done work.
    private const string Busy = """
        intake { prefetch = 150, max-batch = 40 }
        checkpoint.interval = 300ms
        cluster { time-to-live = 2s, heartbeat-interval = 500ms }
        """;

    // Over SQLite a host is killed in each run by DiskTests, inside its commits.
    [Theory]
    [Stores(inEveryRun: StoreKind.PostgreSql)]
    public Task A_host_that_is_killed_again_and_again_counts_each_event_once(StoreKind store) => Scenario.RunAsync(store, async scenario =>
    {
        int seed = 11 + (int)store;
        scenario.Options = scenario.Options with { Seed = (ulong)seed, Unidentified = 0 };
        scenario.Settings = Busy;
        var random = new Random(seed);
        var sending = scenario.SendMixAsync(2_000 * Lengths.Kills, batchMessages: 250);
        for (var crash = 0; crash < Lengths.Kills; crash++)
        {
            var host = scenario.LaunchHost();
            await host.WaitForMetricAsync("dataload_deliveries_total", random.Next(1, 1_200));
            await host.KillAsync();
        }

        await sending;
        await scenario.StartHostAsync();
        await scenario.ShouldBeExactAsync(crashed: true);
    });

    [Theory]
    [Stores(inEveryRun: StoreKind.PostgreSql)]
    public Task A_storm_of_duplicates_across_restarts_counts_each_event_once(StoreKind store) => Scenario.RunAsync(store, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 3, Unidentified = 0, Broken = 0, LateRows = 0, Delayed = 0 };
        scenario.Settings = Busy;
        var batch = scenario.Generator.Next(1_500);
        batch.Record(scenario.Tally);
        await scenario.Business.InsertAsync(batch.RowsBefore);
        var storm = Enumerable.Repeat(batch.Messages, 5).SelectMany(messages => messages).ToArray();
        new Random(3).Shuffle(storm);

        var host = await scenario.StartHostAsync();
        foreach (var (number, part) in storm.Chunk(storm.Length / 4).Index())
        {
            var publishing = scenario.PublishAsync(part);
            if (number == 1)
            {
                await host.KillAsync();
                host = scenario.LaunchHost();
            }
            else if (number == 3)
            {
                await host.StopAsync();
                host = scenario.LaunchHost();
            }

            await publishing;
        }

        await scenario.ShouldBeExactAsync();
    });

    [Theory]
    [Stores(inEveryRun: StoreKind.Sqlite)]
    public Task A_host_that_is_told_to_stop_under_load_leaves_nothing_to_recover(StoreKind store) => Scenario.RunAsync(store, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 6 };
        var host = await scenario.StartHostAsync();
        var sending = scenario.SendMixAsync(5_000, batchMessages: 250);
        await host.WaitForMetricAsync("dataload_deliveries_total", 700);
        var took = await host.StopAsync();

        took.ShouldBeLessThan(TimeSpan.FromSeconds(10));
        host.ExitCode.ShouldBe(0);
        host.Errors.ShouldBeEmpty();
        host.Log.ShouldContain("Stopped: all that was taken is persisted, flushed and checkpointed");

        var next = await scenario.StartHostAsync();
        var recovered = next.Log.Split('\n').Where(line => line.Contains(" recovered at SequenceNr ", StringComparison.Ordinal)).ToList();
        recovered.ShouldNotBeEmpty();
        recovered.ShouldAllBe(line => line.Contains(": 0 events in 0 blocks since", StringComparison.Ordinal));
        await sending;
        await scenario.ShouldBeExactAsync();
    });
}
