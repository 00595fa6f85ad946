using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using DataLoad.Demo;
using DataLoad.Integration.Tests.BadDays;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Dead letters, worked on through the API of a running host.</summary>
public sealed class DeadLetterTests
{
    private static readonly int Many = Lengths.DeadLetters;

    [Fact]
    public Task Requeued_dead_letters_count_once_and_reach_nobody_else() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Settings = "parking.retry-delays = [100ms]";
        scenario.Options = scenario.Options with { Seed = 51, Unidentified = 0, LateRows = 0.5, Broken = 0, Delayed = 0 };
        await using var broker = await BrokerAsync(scenario);
        await using var channel = await broker.CreateChannelAsync();
        foreach (var stream in ContractStreams.All)
        {
            await channel.QueueDeclareAsync($"bystander.{stream.Name}", durable: true, exclusive: false, autoDelete: false);
            await channel.QueueBindAsync($"bystander.{stream.Name}", stream.Exchange, "");
        }

        var host = await scenario.StartHostAsync();
        var batch = scenario.Generator.Next(600);
        await scenario.SendAsync(batch);
        await host.WaitForMetricAsync("dataload_deliveries_total", batch.Messages.Count);
        await host.WaitUntilSettledAsync(batch.Messages.Count);
        var groups = await host.ReadAsync("/dead-letters?maxAge=0");
        var dead = groups.GetProperty("total").GetInt64();
        dead.ShouldBeGreaterThan(20);
        groups.GetProperty("complete").GetBoolean().ShouldBeTrue();
        groups.GetProperty("groups").EnumerateArray().Sum(group => group.GetProperty("count").GetInt64()).ShouldBe(dead);

        await scenario.Business.InsertAsync(batch.RowsAfter);
        var first = groups.GetProperty("groups")[0];
        var some = await host.DoAsync("/dead-letters/requeue", $$"""{"stream":"{{first.GetProperty("stream").GetString()}}","reason":"no-row"}""");
        some.GetProperty("moved").GetInt64().ShouldBe(first.GetProperty("count").GetInt64());
        some.GetProperty("left").GetInt64().ShouldBe(dead - some.GetProperty("moved").GetInt64());
        (await host.DoAsync("/dead-letters/requeue", """{"all":true}""")).GetProperty("left").GetInt64().ShouldBe(0);

        await scenario.ShouldEqualTallyAsync();
        (await DeadLetters.CountAsync(scenario.Amqp)).ShouldBe(0);
        long seen = 0;
        foreach (var stream in ContractStreams.All)
        {
            seen += await channel.MessageCountAsync($"bystander.{stream.Name}");
        }

