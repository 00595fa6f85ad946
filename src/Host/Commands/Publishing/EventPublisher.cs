using Akka.Actor;
using Akka.Configuration;
using Akka.Streams;
using Akka.Streams.Dsl;
using DataLoad.Engine.Intake;
using DataLoad.Host.Commands.Checking;
using DataLoad.Host.Hosting;
using DataLoad.Streams.Amqp;

namespace DataLoad.Host.Commands.Publishing;

/// <summary>Publishes messages with confirms, to an exchange that is there; declares nothing.</summary>
/// <param name="broker">Where the broker is; a confirm may take as long as connecting.</param>
internal sealed class EventPublisher(AmqpConnectionSettings broker)
{
    /// <summary>How many may wait for their confirms at once.</summary>
    private const int Window = 100;

    private const int NotFound = 404;

    // What fails is said once, by the command.
    private const string Quiet = "akka { loglevel = OFF, stdout-loglevel = OFF }";

    /// <exception cref="StartException">The broker does not take them; the message says why, and how many it took.</exception>
    public async Task PublishAsync(string exchange, IEnumerable<EventMessage> messages, CancellationToken cancellationToken)
    {
        await using var connections = new AmqpConnections(broker with { Name = $"{broker.Name} publish" });
        try
        {
            await RequireExchangeAsync(connections, exchange, cancellationToken);
        }
        catch (Exception e) when (e is IOException or TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            throw new StartException($"The broker at {broker.SafeName} {FailureText.OfBroker(e, broker.UserName)}");
        }

        ActorSystem system = ActorSystem.Create("publish", ConfigurationFactory.ParseString(Quiet));
        try
        {
            await PublishAsync(connections, exchange, messages, system.Materializer(), cancellationToken);
        }
        finally
        {
            await system.Terminate();
        }
    }

    private async Task PublishAsync(
        AmqpConnections connections, string exchange, IEnumerable<EventMessage> messages, IMaterializer materializer, CancellationToken cancellationToken)
    {
        int published = 0;
        foreach (EventMessage[] slice in messages.Chunk(Window))
        {
            // A delaying exchange routes only after the wait, and would return every mandatory message at once.
            var settings = new AmqpPublishSettings
            {
                MaxInFlight = Window,
                ConfirmTimeout = broker.ConnectTimeout,
                IsMandatory = slice.All(message => message.DelayMs is null),
            };
            IEnumerable<PublishResult<int>> results = await Source.From(slice)
                .Select(message => new PublishRequest<int>(new AmqpMessage(message.Exchange, "", message.ToProperties(), message.Body), 0))
                .Via(AmqpFlow.Publish<int>(connections, settings))
                .RunWith(Sink.Seq<PublishResult<int>>(), materializer)
                .WaitAsync(cancellationToken);
            PublishResult<int>[] failed = [.. results.Where(result => !result.IsConfirmed)];
            published += slice.Length - failed.Length;
            if (failed.Length > 0)
            {
                throw new StartException($"{TextOf(failed[0], exchange)} {published} were published.");
            }
        }
    }

    private string TextOf(PublishResult<int> failed, string exchange) => failed.Outcome switch
    {
        PublishOutcome.Returned => $"No queue is bound to exchange '{exchange}', so that the event would have gone nowhere: start the engine once, which "
            + "declares its queue.",
        PublishOutcome.Nacked => $"The broker refused the event for exchange '{exchange}' (a queue may be full): look at the queues bound to it.",
        PublishOutcome.TimedOut => $"The broker at {broker.SafeName} does not confirm the event for exchange '{exchange}': {failed.Text}. It may take it "
            + "later; look at the broker's alarms.",
        _ => $"The broker at {broker.SafeName} does not take the event for exchange '{exchange}': {failed.Text}.",
    };

    private static async Task RequireExchangeAsync(AmqpConnections connections, string exchange, CancellationToken cancellationToken)
    {
        IAmqpConnection connection = await connections.GetAsync(AmqpConnectionRole.Declaring, cancellationToken);
        await using IAmqpChannel channel = await connection.OpenChannelAsync(cancellationToken);
        try
        {
            await channel.DeclareAsync(new AmqpExchange(exchange), passive: true, cancellationToken);
        }
        catch (AmqpException e) when (e.Code == NotFound)
        {
            throw new StartException($"Exchange '{exchange}' is not on the broker, and this command declares nothing: start the engine once, which declares "
                + "it, or correct dataload.amqp.url.");
        }
    }
}

/// <summary>A message that is ready to be published, with what header <c>x-delay</c> says or null for none.</summary>
internal sealed record EventMessage(string Exchange, string ContentType, string? ContentEncoding, byte[] Body, string? MessageId, long? DelayMs)
{
    private const byte Persistent = 2;

    /// <summary>The properties as AMQP has them; persistent, as Spring's are.</summary>
    public AmqpProperties ToProperties()
    {
        AmqpProperties properties = default(AmqpProperties)
            .With(AmqpProperty.DeliveryMode, [Persistent])
            .With(AmqpProperty.ContentType, Encoding.UTF8.GetBytes(ContentType));
        properties = ContentEncoding is null ? properties : properties.With(AmqpProperty.ContentEncoding, Encoding.UTF8.GetBytes(ContentEncoding));
        properties = MessageId is null ? properties : properties.With(AmqpProperty.MessageId, Encoding.UTF8.GetBytes(MessageId));
        return DelayMs is not { } delay ? properties
            : delay is >= int.MinValue and <= int.MaxValue ? properties.WithInt32Header(DeliveryHeaders.Delay, (int)delay)
            : properties.WithHeader(DeliveryHeaders.Delay, delay);
    }
}
