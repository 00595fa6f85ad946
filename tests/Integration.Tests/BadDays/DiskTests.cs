using System.Diagnostics;
using DataLoad.Demo;
using DataLoad.Integration.Tests.EndToEnd;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.BadDays;

/// <summary>A store in SQLite under a process that dies inside its commits.</summary>
public sealed class DiskTests
{
    [Fact]
    public Task A_host_killed_inside_its_commits_again_and_again_leaves_a_whole_file_and_counts_each_event_once() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 33, Unidentified = 0 };
        scenario.Settings = """
            intake { prefetch = 150, max-batch = 40 }
            checkpoint.interval = 300ms
            """;
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