        seen.ShouldBe(batch.Messages.Count);
        var audit = (await host.ReadAsync("/audit?action=dead.requeue")).GetProperty("entries");
        audit.GetArrayLength().ShouldBe(2);
        audit[0].GetProperty("outcome").GetString().ShouldBe("done");
        audit[0].GetProperty("target").GetString().ShouldBe("all");
    });

    [Fact]
    public Task A_dead_letter_is_shown_corrected_and_counted_on_the_day_of_its_first_receipt() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        var host = await scenario.StartHostAsync();
        var received = new DateTimeOffset(2024, 2, 29, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        var broken = new WireMessage(ContractStreams.ActShare, Encoding.UTF8.GetBytes("""{"sessionStr":"s","topicType":"act","topicId":"seven"}"""))
        {
            ContentType = "application/json",
            MessageId = "m-7",
            Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-dataload-received"] = received, ["kept"] = 5 },
        };
        await scenario.PublishAsync([broken]);
        await DeadLetters.WaitForAsync(scenario.Amqp, 1, Deadline.Usual);

        var listed = (await host.ReadAsync("/dead-letters/messages?maxAge=0")).GetProperty("items")[0];
        var id = listed.GetProperty("id").GetString();
        listed.GetProperty("received").GetInt64().ShouldBe(received);
        (await host.ReadAsync("/dead-letters/messages?maxAge=0")).GetProperty("items")[0].GetProperty("id").GetString()
            .ShouldBe(id, "an id is the same in every listing");
        var shown = await host.ReadAsync($"/dead-letters/messages/{id}");
        shown.GetProperty("body").GetString()!.ShouldContain("seven");
        shown.GetProperty("messageId").GetString().ShouldBe("m-7");
        shown.GetProperty("headers").GetProperty("kept").GetString().ShouldBe("5");

        var corrected = """{"sessionStr":"s","topicType":"act","topicId":7,"wuId":3}""";
        (await host.DoAsync($"/dead-letters/messages/{id}/edit", JsonSerializer.Serialize(new { body = corrected }))).GetProperty("moved").GetInt64()
            .ShouldBe(1);
        await host.WaitForMetricAsync("dataload_events_total", 1);
        await host.DoAsync("/flush");
        var day = (await host.ReadAsync("/topic?type=act&id=7&page=act")).GetProperty("pages")[0].GetProperty("days")[0];
        day.GetProperty("day").GetString().ShouldBe("2024-02-29");
        day.GetProperty("source").GetString().ShouldBe("memory");
        day.GetProperty("values").GetProperty("share_cnt").GetInt64().ShouldBe(1);
        day.GetProperty("values").GetProperty("share_user_cnt").GetInt64().ShouldBe(1);
        (await host.DoAsync($"/dead-letters/messages/{id}/edit", JsonSerializer.Serialize(new { body = corrected }), HttpStatusCode.NotFound))
            .GetProperty("detail").GetString()!.ShouldContain(id!);
    });

    [Fact]
    public Task A_pile_of_them_is_grouped_within_seconds_and_keeps_its_order_and_a_purge_takes_their_number() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        var host = await scenario.StartHostAsync();
        await using var broker = await BrokerAsync(scenario);
        await Deadline.UntilAsync("the queue of dead letters", async () => (await host.ReadAsync("/status"))
            .GetProperty("deadLetters").ValueKind == JsonValueKind.Number);
        await PutManyAsync(broker);

        var clock = Stopwatch.StartNew();
        var groups = await host.ReadAsync("/dead-letters?maxAge=0");
        TestContext.Current.TestOutputHelper?.WriteLine($"{Many} dead letters grouped in {clock.Elapsed.TotalSeconds:0.0} s");
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60));
        groups.GetProperty("total").GetInt64().ShouldBe(Many);
        groups.GetProperty("groups").EnumerateArray().Select(group => group.GetProperty("count").GetInt64()).Sum().ShouldBe(Many);
        groups.GetProperty("groups").GetArrayLength().ShouldBe(3);

        // They are back, all of them, in their order; what is taken here goes back when its channel is closed.
        await using var channel = await broker.CreateChannelAsync();
        (await channel.MessageCountAsync(ContractStreams.DeadLetters)).ShouldBe((uint)Many, "all are back when the call has ended");
        await using (var taking = await broker.CreateChannelAsync())
        {
            for (var i = 0; i < 3; i++)
            {
                Encoding.UTF8.GetString((await taking.BasicGetAsync(ContractStreams.DeadLetters, autoAck: false))!.Body.Span).ShouldBe($"{i}");
            }
        }

        await Deadline.UntilAsync("those three to be back", async () => await channel.MessageCountAsync(ContractStreams.DeadLetters) == Many);
        var page = await host.ReadAsync("/dead-letters/messages?reason=reason-1&offset=10&limit=5&maxAge=3600");
        page.GetProperty("items").GetArrayLength().ShouldBe(5);
        var meant = page.GetProperty("total").GetInt64();
        (await host.DoAsync("/dead-letters/purge", $$"""{"reason":"reason-1","confirm":{{meant - 1}}}""", HttpStatusCode.Conflict)).GetProperty("count")
            .GetInt64().ShouldBe(meant);
        await Deadline.UntilAsync("all to be back", async () => await channel.MessageCountAsync(ContractStreams.DeadLetters) == Many);
        (await host.DoAsync("/dead-letters/purge", $$"""{"reason":"reason-1","confirm":{{meant}}}""")).GetProperty("moved").GetInt64().ShouldBe(meant);
        await Deadline.UntilAsync("the rest to be back", async () => await channel.MessageCountAsync(ContractStreams.DeadLetters) == Many - meant);
    });

    private static Task<IConnection> BrokerAsync(Scenario scenario) => new ConnectionFactory { Uri = new Uri(scenario.Amqp) }.CreateConnectionAsync();

    private static async Task PutManyAsync(IConnection broker)
    {
        await using var channel = await broker.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true,
            publisherConfirmationTrackingEnabled: true));
        var publishing = new List<Task>();
        for (var i = 0; i < Many; i++)
        {
            var properties = new BasicProperties
            {
                DeliveryMode = DeliveryModes.Persistent,
                Headers = new Dictionary<string, object?>(StringComparer.Ordinal)
                {
                    ["x-dataload-received"] = 1_700_000_000_000L + i,
                    ["x-dataload-stream"] = "act.share",
                    ["x-dataload-reason"] = $"reason-{i % 3}",
                    ["x-dataload-error"] = $"field topicId = {i}: expected something else",
                },
            };
            publishing.Add(channel.BasicPublishAsync("", ContractStreams.DeadLetters, mandatory: true, properties, Encoding.UTF8.GetBytes($"{i}")).AsTask());
            if (publishing.Count == 2000)
            {
                await Task.WhenAll(publishing);
                publishing.Clear();
            }
        }

        await Task.WhenAll(publishing);
    }
}
