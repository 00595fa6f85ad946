using System.Net;
using System.Text;
using System.Text.Json;
using DataLoad.Demo;
using DataLoad.Integration.Tests.EndToEnd;
using DataLoad.Streams.Amqp;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.Field;

/// <summary>What a broker limits: how often it delivers a message, how large one may be, and whether it takes any.</summary>
public sealed class BrokerLimitTests
{
    private const string DeadLetters = "dataload.dead";
    private const string NoSession = """{"topicType":"activity","topicId":7}""";

    [Fact]
    public Task Looking_at_dead_letters_uses_none_up_whatever_their_queue_counts() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        await using RawBroker broker = await RawBroker.OpenAsync(scenario.Amqp);
        await broker.DeclareAsync(DeadLetters, ("x-queue-type", "quorum"));
        string vhost = new Uri(scenario.Amqp).AbsolutePath[1..];
        await Servers.RabbitMqCtlAsync("set_policy", "-p", vhost, "limit", "dataload.dead", """{"delivery-limit":3}""");
        HostProcess host = await scenario.StartHostAsync();
        for (int i = 0; i < 3; i++)
        {
            await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", RawBroker.Json, NoSession);
        }

        await broker.WaitForAsync(DeadLetters, 3);
        for (int i = 0; i < 6; i++)
        {
            CommandProcess list = await CommandProcess.RunAsync("", "dead", "list", "--address", host.Http.ToString());
            list.ExitCode.ShouldBe(2, list.Said);
            list.Said.ShouldContain("is a quorum queue, which counts each look as a delivery");
            list.Said.ShouldContain("dataload.dead-letters.unlimited-deliveries = on");
            list.Said.ShouldNotContain("   at ");
        }

        (await broker.CountAsync(DeadLetters)).ShouldBe(3);
        await Servers.RabbitMqCtlAsync("clear_policy", "-p", vhost, "limit");
        await host.StopAsync();
        scenario.Settings = "dead-letters.unlimited-deliveries = on";
        host = await scenario.StartHostAsync();
        for (int i = 0; i < 6; i++)
        {
            (await host.ReadAsync("/dead-letters?maxAge=0")).GetProperty("total").GetInt64().ShouldBe(3);
        }

