using DataLoad.Demo;
using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>A host whose role in PostgreSQL owns nothing.</summary>
public sealed class RightsTests
{
    [Fact]
    public Task The_rights_that_the_operations_page_gives_suffice_to_count_and_to_be_operated() => Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 71, LateRows = 0.05, Broken = 0.02 };
        var host = await scenario.StartHostAsync();
        await host.StopAsync();
        var role = $"dataload_run_{Guid.NewGuid():N}";
        await ExecuteAsync(scenario.Store, $"CREATE ROLE {role} LOGIN PASSWORD 'role'; {OperationsPage.Grants(role)}");
        try
        {
            var connection = new NpgsqlConnectionStringBuilder(scenario.Store) { Username = role, Password = "role" };
            host = scenario.LaunchHost(
                $"store.connection = \"{connection.ConnectionString}\"\njournal {{ retention = 500ms, trim-interval = 200ms }}\ncheckpoint.interval = 200ms");
            await host.WaitUntilReadyAsync();
            await scenario.SendMixAsync(400);
            await scenario.ShouldBeExactAsync();

            await host.DoAsync("/streams/act.share/pause");
            await host.DoAsync("/streams/act.share/resume");
            await host.DoAsync("/checkpoint");
            await host.DoAsync("/dead-letters/requeue", """{"all":true}""");
            (await host.ReadAsync("/audit")).GetProperty("entries").EnumerateArray()
                .ShouldAllBe(entry => string.Equals(entry.GetProperty("outcome").GetString(), "done", StringComparison.Ordinal));
            (await host.ReadAsync("/nodes")).GetProperty("nodes").GetArrayLength().ShouldBe(1);
            await host.StopAsync();
            host.Log.ShouldNotContain("permission denied");
        }
        finally
        {
            await ExecuteAsync(scenario.Store, $"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    });

    [Fact]
    public Task What_only_the_owner_of_a_table_may_do_for_a_further_metric_is_named_and_counting_goes_on_until_it_was_done() => Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 72, Unidentified = 0, LateRows = 0, Delayed = 0, Broken = 0 };
        var host = await scenario.StartHostAsync();
        await scenario.SendMixAsync(400);
        await scenario.ShouldEqualTallyAsync();
        await host.StopAsync();

        // As a program left it that did not count this yet.
        await ExecuteAsync(scenario.Store, $"{Of("DROP COLUMN group_success_cnt")}; DELETE FROM dataload_metric WHERE column_name = 'group_success_cnt'");
        var role = $"dataload_run_{Guid.NewGuid():N}";
        await ExecuteAsync(scenario.Store, $"CREATE ROLE {role} LOGIN PASSWORD 'role'; {OperationsPage.Grants(role)}");
        try
        {
            var connection = $"store.connection = \"{new NpgsqlConnectionStringBuilder(scenario.Store) { Username = role, Password = "role" }.ConnectionString}\"";
            await StartTests.ShouldRefuseAsync(scenario.LaunchHost(connection), "ADD COLUMN \"group_success_cnt_incomplete\"");
            await ExecuteAsync(scenario.Store, Of("ADD COLUMN group_success_cnt_incomplete bigint NOT NULL DEFAULT 0"));
            host = scenario.LaunchHost(connection);
            await host.WaitUntilReadyAsync();
            await Deadline.UntilAsync("the statement is named", async () => (await host.ReadAsync("/backfill")).GetProperty("partitions").EnumerateArray()
                .Any(partition => partition.GetProperty("error").GetString()?.Contains("RENAME COLUMN", StringComparison.Ordinal) == true));
            (await host.ReadAsync("/catalog")).GetRawText().ShouldNotContain("group_success_cnt");
            await scenario.SendMixAsync(200);

            await host.DoAsync("/backfill/stop");
            (await host.ReadAsync("/backfill")).GetProperty("stoppedAt").GetInt64().ShouldBeGreaterThan(0);
            await host.WaitUntilReadyAsync();
            await host.DoAsync("/backfill/resume");
            (await host.ReadAsync("/backfill")).GetProperty("stoppedAt").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);

            await ExecuteAsync(scenario.Store, Of("RENAME COLUMN group_success_cnt_incomplete TO group_success_cnt"));
            await Deadline.UntilAsync("it is complete", async () => (await host.ReadAsync("/backfill")).GetProperty("items").GetArrayLength() == 0);
            (await host.ReadAsync("/catalog")).GetRawText().ShouldContain("group_success_cnt");
            await scenario.ShouldEqualTallyAsync();
            await host.StopAsync();
        }
        finally
        {
            await ExecuteAsync(scenario.Store, $"DROP OWNED BY {role}; DROP ROLE {role}");
        }

        static string Of(string change) => $"ALTER TABLE data_load_act_date {change}; ALTER TABLE data_load_act_date_by_parent {change}";
    });

    private static async Task ExecuteAsync(string server, string sql)
    {
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
