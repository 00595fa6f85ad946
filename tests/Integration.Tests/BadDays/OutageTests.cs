using System.Text.Json;
using DataLoad.Demo;
using DataLoad.Integration.Tests.EndToEnd;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.BadDays;

/// <summary>What the host needs goes away under load, and comes back.</summary>
public sealed class OutageTests
{
    [Fact]
    public async Task A_broker_that_is_restarted_and_one_that_crashes_lose_and_repeat_nothing()
    {
        await using var broker = await OwnServer.StartRabbitMqAsync();
        await Scenario.RunAsync(() => Scenario.CreateAsync(StoreKind.Sqlite, broker: broker.Url), async scenario =>
        {
            scenario.Options = scenario.Options with { Seed = 21, Unidentified = 0 };
            var host = await scenario.StartHostAsync();
            var sending = scenario.SendMixAsync(6_000, batchMessages: 100);
            await host.WaitForMetricAsync("dataload_deliveries_total", 500);
            await broker.StopAsync();
            await broker.StartAsync();
            await host.WaitForMetricAsync("dataload_deliveries_total", 1_500);
            await broker.KillAsync();
            await broker.StartAsync();

            await sending;
            await scenario.ShouldBeExactAsync(crashed: true);
            host.HasExited.ShouldBeFalse();
        });
    }

    [Fact]
    public async Task While_the_broker_is_away_API_and_commands_say_so_and_what_waits_is_unknown_until_it_is_back()
    {
        await using var broker = await OwnServer.StartRabbitMqAsync();
        await Scenario.RunAsync(() => Scenario.CreateAsync(StoreKind.Sqlite, broker: broker.Url), async scenario =>
        {
            scenario.Options = scenario.Options with { Seed = 25, Unidentified = 0, Broken = 0 };
            var host = await scenario.StartHostAsync();
            await host.DoAsync("/streams/act.visit/pause");
            await scenario.SendMixAsync(2_000);
            var visits = await WaitingAsync(scenario.Amqp, ContractStreams.ActVisit);
            visits.ShouldBeGreaterThan(0);
            await Deadline.UntilAsync("what waits to be known", async () =>
                (await host.ReadAsync("/status")).GetProperty("lag") is { ValueKind: JsonValueKind.Number } lag && lag.GetInt64() == visits);
            await ShouldBeSameAsync(host, "degraded", "Paused by request: act.visit.");

            await broker.StopAsync();
            await Deadline.UntilAsync("the state to be not ready", async () => (await host.ReadAsync("/status")).GetProperty("state").ValueEquals("not-ready"));
            await Deadline.UntilAsync("all streams to have noticed", async () => (await host.ReadAsync("/streams")).GetProperty("streams").EnumerateArray()
                .All(stream => stream.GetProperty("state").GetString() is "failing" or "paused"));
            await ShouldBeSameAsync(host, "not-ready", "16 streams: not connected to the broker at ");
            var away = await host.ReadAsync("/status");
            away.GetProperty("lag").ValueKind.ShouldBe(JsonValueKind.Null, "nobody knows what waits");
            away.GetProperty("lagLastKnown").GetProperty("value").GetInt64().ShouldBe(visits);
            (await host.ReadAsync("/streams/act.visit")).GetProperty("lagLastKnown").GetProperty("value").GetInt64().ShouldBe(visits);
            away.GetProperty("deadLettersLastKnown").GetProperty("value").GetInt64().ShouldBe(0);

            await broker.StartAsync();
            await Deadline.UntilAsync("the state to be whole again", async () => await host.ReadAsync("/status") is var status
                && status.GetProperty("state").ValueEquals("degraded") && status.GetProperty("lag") is { ValueKind: JsonValueKind.Number } lag && lag.GetInt64() == visits);
            (await host.DoAsync("/streams/act.visit/resume")).GetProperty("state").GetString().ShouldBe("running");
            await scenario.ShouldEqualTallyAsync();
            await ShouldBeSameAsync(host, "ready", "");
        });
    }

