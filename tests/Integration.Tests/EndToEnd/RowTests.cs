using System.Globalization;
using System.Text;
using DataLoad.Demo;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Rows that come after their message, or never.</summary>
public sealed class RowTests
{
    [Theory]
    [Stores(inEveryRun: StoreKind.Sqlite)]
    public Task An_event_whose_row_comes_late_is_counted_once_it_is_there(StoreKind store) => Scenario.RunAsync(store, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 31, Unidentified = 0, LateRows = 0.5, Broken = 0, Delayed = 0 };
        var host = await scenario.StartHostAsync();
        var batch = scenario.Generator.Next(800);
        await scenario.SendAsync(batch);
        await host.WaitForMetricAsync("dataload_parked_waiting", 100);

        // What is parked is in the store: a crash does not lose it.
        await host.KillAsync();
        host = scenario.LaunchHost("cluster { time-to-live = 2s, heartbeat-interval = 500ms }");
        await scenario.Business.InsertAsync(batch.RowsAfter);
        await scenario.ShouldEqualTallyAsync();
        (await DeadLetters.CountAsync(scenario.Amqp)).ShouldBe(0);
        await host.WaitForMetricAsync("dataload_serving", 1);

        // A count that a removal crossed may be too high until the next one.
        await Deadline.UntilAsync("nothing to be parked", async () => (await host.MetricsAsync()).Sum("dataload_parked_waiting") == 0);
    });

    [Theory]
    [Stores(inEveryRun: StoreKind.PostgreSql)]
    public Task An_event_whose_row_never_comes_is_dead_lettered_as_it_came(StoreKind store) => Scenario.RunAsync(store, async scenario =>
    {
        scenario.Settings = "parking.retry-delays = [200ms, 300ms]";
        await scenario.StartHostAsync();
        var before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var message = new WireMessage(ContractStreams.ActBuy, Encoding.UTF8.GetBytes("{ \"recordId\" : \"4711\", \"more\":[1,2] }"))
        {
            ContentType = "application/json; charset=UTF-8",
            ContentEncoding = "utf-8",
            MessageId = "m-1",
            TimestampSeconds = 1_700_000_000,
            Headers = new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["__TypeId__"] = "java.util.HashMap",
                ["count"] = 7,
                ["big"] = 8L,
                ["flag"] = true
            },
        };
        scenario.Tally.AddDead(ContractStreams.ActBuy.Name);
        await scenario.PublishAsync([message]);

        var letter = (await scenario.ShouldHaveDeadLettersAsync()).ShouldHaveSingleItem();
        letter.Reason.ShouldBe("no-row");
        letter.Stream.ShouldBe("act.buy");
        letter.Error!.ShouldContain("4711");
        long.Parse(letter.Received!, CultureInfo.InvariantCulture).ShouldBeInRange(before - 1, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        letter.Body.ShouldBe(message.Body);
        letter.ContentType.ShouldBe(message.ContentType);
        letter.MessageId.ShouldBe("m-1");
        Encoding.UTF8.GetString((byte[])letter.Headers["__TypeId__"]!).ShouldBe("java.util.HashMap");
        letter.Headers["count"].ShouldBe(7);
        letter.Headers["big"].ShouldBe(8L);
        letter.Headers["flag"].ShouldBe(true);
        await scenario.ShouldEqualTallyAsync();
    });
}
