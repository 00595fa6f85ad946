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

    private static async Task ExecuteAsync(string server, string sql)
    {
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
