using DataLoad.Integration.Tests.PostgreSql;
using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>What stands before PostgreSQL, or how it is set up: refused by a sentence, noted, or worked through.</summary>
public sealed class PoolerTests
{
    [Fact]
    public Task A_pooler_that_keeps_no_sessions_is_refused_by_a_start_and_named_by_a_check() => Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
    {
        await using var bare = await Pooler.StartAsync(scenario.Store, "session");
        await using var pooler = await Pooler.StartAsync(scenario.Store, "transaction", "ignore_startup_parameters = options,extra_float_digits");
        foreach (var (settings, named) in new[]
        {
            ($"store.connection = \"{pooler.ConnectionString}\"", "gives each transaction another session"),
            ($"store.connection = \"{bare.ConnectionString}\"", "unsupported startup parameter: options"),
            ($"business.connection = \"{pooler.ConnectionString}\"", "dataload.business.prepare-statements = false"),
        })
        {
            var host = scenario.LaunchHost(settings);
            await StartTests.ShouldRefuseAsync(host, "A connection pooler stands before PostgreSQL 127.0.0.1:");
            host.Errors.ShouldContain(named);
            host.ExitCode.ShouldBe(2);

            var check = await CommandProcess.RunOverAsync(scenario.Config, "check");
            check.ExitCode.ShouldBe(1);
            check.Output.ShouldContain(named);
            check.Said.ShouldNotContain("   at ");
        }
    });

    [Fact]
    public Task Business_rows_are_read_through_a_pooler_in_transaction_mode_and_the_store_is_kept_through_one_in_session_mode() =>
        Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
        {
            await using var sessions = await Pooler.StartAsync(scenario.Store, "session", "ignore_startup_parameters = options");
            await using var transactions = await Pooler.StartAsync(scenario.BusinessUrl, "transaction");
            scenario.Options = scenario.Options with { Seed = 61 };
            scenario.Settings = $$"""
                store.connection = "{{sessions.ConnectionString}}"
                business { connection = "{{transactions.ConnectionString}}", prepare-statements = false }
                """;
            var host = await scenario.StartHostAsync();
            await scenario.SendMixAsync(800);
            await scenario.ShouldBeExactAsync();
            await host.StopAsync();
            host.ExitCode.ShouldBe(0);
            host.Log.ShouldNotContain("[3000]");
        });

    [Fact]
    public async Task A_server_that_does_not_keep_what_it_confirmed_and_grants_few_connections_is_warned_of_by_name()
    {
        await using var server = await OwnServer.StartPostgreSqlAsync();
        foreach (var setting in (string[])["fsync = off", "full_page_writes = off", "max_connections = 60", "statement_timeout = '20s'"])
        {
            await TestDatabase.ExecuteAsync(server.Url, $"ALTER SYSTEM SET {setting}");
        }

        await server.StopAsync();
        await server.StartAsync();
        await Scenario.RunAsync(() => Scenario.CreateAsync(StoreKind.PostgreSql, server: server.Url, business: ""), async scenario =>
        {
            scenario.Settings = "store.max-connections = 40";
            var host = await scenario.StartHostAsync();

            // Which may have taken all that there are.
            await host.StopAsync();
            var check = await CommandProcess.RunOverAsync(scenario.Config, "check");

            check.ExitCode.ShouldBe(0, check.Said);
            foreach (var said in (string[])[check.Output, host.Log])
            {
                said.ShouldContain("fsync = off. What was counted and acknowledged is lost");
                said.ShouldContain("full_page_writes = off.");
                said.ShouldContain("statement_timeout = 20000 ms, set for the server; the node's sessions set it to 0");
                said.ShouldContain("up to 81 connections here (twice dataload.store.max-connections and 1)");
                said.ShouldContain("max_connections less superuser_reserved_connections grants 57");
            }
        });
    }

    [Fact]
    public Task A_role_that_is_cut_off_while_it_is_idle_counts_without_a_failed_query() => Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
    {
        var database = new NpgsqlConnectionStringBuilder(scenario.Store).Database;
        var business = new NpgsqlConnectionStringBuilder(scenario.BusinessUrl).Database;
        foreach (var setting in (string[])["idle_session_timeout = '300ms'", "lock_timeout = '1ms'", "statement_timeout = '400ms'"])
        {
            await TestDatabase.ExecuteAsync(scenario.Store, $"ALTER DATABASE {database} SET {setting}");
            await TestDatabase.ExecuteAsync(scenario.Store, $"ALTER DATABASE {business} SET {setting}");
        }

        NpgsqlConnection.ClearAllPools();
        scenario.Options = scenario.Options with { Seed = 62, LateRows = 0 };
        var host = await scenario.StartHostAsync();
        for (var i = 0; i < 4; i++)
        {
            await scenario.SendAsync(scenario.Generator.Next(100));
            await TestDatabase.ExecuteAsync(Servers.PostgreSql, "SELECT pg_sleep(1)");
            NpgsqlConnection.ClearAllPools();
        }

        await host.StopAsync();
        host.Log.ShouldNotContain("57P05");
        host.Log.ShouldNotContain("is paused: query");
        host.Log.ShouldNotContain("cannot be reached");
    });
}
