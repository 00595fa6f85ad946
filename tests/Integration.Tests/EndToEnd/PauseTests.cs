using System.Text.Json;
using DataLoad.Demo;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Pausing and resuming streams of a running host.</summary>
public sealed class PauseTests
{
    [Theory]
    [Stores(inEveryRun: StoreKind.Sqlite)]
    public Task A_paused_stream_leaves_its_messages_in_the_queue_across_a_restart_and_loses_none(StoreKind store) => Scenario.RunAsync(store, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 61, Unidentified = 0, LateRows = 0, Broken = 0, Delayed = 0 };
        var host = await scenario.StartHostAsync();

        // Paused amid traffic: what is in hand is counted, the rest goes back.
        var sending = scenario.SendAsync(scenario.Generator.Next(2_000));
        await host.WaitForMetricAsync("dataload_events_total", 50);
        var paused = await host.DoAsync("/streams/act.visit/pause");
        paused.GetProperty("state").GetString().ShouldBe("paused");
        paused.GetProperty("unacknowledged").GetInt64().ShouldBe(0);
        await sending;
        await scenario.SendAsync(scenario.Generator.Next(1_000));
        await Deadline.UntilAsync("messages to wait", async () => Lag(await host.ReadAsync("/streams/act.visit")) > 0);
        (await host.GetAsync("/health/ready")).Body.ShouldContain("act.visit");
        (await host.ReadAsync("/status")).GetProperty("ready").GetBoolean().ShouldBeTrue("a pause is meant, and no fault");
        (await host.ReadAsync("/status")).GetProperty("state").GetString().ShouldBe("degraded");
        (await host.MetricsAsync()).Sum("dataload_streams_paused").ShouldBe(1);

        await host.StopAsync();
        host = await scenario.StartHostAsync();
        await Deadline.UntilAsync("the other streams to be drained", async () =>
            (await host.ReadAsync("/streams")).GetProperty("streams").EnumerateArray()
                .All(stream => string.Equals(stream.GetProperty("name").GetString(), "act.visit", StringComparison.Ordinal) || Lag(stream) == 0));
        var still = await host.ReadAsync("/streams/act.visit");
        still.GetProperty("paused").GetBoolean().ShouldBeTrue();
        Lag(still).ShouldBeGreaterThan(0);
        still.GetProperty("totals").GetProperty("deliveries").GetInt64().ShouldBe(0);

        (await host.DoAsync("/streams/act.visit/resume")).GetProperty("paused").GetBoolean().ShouldBeFalse();
        await scenario.ShouldEqualTallyAsync();
        (await host.ReadAsync("/audit")).GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("action").GetString())
            .ShouldBe(["stream.resume", "stream.pause"]);
    });

    private static long Lag(JsonElement stream) => stream.GetProperty("lag") is { ValueKind: JsonValueKind.Number } lag ? lag.GetInt64() : -1;
}
