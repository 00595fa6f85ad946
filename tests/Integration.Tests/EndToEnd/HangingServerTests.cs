using DataLoad.Demo;
using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>A server that stays connected and does not answer any more.</summary>
public sealed class HangingServerTests
{
    // Far above what a stop takes here, and far below what waiting for the servers' answers would.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Fact]
    public Task A_broker_that_hangs_does_not_hold_up_a_stop() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        var amqp = new Uri(scenario.Amqp);
        await using var broker = new Proxy(amqp.Host, amqp.Port);
        var host = scenario.LaunchHost($"amqp.url = \"{new UriBuilder(amqp) { Port = broker.Port }.Uri}\"\nstop.timeout = 3s");
        await host.WaitUntilReadyAsync();
        await scenario.SendAsync(scenario.Generator.NextOf(ContractStreams.ActShare));
        await host.WaitForMetricAsync("dataload_events_total", 1);
        broker.FallSilent();

        (await host.StopAsync()).ShouldBeLessThan(Limit);
        host.ExitCode.ShouldBe(0);
        host.Errors.ShouldBeEmpty();
    });

    [Fact]
    public Task A_store_that_hangs_makes_the_host_unready_and_does_not_hold_up_a_stop() => Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
    {
        var connection = new NpgsqlConnectionStringBuilder(scenario.Store);
        await using var store = new Proxy(connection.Host!, connection.Port);
        connection.Port = store.Port;
        var host = scenario.LaunchHost($"store.connection = \"{connection.ConnectionString}\"\nstop.timeout = 3s");
        await host.WaitUntilReadyAsync();
        store.FallSilent();
        await scenario.SendAsync(scenario.Generator.NextOf(ContractStreams.ActShare));
        await host.WaitForMetricAsync("dataload_deliveries_total", 1);
        (await host.GetAsync("/health/live")).Status.ShouldBe(System.Net.HttpStatusCode.OK);
        var (ready, report) = await host.GetAsync("/health/ready");
        ready.ShouldBe(System.Net.HttpStatusCode.ServiceUnavailable, report);

        (await host.StopAsync()).ShouldBeLessThan(Limit);
        host.ExitCode.ShouldBe(0);
        host.Errors.ShouldBeEmpty();
    });
}
