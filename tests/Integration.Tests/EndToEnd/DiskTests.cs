using System.Diagnostics;
using DataLoad.Demo;
using DataLoad.Integration.Tests.BadDays;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>A store in SQLite on a disk that fills up, and under a process that dies inside its commits.</summary>
public sealed class DiskTests
{
    private const string Busy = """
        intake { prefetch = 150, max-batch = 40 }
        checkpoint.interval = 300ms
        """;

    [Fact]
    public Task While_its_file_cannot_grow_nothing_is_acknowledged_and_counting_goes_on_when_it_can() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 31, Unidentified = 0 };
        scenario.Settings = Busy;
        var host = scenario.LaunchHost(bearsFileLimit: true);
        await host.WaitUntilReadyAsync();
        await scenario.SendMixAsync(500);
        await ShouldBearFullAsync(scenario, host, () => host.LimitFilesAsync(70_001), () => host.LimitFilesAsync(null));
    });

    [Fact]
    public async Task While_its_disk_is_full_nothing_is_acknowledged_and_counting_goes_on_when_there_is_room()
    {
        await using SmallDisk? disk = await SmallDisk.TryMountAsync(megabytes: 24);
        Assert.SkipWhen(disk is null, "mounting a small disk takes root; a limit on the file's size is tested everywhere.");
        await Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
        {
            scenario.Options = scenario.Options with { Seed = 32, Unidentified = 0 };
            scenario.Settings = Busy;
            scenario.Store = $"sqlite:{disk.Folder}/store.db";
            HostProcess host = await scenario.StartHostAsync();
            await scenario.SendMixAsync(500);
            await ShouldBearFullAsync(scenario, host, () => disk.FillAsync(leftBytes: 20_000), disk.FreeAsync);
        });
    }

    [Fact]
    public Task A_host_killed_inside_its_commits_again_and_again_leaves_a_whole_file_and_counts_each_event_once() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 33, Unidentified = 0 };
        scenario.Settings = Busy;
        var random = new Random(33);
        var sending = scenario.SendMixAsync(1_000 * Lengths.Kills, batchMessages: 250);
        for (var round = 0; round < Lengths.Kills; round++)
        {
            var host = await scenario.StartHostAsync();
            await KillWhileWritingAsync(scenario, host, commits: random.Next(1, 40));
            await SqliteFileOf.ShouldBeWholeAsync(scenario);
        }

        await sending;
        await scenario.StartHostAsync();
        await scenario.ShouldBeExactAsync(crashed: true);
    });

    /// <summary>Twice full: once it gets room while it runs, and once it is killed and started again.</summary>
    private static async Task ShouldBearFullAsync(Scenario scenario, HostProcess host, Func<Task> fill, Func<Task> free)
    {
        await scenario.ShouldEqualTallyAsync();
        await fill();
        await scenario.SendMixAsync(2_000);
        await host.WaitUntilNotReadyAsync("SQLite Error");
        await host.WaitForLogAsync("could not persist block");
        (await TallyComparer.CompareAsync(scenario.Tally, scenario.Store)).AllEqual.ShouldBeFalse();
        await free();
        await scenario.ShouldEqualTallyAsync();
        await host.WaitUntilReadyAsync();
        host.HasExited.ShouldBeFalse();

        await fill();
        await scenario.SendMixAsync(2_000);
        await host.WaitUntilNotReadyAsync("SQLite Error");
        await host.KillAsync();
        await free();
        await SqliteFileOf.ShouldBeWholeAsync(scenario);
        await scenario.StartHostAsync();
        await scenario.ShouldBeExactAsync(crashed: true);
        await SqliteFileOf.ShouldBeWholeAsync(scenario);
    }

    /// <summary>Kills it the moment its write-ahead log was touched so many times: in a commit, as often as not.</summary>
    private static async Task KillWhileWritingAsync(Scenario scenario, HostProcess host, int commits)
    {
        var log = new FileInfo(scenario.JournalFile + "-wal");
        var seen = (log.Length, log.LastWriteTimeUtc);
        var clock = Stopwatch.StartNew();
        await Task.Run(() =>
        {
            while (commits > 0 && clock.Elapsed < TimeSpan.FromSeconds(5))
            {
                log.Refresh();
                if (seen != (log.Length, log.LastWriteTimeUtc))
                {
                    seen = (log.Length, log.LastWriteTimeUtc);
                    commits--;
                }
            }
        });
        await host.KillAsync();
    }
}
