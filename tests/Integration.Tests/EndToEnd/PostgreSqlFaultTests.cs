using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>A PostgreSQL that is there and does not serve: no connection left, no writing allowed, gone at once.</summary>
public sealed class PostgreSqlFaultTests
{
    [Fact]
    public async Task Without_connections_in_read_only_mode_and_after_an_immediate_end_nothing_is_lost_or_repeated()
    {
        await using var server = await OwnServer.StartPostgreSqlAsync();
        await using (var first = await ConnectAsync(server.Url))
        {
            await ExecuteAsync(first, "ALTER SYSTEM SET max_connections = 24");
        }

        await server.StopAsync();
        await server.StartAsync();

        // The test's own from the start, so that it is there while all others are taken.
        await using var operating = await ConnectAsync(server.Url);
        await Scenario.RunAsync(() => Scenario.CreateAsync(StoreKind.PostgreSql, server: server.Url, business: ""), async scenario =>
        {
            scenario.Options = scenario.Options with { Seed = 51, Unidentified = 0 };
            scenario.Settings = """
                intake { prefetch = 150, max-batch = 40 }
                checkpoint.interval = 300ms
                store.max-connections = 8
                cluster { time-to-live = 2s, heartbeat-interval = 500ms }
                """;
            var host = await scenario.StartHostAsync();
            await scenario.SendMixAsync(500);

            // Every connection taken by others, the node's own ended.
            await using (await Hog.TakeAllAsync(server.Url, operating))
            {
                await scenario.SendMixAsync(1_500, batchMessages: 250);
                await host.WaitUntilNotReadyAsync("53300");
                await host.WaitForLogAsync("(try 3)");
            }

            await scenario.ShouldEqualTallyAsync();
            await host.WaitUntilReadyAsync();

            // Read-only, for one that runs and for one that starts.
            await ReadOnlyAsync(operating, on: true);
            await scenario.SendMixAsync(1_500, batchMessages: 250);
            await host.WaitUntilNotReadyAsync("25006");
            await host.KillAsync();
            host = scenario.LaunchHost();
            await host.WaitForLogAsync("cannot be reached");
            await ReadOnlyAsync(operating, on: false);
            await scenario.ShouldEqualTallyAsync();
            await host.WaitUntilReadyAsync();

            // Gone at once, under load.
            var sending = scenario.SendMixAsync(1_500, batchMessages: 100);
            await host.WaitForMetricAsync("dataload_deliveries_total", 1_700);
            await server.SignalAsync(Signal.Quit);
            await Deadline.UntilAsync("PostgreSQL ends", async () => !await server.IsRunningAsync());
            await server.StartAsync();
            await sending;
            await scenario.ShouldBeExactAsync(crashed: true);
            host.HasExited.ShouldBeFalse();
        });
    }

    private static async Task ReadOnlyAsync(NpgsqlConnection server, bool on)
    {
        await ExecuteAsync(server, "SET default_transaction_read_only = off", $"ALTER SYSTEM SET default_transaction_read_only = {(on ? "on" : "off")}");
        await ExecuteAsync(server, "SELECT pg_reload_conf()");
    }

    private static async Task<NpgsqlConnection> ConnectAsync(string server)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server) { Pooling = false, ApplicationName = Hog.Name }.ConnectionString);
        try
        {
            await connection.OpenAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection server, params string[] statements)
    {
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, server);
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>Holds every connection that a server gives.</summary>
    private sealed class Hog : IAsyncDisposable
    {
        /// <summary>What those are named that it leaves alone.</summary>
        public const string Name = "hog";

        private readonly List<NpgsqlConnection> _held = [];

        public static async Task<Hog> TakeAllAsync(string server, NpgsqlConnection operating)
        {
            var hog = new Hog();

            // Those of others end, and are taken as they become free, until this hog has them all.
            await Deadline.UntilAsync("every connection to be taken", async () =>
            {
                await using var command = new NpgsqlCommand(
                    $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> '{Name}'",
                    operating);
                var others = (long)(await command.ExecuteScalarAsync())!;
                while (await hog.TryTakeAsync(server))
                {
                    // And those.
                }

                return others == 0;
            });
            return hog;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var connection in _held)
            {
                await connection.DisposeAsync();
            }
        }

        private async Task<bool> TryTakeAsync(string server)
        {
            try
            {
                _held.Add(await ConnectAsync(server));
                return true;
            }
            catch (PostgresException full) when (full.SqlState is PostgresErrorCodes.TooManyConnections)
            {
                return false;
            }
        }
    }
}
