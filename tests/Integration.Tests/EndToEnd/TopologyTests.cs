using DataLoad.Demo;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Exchanges and queues: the contract's where there are none, and what is there already as it is.</summary>
public sealed class TopologyTests
{
    [Fact]
    public Task An_empty_broker_gets_what_the_contract_names() => Scenario.RunAsync(() => Scenario.CreateAsync(StoreKind.Sqlite, declare: false), async scenario =>
    {
        await scenario.StartHostAsync();
        await using var connection = await new ConnectionFactory { Uri = new Uri(scenario.Amqp) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        foreach (var stream in ContractStreams.All)
        {
            await Deadline.UntilAsync($"a consumer of {stream.Queue}", async () => await ConsumersAsync(connection, stream.Queue) == 1);

            // Declaring anew closes the channel where anything differs.
            await channel.ExchangeDeclareAsync(stream.Exchange, ExchangeType.Fanout, durable: true, autoDelete: false);
            await channel.QueueDeclareAsync(stream.Queue, durable: true, exclusive: false, autoDelete: false);
        }

        // The dead letters' queue is there before the first of them, for those who watch it.
        await channel.ExchangeDeclareAsync(ContractStreams.DeadLetters, ExchangeType.Fanout, durable: true, autoDelete: false);
        (await channel.QueueDeclarePassiveAsync(ContractStreams.DeadLetters)).MessageCount.ShouldBe(0U);
        await channel.QueueDeclareAsync(ContractStreams.DeadLetters, durable: true, exclusive: false, autoDelete: false);

        await scenario.SendMixAsync(500);
        await scenario.ShouldBeExactAsync();
    });

    [Fact]
    public async Task What_somebody_else_declared_is_used_as_it_is()
    {
        var amqp = await Servers.NewVhostAsync();
        await using var connection = await new ConnectionFactory { Uri = new Uri(amqp) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true,
            publisherConfirmationTrackingEnabled: true));
        var quorum = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-queue-type"] = "quorum" };
        var bounded = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-max-length"] = 100_000, ["x-overflow"] = "reject-publish" };
        await DeclareAsync();
        await channel.QueueBindAsync(ContractStreams.ActShare.Queue, ContractStreams.ActShare.Exchange, "share.#");
        await channel.QueueBindAsync(ContractStreams.ActLottery.Queue, ContractStreams.ActLottery.Exchange, "lottery");

        await Scenario.RunAsync(() => Scenario.CreateAsync(StoreKind.Sqlite, broker: amqp), async scenario =>
        {
            scenario.Options = scenario.Options with { Seed = 9, Broken = 0, Streams = [ContractStreams.ActShare, ContractStreams.ActLottery] };
            await scenario.StartHostAsync();
            var batch = scenario.Generator.Next(300);
            batch.Record(scenario.Tally);
            foreach (var message in batch.Messages)
            {
                var properties = new BasicProperties
                {
                    ContentType = message.ContentType,
                    ContentEncoding = message.ContentEncoding,
                    MessageId = message.MessageId,
                    Headers = message.Headers?.ToDictionary(StringComparer.Ordinal),
                    DeliveryMode = DeliveryModes.Persistent
                };
                if (message.TimestampSeconds is { } seconds)
                {
                    properties.Timestamp = new AmqpTimestamp(seconds);
                }

                await channel.BasicPublishAsync(message.Stream.Exchange, message.Stream == ContractStreams.ActShare ? "share.wechat" : "lottery",
                    mandatory: true, properties, message.Body);
            }

            await scenario.ShouldBeExactAsync();
            await DeclareAsync();
        });

        async Task DeclareAsync()
        {
            await channel.ExchangeDeclareAsync(ContractStreams.ActShare.Exchange, ExchangeType.Topic, durable: true, autoDelete: false);
            await channel.QueueDeclareAsync(ContractStreams.ActShare.Queue, durable: true, exclusive: false, autoDelete: false, quorum);
            await channel.ExchangeDeclareAsync(ContractStreams.ActLottery.Exchange, ExchangeType.Direct, durable: true, autoDelete: false);
            await channel.QueueDeclareAsync(ContractStreams.ActLottery.Queue, durable: true, exclusive: false, autoDelete: false, bounded);
        }
    }

