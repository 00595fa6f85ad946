using System.Diagnostics;
using System.Globalization;
using DataLoad.Demo;
using Microsoft.Data.Sqlite;
using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Backup and restore as docs/OPERATIONS.md has them.</summary>
public sealed class BackupTests
{
    [Theory]
    [Stores]
    public Task A_backup_that_was_made_while_events_were_counted_verifies_and_counts_on(StoreKind kind) => Scenario.RunAsync(kind, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 31, Unidentified = 0, Broken = 0, LateRows = 0, Delayed = 0 };
        var batch = scenario.Generator.Next(3_000);
        batch.Record(scenario.Tally);
        await scenario.Business.InsertAsync(batch.RowsBefore);
        var host = await scenario.StartHostAsync();
        var sending = scenario.PublishAsync(batch.Messages);
        await host.WaitForMetricAsync("dataload_deliveries_total", 500);

        var restored = kind == StoreKind.Sqlite ? BackUpFile(scenario) : await DumpAsync(scenario);
        await sending;
        await scenario.ShouldEqualTallyAsync();
        await host.StopAsync();

        var counted = scenario.Store;
        scenario.Store = restored;
        try
        {
            var again = await scenario.StartHostAsync();

            // What was acknowledged after the backup comes again, and with it all that the backup holds.
            await scenario.PublishAsync(batch.Messages);
            await scenario.ShouldEqualTallyAsync();
            var verify = await CommandProcess.RunOverAsync(scenario.Config, "verify");
            verify.ExitCode.ShouldBe(0, verify.Said);
            await again.StopAsync();
        }
        finally
        {
            if (kind == StoreKind.PostgreSql)
            {
                await Servers.DropDatabaseAsync(Servers.PostgreSql, restored);
            }

            scenario.Store = counted;
        }
    });

    private static string BackUpFile(Scenario scenario)
    {
        // The store first: what it has is then in the journal, which goes on.
        var copy = scenario.PathOf("restored.db");
        BackUp(scenario.StoreFile, copy);
        BackUp(scenario.JournalFile, scenario.PathOf("restored-journal.db"));
        return $"sqlite:{copy}";
    }

    private static void BackUp(string file, string copy)
    {
        using var from = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False");
        using var to = new SqliteConnection($"Data Source={copy};Pooling=False");
        from.Open();
        to.Open();
        from.BackupDatabase(to);
    }

    private static async Task<string> DumpAsync(Scenario scenario)
    {
        var dump = scenario.PathOf("statistics.dump");
        await RunAsync("pg_dump", scenario.Store, "-Fc", "-f", dump);
        var restored = await Servers.NewDatabaseAsync(Servers.PostgreSql);
        await RunAsync("pg_restore", restored, "--exit-on-error", "--no-owner", "-d", new NpgsqlConnectionStringBuilder(restored).Database!, dump);
        return restored;
    }

    private static async Task RunAsync(string tool, string database, params string[] arguments)
    {
        var connection = new NpgsqlConnectionStringBuilder(database);
        var start = new ProcessStartInfo(tool, arguments) { UseShellExecute = false, RedirectStandardError = true };
        start.Environment["PGHOST"] = connection.Host;
        start.Environment["PGPORT"] = connection.Port.ToString(CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = connection.Username;
        start.Environment["PGPASSWORD"] = connection.Password;
        start.Environment["PGDATABASE"] = connection.Database;
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(Deadline.Usual);
        var errors = await process.StandardError.ReadToEndAsync(patience.Token);
        await process.WaitForExitAsync(patience.Token);
        process.ExitCode.ShouldBe(0, errors);
    }
}
