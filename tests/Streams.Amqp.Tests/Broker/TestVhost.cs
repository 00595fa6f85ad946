using Akka.Streams;
using Akka.Streams.Dsl;
using RabbitMQ.Client;

namespace DataLoad.Streams.Amqp.Tests.Broker;

/// <summary>A vhost of a real RabbitMQ with a connection of the client library for what is not tested here.</summary>
internal sealed class TestVhost : IAsyncDisposable
{
    private TestVhost(string url, IConnection connection, IChannel admin)
    {
        Url = url;
        Connection = connection;
        Admin = admin;
        Connections = new AmqpConnections(AmqpConnectionSettings.Parse(url) with { RedialInterval = TimeSpan.FromMilliseconds(50) });
    }

    public string Url { get; }

    public IConnection Connection { get; }

    public IChannel Admin { get; }

    public AmqpConnections Connections { get; }

    public static async Task<TestVhost> OpenAsync(string? url = null)
    {
        url ??= await Servers.NewVhostAsync();
        IConnection connection = await new ConnectionFactory { Uri = new Uri(url) }.CreateConnectionAsync();
        return new TestVhost(url, connection, await connection.CreateChannelAsync());
    }

    /// <summary>Declares a queue, with a fanout exchange of the same name that it is bound to.</summary>
    public async Task QueueAsync(string name, params (string Name, object? Value)[] arguments)
    {
        await Admin.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true);
        await Admin.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false,
            arguments: arguments.ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal));
        await Admin.QueueBindAsync(name, name, "");
    }

    /// <summary>Publishes messages and gives what became of them, in their order.</summary>
    public async Task<PublishResult<int>[]> PublishAsync(IMaterializer materializer, AmqpPublishSettings? settings, params AmqpMessage[] messages)
    {
        IEnumerable<PublishResult<int>> results = await Source.From(messages.Select((message, i) => new PublishRequest<int>(message, i)))
            .Via(AmqpFlow.Publish<int>(Connections, settings))
            .RunWith(Sink.Seq<PublishResult<int>>(), materializer)
            .WaitAsync(Deadline.Usual);
        return [.. results.OrderBy(result => result.Request.Context)];
    }

    public async ValueTask DisposeAsync()
    {
        await Connections.DisposeAsync();
        await Connection.DisposeAsync();
    }
}