    [Fact]
    public Task What_changes_under_a_serving_node_is_made_again_or_named_and_counts_once_it_is_mended() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 93 };
        HostProcess host = await scenario.StartHostAsync();
        await using var connection = await new ConnectionFactory { Uri = new Uri(scenario.Amqp) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();

        await channel.QueueUnbindAsync(ContractStreams.BearShare.Queue, ContractStreams.BearShare.Exchange, "");
        await AnewAsync(connection, ContractStreams.ActShare, ExchangeType.Fanout);
        await AnewAsync(connection, ContractStreams.BearVisit, ExchangeType.Topic);
        await AnewAsync(connection, ContractStreams.ActVisit, ExchangeType.Headers);
        await AnewAsync(connection, ContractStreams.ActOff, ExchangeType.Fanout, durable: false, autoDelete: true);
        await AnewAsync(connection, ContractStreams.ActRefund, ExchangeType.Fanout, arguments: Argument("alternate-exchange", "amq.fanout"));
        await AnewAsync(connection, ContractStreams.ActRevoke, Argument("x-max-priority", 4));
        await AnewAsync(connection, ContractStreams.ActGroup, Argument("x-queue-type", "quorum"));
        await channel.QueueDeleteAsync(ContractStreams.ActOverdue.Queue);
        await AnewAsync(connection, ContractStreams.ActLottery, Argument("x-message-ttl", 600_000));
        await AnewAsync(connection, ContractStreams.ActShareVisit, Argument("x-expires", 600_000));
        await host.WaitUntilNotReadyAsync("x-expires = 600000");
        await host.WaitForLogAsync("it drops messages that have waited for so long (x-message-ttl = 600000)");
        await WaitUntilRoutedAsync(scenario, connection);

        // The named ones count for as long as they are there: not to consume them would lose what they drop.
        await scenario.SendMixAsync(400);
        await scenario.ShouldEqualTallyAsync();
        (await host.MetricsAsync()).Sum("dataload_streams_failing").ShouldBe(1);

        await channel.QueueDeleteAsync(ContractStreams.ActLottery.Queue);
        await channel.QueueDeleteAsync(ContractStreams.ActShareVisit.Queue);
        await host.WaitUntilReadyAsync();
        await WaitUntilRoutedAsync(scenario, connection);
        await scenario.ShouldBeExactAsync();
    });

    [Fact]
    public Task A_queue_that_loses_messages_is_not_consumed_from_the_start_and_is_once_it_is_another() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(scenario.Amqp) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await AnewAsync(connection, ContractStreams.ActLottery, Argument("x-expires", 600_000));
        HostProcess host = scenario.LaunchHost();
        await host.WaitUntilNotReadyAsync("queue 'queue.data.load.act.date.join.lottery': it deletes itself");
        (await ConsumersAsync(connection, ContractStreams.ActLottery.Queue)).ShouldBe(0U);
        (await host.ReadAsync("/status")).ToString().ShouldContain("it deletes itself");

        await channel.QueueDeleteAsync(ContractStreams.ActLottery.Queue);
        await host.WaitUntilReadyAsync();
        await scenario.SendMixAsync(300);
        await scenario.ShouldEqualTallyAsync();
    });

    [Fact]
    public Task Streams_that_are_to_be_delayed_by_a_broker_that_cannot_are_served_all_the_same() => Scenario.RunAsync(
        () => Scenario.CreateAsync(StoreKind.Sqlite, declare: false),
        async scenario =>
        {
            scenario.Options = scenario.Options with { Seed = 94, Delayed = 0.1 };
            scenario.Settings = "stream-defaults.delayed = true";
            await scenario.StartHostAsync();
            await scenario.SendMixAsync(300);
            await scenario.ShouldBeExactAsync();
        });

    private static Dictionary<string, object?> Argument(string name, object value) => new(StringComparer.Ordinal) { [name] = value };

    private static Task AnewAsync(IConnection connection, StreamInfo stream, string type, bool durable = true, bool autoDelete = false,
        Dictionary<string, object?>? arguments = null) => AnewAsync(connection, stream.Exchange, async channel =>
        {
            await channel.ExchangeDeleteAsync(stream.Exchange);
            await channel.ExchangeDeclareAsync(stream.Exchange, type, durable, autoDelete, arguments);
        });

    private static Task AnewAsync(IConnection connection, StreamInfo stream, Dictionary<string, object?> arguments) =>
        AnewAsync(connection, stream.Queue, async channel =>
        {
            await channel.QueueDeleteAsync(stream.Queue);
            await channel.QueueDeclareAsync(stream.Queue, durable: true, exclusive: false, autoDelete: false, arguments);
        });

    /// <summary>Deletes something and declares it otherwise, again where a node was sooner.</summary>
    private static Task AnewAsync(IConnection connection, string name, Func<IChannel, Task> replace) => Deadline.UntilAsync($"{name} to be another", async () =>
    {
        await using var channel = await connection.CreateChannelAsync();
        try
        {
            await replace(channel);
            return true;
        }
        catch (OperationInterruptedException refused) when (refused.ShutdownReason?.ReplyCode == Constants.PreconditionFailed)
        {
            return false;
        }
    });

    /// <summary>Waits until each stream's queue has its exchange's messages and a consumer.</summary>
    private static async Task WaitUntilRoutedAsync(Scenario scenario, IConnection connection)
    {
        var vhost = new Uri(scenario.Amqp).AbsolutePath[1..];
        foreach (var stream in ContractStreams.All)
        {
            await Deadline.UntilAsync($"a consumer of {stream.Queue}", async () => await ConsumersAsync(connection, stream.Queue) == 1);
        }

        await Deadline.UntilAsync("bindings of all queues", async () =>
        {
            var bindings = await Servers.RabbitMqCtlAsync("-s", "list_bindings", "-p", vhost, "source_name", "destination_name");
            return ContractStreams.All.All(stream => bindings.Contains($"{stream.Exchange}\t{stream.Queue}", StringComparison.Ordinal));
        });
    }

    private static async Task<uint> ConsumersAsync(IConnection connection, string queue)
    {
        await using var channel = await connection.CreateChannelAsync();
        return await channel.ConsumerCountAsync(queue);
    }
}
