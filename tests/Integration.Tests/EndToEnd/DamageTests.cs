using System.Globalization;
using DataLoad.Demo;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Bits that flip in a stored row: found by verify, borne by the node, mended by a rebuild.</summary>
public sealed class DamageTests
{
    [Fact]
    public Task Flipped_bits_are_named_by_verify_and_one_damaged_Counter_does_not_stop_the_others() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 41, Unidentified = 0, Delayed = 0 };
        var host = await scenario.StartHostAsync();
        await scenario.SendMixAsync(1_500);
        await scenario.ShouldEqualTallyAsync();
        await host.StopAsync();
        (await CommandProcess.RunOverAsync(scenario.Config, "verify")).ExitCode.ShouldBe(0);

        // A block; the Counter that most events are of; all seen identities, of which some are sure to be asked for.
        var block = (await RowsAsync(scenario.JournalFile,
            "SELECT rowid, persistence_id, sequence_number, 0 FROM journal ORDER BY length(message) DESC LIMIT 1")).Single();
        var counter = (await RowsAsync(scenario.StoreFile,
            "SELECT rowid, partition_id, seq_nr, 0 FROM dataload_snapshot WHERE kind = 1 ORDER BY length(bytes) DESC LIMIT 1")).Single();
        var topic = (await SqliteFileOf.QueryAsync(scenario.StoreFile, $"SELECT key FROM dataload_snapshot WHERE rowid = {counter.RowId}", reader =>
            (byte[])reader.GetValue(0))).Single();
        var name = string.Create(CultureInfo.InvariantCulture,
            $"{System.Text.Encoding.UTF8.GetString(topic.AsSpan(9))}:{System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(topic.AsSpan(5))}");
        var identities = await RowsAsync(scenario.StoreFile, "SELECT rowid, partition_id, seq_nr, kind FROM dataload_snapshot WHERE kind IN (2, 3)");
        await SqliteFileOf.FlipAsync(scenario.JournalFile, "journal", "message", block.RowId, 1_001);
        await SqliteFileOf.FlipAsync(scenario.StoreFile, "dataload_snapshot", "bytes", counter.RowId, 77);
        foreach (var row in identities)
        {
            await SqliteFileOf.FlipAsync(scenario.StoreFile, "dataload_snapshot", "bytes", row.RowId, 99);
        }

        var command = await CommandProcess.RunOverAsync(scenario.Config, "verify");
        command.ExitCode.ShouldBe(1, command.Said);
        ShouldName(command.Said, $"The journal of Partition {block.Partition} is damaged at SequenceNr {block.From}: ", "Restore the store from a backup");
        ShouldName(command.Said, $"Partition {counter.Partition}, Counter snapshot of SequenceNr {counter.From}: ", "Run 'dataload rebuild' for its topic");
        foreach (var row in identities.Where(row => row.To == 2))
        {
            ShouldName(command.Said, $"Partition {row.Partition}, SeenKeys snapshot of SequenceNr {row.From}: ", "makes them anew from the journal");
        }

        // What the journal gives again needs the journal.
        await SqliteFileOf.FlipAsync(scenario.JournalFile, "journal", "message", block.RowId, 1_001);
        await scenario.StartHostAsync();
        await scenario.SendAsync(scenario.Generator.Echoes(1_500));
        await scenario.SendMixAsync(1_000);
        await Deadline.UntilAsync("the other Counters to be right", async () =>
        {
            var comparison = await TallyComparer.CompareAsync(scenario.Tally, scenario.Store);
            return comparison.Problem is null && comparison.Differences.All(difference =>
                string.Equals($"{difference.Key.TopicType}:{difference.Key.TopicId}", name, StringComparison.Ordinal));
        });

        command = await CommandProcess.RunOverAsync(scenario.Config, "rebuild", "--topic", name);
        command.ExitCode.ShouldBe(0, command.Said);
        await scenario.ShouldBeExactAsync();
        command = await CommandProcess.RunOverAsync(scenario.Config, "verify");
        command.Said.ShouldContain(" 0 differences");
        command.ExitCode.ShouldBeLessThan(2, command.Said);
    });

    [Fact]
    public Task A_Partition_that_needs_a_damaged_block_says_which_and_what_to_do_and_loses_nothing() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 42, Unidentified = 0, Delayed = 0 };
        scenario.Settings = "checkpoint { interval = 1h, events = 1000000 }";
        var host = await scenario.StartHostAsync();
        await scenario.SendMixAsync(300);
        await scenario.ShouldEqualTallyAsync();
        await host.KillAsync();
        var block = (await RowsAsync(scenario.JournalFile,
            "SELECT rowid, persistence_id, sequence_number, 0 FROM journal ORDER BY length(message) DESC LIMIT 1")).Single();
        await SqliteFileOf.FlipAsync(scenario.JournalFile, "journal", "message", block.RowId, 333);

        host = scenario.LaunchHost();
        await host.WaitForLogAsync("stops, since what it needs is damaged");
        await host.WaitUntilNotReadyAsync($"The journal of Partition {block.Partition} is damaged at SequenceNr {block.From}: ");
        host.Log.ShouldContain("Restore the store from a backup");
        var command = await CommandProcess.RunOverAsync(scenario.Config, "verify");
        command.ExitCode.ShouldBe(1, command.Said);
        ShouldName(command.Said, $"The journal of Partition {block.Partition} is damaged at SequenceNr {block.From}: ", "A node needs this entry to start");

        // The backup, as it were: nothing of what came in between is lost.
        await scenario.SendMixAsync(300);
        await host.StopAsync();
        await SqliteFileOf.FlipAsync(scenario.JournalFile, "journal", "message", block.RowId, 333);
        await scenario.StartHostAsync();
        await scenario.ShouldBeExactAsync(crashed: true);
    });

    private static void ShouldName(string output, string place, string remedy) =>
        output.Split('\n').ShouldContain(line => line.Contains(place, StringComparison.Ordinal) && line.Contains(remedy, StringComparison.Ordinal), output);

    private static Task<List<(long RowId, int Partition, long From, long To)>> RowsAsync(string file, string sql) =>
        SqliteFileOf.QueryAsync(file, sql, reader => (reader.GetInt64(0), reader.GetInt32(1), reader.GetInt64(2), reader.GetInt64(3)));
}
