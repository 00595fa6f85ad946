using DataLoad.Integration.Tests.EndToEnd;
using DataLoad.Streams.Amqp;
using RabbitMQ.Client;

namespace DataLoad.Integration.Tests.Field;

/// <summary>A broker spoken to in bytes, as publishers in other languages do, and by somebody who takes things away.</summary>
internal sealed class RawBroker : IAsyncDisposable
{
    public static readonly AmqpProperties Json = default(AmqpProperties).With(AmqpProperty.ContentType, "application/json"u8);

    private readonly AmqpConnections _connections;
    private readonly IAmqpConnection _connection;
    private readonly IAmqpChannel _channel;

    private readonly IConnection _client;
    private readonly IChannel _admin;

    private RawBroker(AmqpConnections connections, IAmqpConnection connection, IAmqpChannel channel, IConnection client, IChannel admin) =>
        (_connections, _connection, _channel, _client, _admin) = (connections, connection, channel, client, admin);

    public static async Task<RawBroker> OpenAsync(string url)
    {
        var connections = new AmqpConnections(AmqpConnectionSettings.Parse(url) with { Name = "test" });
        IAmqpConnection connection = await connections.GetAsync(AmqpConnectionRole.Declaring, default);
        IConnection client = await new ConnectionFactory { Uri = new Uri(url) }.CreateConnectionAsync();
        return new RawBroker(connections, connection, await connection.OpenChannelAsync(default), client, await client.CreateChannelAsync());
    }

    /// <summary>Publishes a message; where it goes is to be waited for.</summary>
    public Task PublishAsync(string exchange, string routingKey, AmqpProperties properties, string body) =>
        PublishAsync(exchange, routingKey, properties, System.Text.Encoding.UTF8.GetBytes(body));

    /// <summary>Publishes a message; where it goes is to be waited for.</summary>
    public async Task PublishAsync(string exchange, string routingKey, AmqpProperties properties, byte[] body) =>
        await _channel.PublishAsync(new AmqpMessage(exchange, routingKey, properties.With(AmqpProperty.DeliveryMode, [2]), body), mandatory: false);

    /// <summary>How many messages a queue holds; 0 where there is none.</summary>
    public async Task<long> CountAsync(string queue)
    {
        await using IAmqpChannel channel = await _connection.OpenChannelAsync(default);
        try
        {
            return (await channel.DeclareAsync(new AmqpQueue(queue), passive: true, default)).Messages;
        }
        catch (AmqpException e) when (e.Code == 404)
        {
            return 0;
        }
    }

    /// <summary>Waits until a queue holds so many messages.</summary>
    /// <exception cref="TimeoutException">It never did; the message names how many it held last.</exception>
    public async Task WaitForAsync(string queue, long count)
    {
        long seen = 0;
        try
        {
            await Deadline.UntilAsync($"{count} messages in {queue}", async () => (seen = await CountAsync(queue)) == count);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}, which holds {seen}", e);
        }
    }

    public Task DeclareAsync(string queue, params (string Name, object? Value)[] arguments) => _channel.DeclareAsync(
        new AmqpQueue(queue) { Arguments = arguments.ToDictionary(each => each.Name, each => each.Value, StringComparer.Ordinal) }, passive: false, default);

    public Task DeclareExchangeAsync(string exchange, string type) => _admin.ExchangeDeclareAsync(exchange, type, durable: true);

    public Task DeleteExchangeAsync(string exchange) => _admin.ExchangeDeleteAsync(exchange);

    public Task DeleteQueueAsync(string queue) => _admin.QueueDeleteAsync(queue);

    public Task UnbindAsync(string queue, string exchange, string routingKey) => _admin.QueueUnbindAsync(queue, exchange, routingKey);

    /// <summary>The messages of a queue as they came, which go back.</summary>
    public async Task<IReadOnlyList<(AmqpProperties Properties, byte[] Body)>> PeekAsync(string queue)
    {
        var messages = new List<(AmqpProperties Properties, byte[] Body)>();
        long count = await CountAsync(queue);
        await using (IAmqpChannel channel = await _connection.OpenChannelAsync(default))
        {
            var ring = new DeliveryRing(1000, long.MaxValue, () => { });
            await channel.ConsumeAsync(queue, 1000, isExclusive: true, ring, default);
            await Deadline.UntilAsync($"{count} messages of {queue}", () =>
            {
                ring.TakeAll(delivery => messages.Add((delivery.Properties.Copy(), delivery.Body.ToArray())));
                return messages.Count >= count;
            });
        }

        await WaitForAsync(queue, count);
        return messages;
    }

    public async ValueTask DisposeAsync()
    {
        await _connections.DisposeAsync();
        await _client.DisposeAsync();
    }
}
