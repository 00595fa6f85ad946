using DataLoad.Demo;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Dead letters whose host ends while it puts them back.</summary>
public sealed class DeadLetterCrashTests
{
    // The size and number of an AMQP basic.ack.
    private static readonly byte[] Acknowledgement = [0, 0, 0, 13, 0, 60, 0, 80];

    [Fact]
    public Task A_host_killed_after_it_put_dead_letters_back_and_before_it_removed_them_neither_loses_one_nor_counts_one_twice() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Settings = "parking.retry-delays = [100ms]";
        scenario.Options = scenario.Options with { Seed = 53, Unidentified = 0, Duplicates = 0, LateRows = 0.5, Broken = 0, Delayed = 0 };
        var amqp = new Uri(scenario.Amqp);
        await using var broker = new Proxy(amqp.Host, amqp.Port);
        broker.HoldBackFrom("dead-letter desk", Acknowledgement);
        var host = scenario.LaunchHost($"amqp.url = \"{new UriBuilder(amqp) { Port = broker.Port }.Uri}\"");
        await host.WaitUntilReadyAsync();
        var batch = scenario.Generator.Next(300);
        await scenario.SendAsync(batch);
        await host.WaitForMetricAsync("dataload_deliveries_total", batch.Messages.Count);
        await host.WaitUntilSettledAsync(batch.Messages.Count);
        var dead = await DeadLetters.CountAsync(scenario.Amqp);
        dead.ShouldBeGreaterThan(20);
        await scenario.Business.InsertAsync(batch.RowsAfter);

        var requeue = host.DoAsync("/dead-letters/requeue", """{"all":true}""");
        await broker.Held.WaitAsync(Deadline.Usual);
        await host.KillAsync();
        await Should.ThrowAsync<HttpRequestException>(requeue);
        await Deadline.UntilAsync("all dead letters to be back", async () => await DeadLetters.CountAsync(scenario.Amqp) == dead);

        // They are in their streams' queues too, and count from there.
        var next = await scenario.StartHostAsync();
        await scenario.ShouldEqualTallyAsync();
        (await next.ReadAsync("/audit?action=dead.requeue")).GetProperty("entries")[0].GetProperty("outcome").GetString().ShouldBe("begun");

        var again = await next.DoAsync("/dead-letters/requeue", """{"all":true}""");
        again.GetProperty("moved").GetInt64().ShouldBe(dead);
        await next.WaitForMetricAsync("dataload_duplicates_total", dead);
        await scenario.ShouldEqualTallyAsync();
        (await DeadLetters.CountAsync(scenario.Amqp)).ShouldBe(0);
        (await next.ReadAsync("/audit?action=dead.requeue")).GetProperty("entries")[0].GetProperty("outcome").GetString().ShouldBe("done");
    });
}
