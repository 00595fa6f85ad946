using DataLoad.Demo;
using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Queues that count deliveries and drop what was given back too often, by a policy that nobody sees over AMQP, while connections are lost again and
/// again.</summary>
public sealed class DeliveryLimitTests
{
    private const int Flaps = 6;

    private const string Quorum = "stream-defaults.queue-type = quorum";

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Nothing_is_worn_out_while_the_store_is_away_and_connections_are_closed_again_and_again(int limit)
    {
        await using var server = await OwnServer.StartPostgreSqlAsync();
        await Scenario.RunAsync(() => Scenario.CreateAsync(StoreKind.PostgreSql, server: server.Url, business: "", declare: false), async scenario =>
        {
            scenario.Options = Countable(scenario.Options, ContractStreams.ActShare, ContractStreams.BearShare);
            scenario.Settings = Quorum;
            HostProcess host = await scenario.StartHostAsync();
            await LimitAsync(scenario, limit);
            await scenario.SendMixAsync(200);
            await scenario.ShouldEqualTallyAsync();

            await server.StopAsync();
            await host.WaitUntilNotReadyAsync("store");
            double before = (await host.MetricsAsync()).Sum("dataload_deliveries_total");
            await scenario.SendMixAsync(300);
            await host.WaitForMetricAsync("dataload_deliveries_total", before + 300);
            await FlapAsync(scenario, 1);
            await host.WaitUntilNotReadyAsync("it is consumed anew when what came before is done");
            await FlapAsync(scenario);
            await server.StartAsync();

            await scenario.ShouldEqualTallyAsync();
            await host.WaitUntilReadyAsync();
            await scenario.SendMixAsync(100);
            await scenario.ShouldEqualTallyAsync();
            host.HasExited.ShouldBeFalse();
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public Task Nothing_is_worn_out_while_a_query_fails_and_all_is_well_once_it_is_mended(int limit) => Scenario.RunAsync(
        () => Scenario.CreateAsync(StoreKind.PostgreSql, declare: false),
        async scenario =>
        {
            scenario.Options = Countable(scenario.Options, ContractStreams.ActBuy);
            scenario.Settings = Quorum;
            HostProcess host = await scenario.StartHostAsync();
            await LimitAsync(scenario, limit);
            GeneratedBatch batch = scenario.Generator.Next(5);
            batch.Record(scenario.Tally);
            await scenario.Business.InsertAsync(batch.RowsBefore);
            await RenameAsync(scenario, "orders", "orders_away");
            await scenario.PublishAsync(batch.Messages);
            await host.WaitUntilNotReadyAsync("stream act.buy");
            await FlapAsync(scenario);

            await RenameAsync(scenario, "orders_away", "orders");
            await scenario.ShouldEqualTallyAsync();
            await host.WaitUntilReadyAsync();
        });

    [Fact]
    public Task A_delivery_limit_that_one_crash_after_another_wears_out_is_refused_by_name() => Scenario.RunAsync(
        () => Scenario.CreateAsync(StoreKind.Sqlite, declare: false),
        async scenario =>
        {
            HostProcess host = scenario.LaunchHost("""streams."act.buy" { queue-type = quorum, queue-arguments { x-delivery-limit = 1 } }""");
            await host.WaitUntilNotReadyAsync(
                "it drops a message that was given back twice, as by a consumer that is killed (x-delivery-limit = 1); declare it anew");
            (await host.ReadAsync("/streams")).ToString().ShouldContain("x-delivery-limit = 1");
            (await host.ReadAsync("/status")).ToString().ShouldContain("x-delivery-limit = 1");
            (await host.MetricsAsync()).Sum("dataload_streams_failing").ShouldBe(1);
        });

    private static GeneratorOptions Countable(GeneratorOptions options, params StreamInfo[] streams) =>
        options with { Seed = 92, Streams = streams, Broken = 0, LateRows = 0, Unidentified = 0, Delayed = 0, Duplicates = 0 };

    private static Task LimitAsync(Scenario scenario, int limit) =>
        Servers.RabbitMqCtlAsync("set_policy", "-p", VhostOf(scenario), "limit", "^queue", $$"""{"delivery-limit":{{limit}}}""", "--apply-to", "queues");

    private static async Task FlapAsync(Scenario scenario, int times = Flaps)
    {
        for (int i = 0; i < times; i++)
        {
            await Servers.RabbitMqCtlAsync("close_all_connections", "--vhost", VhostOf(scenario), "flapping");
        }
    }

    private static string VhostOf(Scenario scenario) => new Uri(scenario.Amqp).AbsolutePath[1..];

    private static async Task RenameAsync(Scenario scenario, string table, string name)
    {
        await using var connection = new NpgsqlConnection(scenario.BusinessUrl);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"ALTER TABLE {table} RENAME TO {name}", connection);
        await command.ExecuteNonQueryAsync();
    }
}