    [Fact]
    public async Task A_store_that_is_restarted_fast_and_immediately_loses_and_repeats_nothing()
    {
        await using var server = await OwnServer.StartPostgreSqlAsync();
        await Scenario.RunAsync(() => Scenario.CreateAsync(StoreKind.PostgreSql, server: server.Url, business: ""), async scenario =>
        {
            scenario.Options = scenario.Options with { Seed = 22, Unidentified = 0 };
            scenario.Settings = "intake { prefetch = 150, max-batch = 40 }\ncheckpoint.interval = 300ms\nstop.timeout = 3s";
            var host = await scenario.StartHostAsync();
            var sending = scenario.SendMixAsync(6_000, batchMessages: 200);
            await host.WaitForMetricAsync("dataload_deliveries_total", 400);
            await server.StopAsync();
            await server.StartAsync();
            await host.WaitForMetricAsync("dataload_deliveries_total", 2_000);
            await server.SignalAsync(Signal.Quit);
            await Deadline.UntilAsync("PostgreSQL ends", async () => !await server.IsRunningAsync());
            await server.StartAsync();

            await sending;
            await scenario.ShouldBeExactAsync(crashed: true);
            host.HasExited.ShouldBeFalse();

            // A store that is away is no failure of a stop: the next start recovers.
            await server.StopAsync();
            (await host.StopAsync()).ShouldBeLessThan(TimeSpan.FromSeconds(20));
            host.ExitCode.ShouldBe(0);
            host.Errors.ShouldBeEmpty();
        });
    }

    [Fact]
    public async Task While_the_business_database_is_away_nothing_is_acknowledged_or_dead_lettered()
    {
        await using var server = await OwnServer.StartPostgreSqlAsync();
        await Scenario.RunAsync(() => Scenario.CreateAsync(StoreKind.PostgreSql, business: server.Url), async scenario =>
        {
            StreamInfo[] streams = [ContractStreams.ActBuy, ContractStreams.ActVisit, ContractStreams.ActRedPackExpire];
            scenario.Options = scenario.Options with { Seed = 23, Streams = streams, Broken = 0, LateRows = 0, Delayed = 0 };
            scenario.Settings = "cluster { time-to-live = 2s, heartbeat-interval = 500ms }";
            var batch = scenario.Generator.Next(1_000);
            batch.Record(scenario.Tally);
            await scenario.Business.InsertAsync(batch.RowsBefore);

            var host = await scenario.StartHostAsync();
            await server.StopAsync();
            await scenario.PublishAsync(batch.Messages);
            await host.WaitForMetricAsync("dataload_lookup_failures_total", 6);
            var (ready, report) = await host.GetAsync("/health/ready");
            ((int)ready).ShouldBe(503, report);
            (await host.MetricsAsync()).Sum("dataload_events_total").ShouldBe(0);
            (await DeadLetters.CountAsync(scenario.Amqp)).ShouldBe(0);

            // What was not acknowledged is in the queues again as soon as its consumer is gone.
            await host.KillAsync();
            foreach (var stream in streams)
            {
                var sent = batch.Messages.Count(message => message.Stream == stream);
                await Deadline.UntilAsync($"{sent} messages in the queue of {stream.Name}", async () => await WaitingAsync(scenario.Amqp, stream) == sent);
            }

            // A start while it is away waits for it, too.
            host = scenario.LaunchHost();
            await host.WaitForMetricAsync("dataload_lookup_failures_total", 3);
            await server.StartAsync();
            await scenario.ShouldEqualTallyAsync();
            (await DeadLetters.CountAsync(scenario.Amqp)).ShouldBe(0);
            await host.WaitUntilReadyAsync();
        });
    }

    /// <summary>Status, cluster, live rates, readiness and the commands say the same state, with a reason that holds a text.</summary>
    private static async Task ShouldBeSameAsync(HostProcess host, string state, string reason)
    {
        using var http = new HttpClient { BaseAddress = host.Http };
        using var live = new StreamReader(await http.GetStreamAsync("/api/v1/live"));
        JsonElement update = default;
        for (string? line; update.ValueKind == JsonValueKind.Undefined && (line = await live.ReadLineAsync()) is not null;)
        {
            update = line.StartsWith("data: ", StringComparison.Ordinal) ? JsonDocument.Parse(line["data: ".Length..]).RootElement : default;
        }

        JsonElement[] all = [await host.ReadAsync("/status"), await host.ReadAsync("/cluster"), update, update.GetProperty("cluster"),
            JsonDocument.Parse((await host.GetAsync("/health/ready")).Body).RootElement];
        foreach (var seen in all)
        {
            seen.GetProperty("state").GetString().ShouldBe(state, seen.ToString());
            string.Join(' ', seen.GetProperty("reasons").EnumerateArray().Select(one => one.GetString())).ShouldContain(reason);
        }

        var status = await CommandProcess.RunAsync("", "status", "--address", host.Http.ToString());
        status.Output.ShouldContain($"state\t{state.Replace('-', ' ')}\n", customMessage: status.Said);
        status.Output.ShouldContain(reason);
        (await CommandProcess.RunAsync("", "cluster", "show", "--address", host.Http.ToString())).Output.ShouldContain($"the cluster is\t{state.Replace('-', ' ')}\n");
    }

    private static async Task<long> WaitingAsync(string amqp, StreamInfo stream)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(amqp) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        return await channel.MessageCountAsync(stream.Queue);
    }
}
