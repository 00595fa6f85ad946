using DataLoad.Demo;
using RabbitMQ.Client;
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

    private static async Task<uint> ConsumersAsync(IConnection connection, string queue)
    {
        await using var channel = await connection.CreateChannelAsync();
        return await channel.ConsumerCountAsync(queue);
    }
}