        await broker.WaitForAsync(DeadLetters, 3);
    });

    [Fact]
    public async Task A_letter_that_the_broker_takes_no_more_for_its_size_waits_or_goes_without_its_body_and_holds_up_none()
    {
        await using OwnServer server = await OwnServer.StartRabbitMqAsync();
        await Scenario.RunAsync(() => Scenario.CreateAsync(StoreKind.Sqlite, broker: server.Url), async scenario =>
        {
            await using RawBroker broker = await RawBroker.OpenAsync(scenario.Amqp);
            await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", RawBroker.Json, new byte[2 * 1024 * 1024]);
            await broker.WaitForAsync(ContractStreams.ActShare.Queue, 1);
            await server.ControlAsync("eval", "application:set_env(rabbit, max_message_size, 1048576), persistent_term:erase(max_message_size).");
            await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", RawBroker.Json, NoSession);
            await broker.PublishAsync(ContractStreams.BearShare.Exchange, "", RawBroker.Json, NoSession);
            HostProcess host = await scenario.StartHostAsync();
            await host.WaitForMetricAsync("dataload_dead_letters_total", 3);

            // What was lost together with the refused one was published again: nobody knew whether it had arrived.
            var letters = await broker.PeekAsync(DeadLetters);
            letters.Count(letter => letter.Body.Length == 0).ShouldBe(1);
            Texts(letters, "x-dataload-stream").Distinct().ShouldBe(["act.share", "bear.share"], ignoreOrder: true);
            Texts(letters, "x-dataload-reason").Distinct().ShouldBe(["too-large", "missing-field"], ignoreOrder: true);
            letters.Single(letter => letter.Body.Length == 0).Properties.TryGetHeader("x-dataload-error"u8, out var error).ShouldBeTrue();
            Encoding.UTF8.GetString(error.Bytes).ShouldContain("Left out of the dead letter: the body of 2097152 bytes, which the broker refuses as too large.");

            // One that is in the queue already and would not be taken again stays there, and the others go.
            await server.ControlAsync("eval", "application:set_env(rabbit, max_message_size, 134217728), persistent_term:erase(max_message_size).");
            await broker.PublishAsync("", DeadLetters, RawBroker.Json.WithHeader("x-dataload-stream"u8, "act.share"u8), new byte[2 * 1024 * 1024]);
            await broker.WaitForAsync(DeadLetters, letters.Count + 1);
            await server.ControlAsync("eval", "application:set_env(rabbit, max_message_size, 1048576), persistent_term:erase(max_message_size).");
            JsonElement move = await host.DoAsync("/dead-letters/requeue", """{"all":true}""");
            move.GetProperty("moved").GetInt64().ShouldBe(letters.Count);
            move.GetProperty("skipped").GetInt64().ShouldBe(1);
            move.GetProperty("why").GetString()!.ShouldContain("TooLarge");
        });
    }

    [Fact]
    public async Task A_broker_that_blocks_publishing_is_named_and_every_command_has_an_end()
    {
        await using OwnServer server = await OwnServer.StartRabbitMqAsync();
        await Scenario.RunAsync(() => Scenario.CreateAsync(StoreKind.Sqlite, broker: server.Url), async scenario =>
        {
            scenario.Settings = "intake { dead-letter-patience = 3s, dead-letter-retry-first = 1s, dead-letter-retry-limit = 2s }";
            HostProcess host = await scenario.StartHostAsync();
            await using RawBroker broker = await RawBroker.OpenAsync(scenario.Amqp);
            await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", RawBroker.Json, NoSession);
            await broker.WaitForAsync(DeadLetters, 1);
            await host.DoAsync("/streams/act.share/pause");
            await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", RawBroker.Json, Good());
            await broker.WaitForAsync(ContractStreams.ActShare.Queue, 1);
            await host.DoAsync("/streams/bear.share/pause");
            await broker.PublishAsync(ContractStreams.BearShare.Exchange, "", RawBroker.Json, NoSession);
            await broker.WaitForAsync(ContractStreams.BearShare.Queue, 1);

            await server.ControlAsync("set_vm_memory_high_watermark", "0");
            await host.WaitUntilNotReadyAsync("the broker blocks publishing: low on memory");
            await host.DoAsync("/streams/act.share/resume");
            await host.WaitForMetricAsync("dataload_events_total", 1);

            CommandProcess publish = await CommandProcess.RunOverAsync(scenario.Config, "publish", "act.share", "--topic", "activity:7");
            publish.ExitCode.ShouldBe(2, publish.Said);
            publish.Errors.ShouldContain("the broker blocks publishing: low on memory");
            CommandProcess requeue = await CommandProcess.RunAsync("", "dead", "requeue", "--all", "--yes", "--address", host.Http.ToString());
            requeue.ExitCode.ShouldBe(2, requeue.Said);
            requeue.Errors.ShouldContain("the broker blocks publishing: low on memory");
            CommandProcess check = await CommandProcess.RunOverAsync(scenario.Config, "check");
            check.ExitCode.ShouldBe(1, check.Said);
            check.Output.ShouldContain("blocks publishing (low on memory)");
            (await host.ReadAsync("/dead-letters?maxAge=0")).GetProperty("total").GetInt64().ShouldBe(1, "nothing was lost by the requeue in vain");

            // A letter that cannot be published meanwhile is stored, and listed as one that waits.
            await host.DoAsync("/streams/bear.share/resume");
            await Deadline.UntilAsync("the blocked letter to wait", async () =>
                (await CommandProcess.RunAsync("", "dead", "list", "--address", host.Http.ToString())).Output
                    .Contains("Waiting to be published", StringComparison.Ordinal));

            (await host.StopAsync()).ShouldBeLessThan(TimeSpan.FromSeconds(15));
            host = scenario.LaunchHost();
            await host.WaitUntilNotReadyAsync("the broker blocks publishing: low on memory");
            await server.ControlAsync("set_vm_memory_high_watermark", "0.4");
            await broker.WaitForAsync(DeadLetters, 2);
            await Deadline.UntilAsync("ready again", async () => (await host.GetAsync("/health/ready")).Status == HttpStatusCode.OK);
        });
    }

    private static List<string> Texts(IEnumerable<(AmqpProperties Properties, byte[] Body)> letters, string header) =>
        [.. letters.Select(letter => letter.Properties.TryGetHeader(Encoding.UTF8.GetBytes(header), out AmqpValue value) ? Encoding.UTF8.GetString(value.Bytes) : "")];

    private static string Good() =>
        $$"""{"sessionStr":"s","topicType":"activity","topicId":7,"wuId":5,"ctime":{{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}}}""";
}
