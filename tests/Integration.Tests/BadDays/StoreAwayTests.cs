using System.Diagnostics;
using System.Globalization;
using System.Net;
using DataLoad.Demo;
using DataLoad.Integration.Tests.EndToEnd;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.BadDays;

/// <summary>The store is away for a while under load, and comes back.</summary>
public sealed class StoreAwayTests
{
    // The default, which tests of seconds shorten.
    private const string Usual = "retry.limit = 10s";

    // All Partitions serve again so soon after the store's return.
    private static readonly TimeSpan s_return = TimeSpan.FromSeconds(20);

    // What may be used while nothing can be done: trying again and answering those who ask.
    private const double MostCpu = 0.5;
    private const double MostLinesPerSecond = 40;

    [Fact]
    public async Task PostgreSQL_that_is_stopped_is_waited_for_without_haste_or_loss()
    {
        await using OwnServer server = await OwnServer.StartPostgreSqlAsync();
        await Scenario.RunAsync(() => Scenario.CreateAsync(StoreKind.PostgreSql, server: server.Url, business: ""), async scenario =>
        {
            scenario.Options = scenario.Options with { Seed = 71, Unidentified = 0 };
            scenario.Settings = Usual;
            HostProcess host = await scenario.StartHostAsync();
            await ShouldBearAsync(scenario, host, server.StopAsync, () => Task.CompletedTask, server.StartAsync);
        });
    }

    [Fact]
    public Task A_SQLite_file_that_takes_no_write_is_waited_for_without_haste_or_loss() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 72, Unidentified = 0 };
        scenario.Settings = Usual;
        HostProcess host = scenario.LaunchHost(bearsFileLimit: true);
        await host.WaitUntilReadyAsync();
        await ShouldBearAsync(scenario, host, () => host.LimitFilesAsync(70_001), () => host.LimitFilesAsync(1), () => host.LimitFilesAsync(null));
        await ShouldBearAKillAsync(scenario, host, () => host.LimitFilesAsync(70_001), () => Task.CompletedTask);
    });

    [Fact]
    public async Task A_full_disk_is_waited_for_without_haste_or_loss()
    {
        await using SmallDisk? disk = await SmallDisk.TryMountAsync(megabytes: 48);
        Assert.SkipWhen(disk is null, "mounting a small disk takes root; a file that takes no write is tested everywhere.");
        await Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
        {
            scenario.Options = scenario.Options with { Seed = 73, Unidentified = 0 };
            scenario.Settings = Usual;
            scenario.Store = $"sqlite:{disk.Folder}/store.db";
            HostProcess host = await scenario.StartHostAsync();
            await ShouldBearAsync(scenario, host, () => disk.FillAsync(leftBytes: 20_000), () => disk.FillAsync(), disk.FreeAsync);
            await ShouldBearAKillAsync(scenario, host, () => disk.FillAsync(leftBytes: 20_000), disk.FreeAsync);
        });
    }

    /// <summary>Away, and back while the host runs.</summary>
    /// <param name="scenario">With its host.</param>
    /// <param name="host">It.</param>
    /// <param name="take">Takes the store away, in the middle of a write perhaps: what is left may do for a part of it.</param>
    /// <param name="takeRest">Takes what was left.</param>
    /// <param name="give">Gives all of it back.</param>
    private static async Task ShouldBearAsync(Scenario scenario, HostProcess host, Func<Task> take, Func<Task> takeRest, Func<Task> give)
    {
        await scenario.SendMixAsync(1_000);
        await scenario.ShouldEqualTallyAsync();
        await take();
        await scenario.SendMixAsync(1_000, batchMessages: 250);
        await Deadline.UntilAsync("not ready", async () => await IsReadyAsync(host) is false);
        await takeRest();
        await scenario.SendMixAsync(250);
        await Deadline.UntilAsync("not ready still", async () => await IsReadyAsync(host) is false);

        // Under load, though nothing of it can be counted: what is not acknowledged fills the prefetch and then the queues.
        double counted = (await host.MetricsAsync()).Sum("dataload_events_total");
        ProcessSample before = host.Sample();
        int linesBefore = host.Log.Count('\n');
        var clock = Stopwatch.StartNew();
        using (var every = new PeriodicTimer(TimeSpan.FromSeconds(1)))
        {
            while (clock.Elapsed < Lengths.Outage)
            {
                await scenario.SendMixAsync(100);
                (await IsReadyAsync(host)).ShouldBe(false, "it says that it is ready while its store is away");
                await every.WaitForNextTickAsync();
            }
        }

        double seconds = clock.Elapsed.TotalSeconds;
        double cpu = (host.Sample().Cpu - before.Cpu).TotalSeconds / seconds;
        double lines = (host.Log.Count('\n') - linesBefore) / seconds;
        (await host.MetricsAsync()).Sum("dataload_events_total").ShouldBe(counted, "events were counted without a store");

        await give();
        clock.Restart();
        await Deadline.UntilAsync("all Partitions to serve again", async () => await IsReadyAsync(host) is true);
        TimeSpan returned = clock.Elapsed;
        await scenario.ShouldBeExactAsync(crashed: true);
        host.HasExited.ShouldBeFalse();
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"away for {seconds:0} s: {cpu:0.00} cores and {lines:0.0} lines of log a second meanwhile; ready {returned.TotalSeconds:0.0} s after its return"));
        returned.ShouldBeLessThan(s_return);
        if (Lengths.AreSettled)
        {
            cpu.ShouldBeLessThan(MostCpu);
        }

        lines.ShouldBeLessThan(MostLinesPerSecond);
    }

    /// <summary>Full again, in the middle of a write perhaps, and killed then: the file is whole, and a start counts what was sent.</summary>
    private static async Task ShouldBearAKillAsync(Scenario scenario, HostProcess host, Func<Task> fill, Func<Task> free)
    {
        await fill();
        await scenario.SendMixAsync(2_000);
        await host.WaitUntilNotReadyAsync("SQLite Error");
        await host.WaitForLogAsync("could not persist block");
        (await TallyComparer.CompareAsync(scenario.Tally, scenario.Store)).AllEqual.ShouldBeFalse();
        await host.KillAsync();
        await free();
        await SqliteFileOf.ShouldBeWholeAsync(scenario);
        await scenario.StartHostAsync();
        await scenario.ShouldBeExactAsync(crashed: true);
        await SqliteFileOf.ShouldBeWholeAsync(scenario);
    }

    private static async Task<bool> IsReadyAsync(HostProcess host) => (await host.GetAsync("/health/ready")).Status switch
    {
        HttpStatusCode.OK => true,
        HttpStatusCode.ServiceUnavailable => false,
        HttpStatusCode status => throw new InvalidOperationException($"readiness answered {(int)status}"),
    };
}
