using DataLoad.Engine.Intake;
using DataLoad.Engine.Intake.Amqp;
using DataLoad.Host.Commands.Checking;
using DataLoad.Host.Hosting;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DataLoad.Host.Commands.Publishing;

/// <summary>Publishes messages with confirms, to an exchange that is there; declares nothing.</summary>
internal sealed class EventPublisher(AmqpConnector connector)
{
    /// <summary>How many may wait for their confirms at once.</summary>
    private const int Window = 100;

    /// <exception cref="StartException">The broker does not take them; the message says why.</exception>
    public async Task PublishAsync(string exchange, IEnumerable<EventMessage> messages, CancellationToken cancellationToken)
    {
        try
        {
            await using IConnection connection = await connector.ConnectAsync("publish", cancellationToken);
            await RequireExchangeAsync(connection, exchange, cancellationToken);
            await using IChannel channel = await connection.CreateChannelAsync(
                new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken);
            foreach (EventMessage[] slice in messages.Chunk(Window))
            {
                await Task.WhenAll(slice.Select(message => PublishAsync(channel, message, cancellationToken)));
            }
        }
        catch (PublishException e) when (e.IsReturn)
        {
            throw new StartException($"No queue is bound to exchange '{exchange}', so that the event would have gone nowhere: start the engine once, which "
                + "declares its queue.");
        }
        catch (PublishException)
        {
            throw new StartException($"The broker refused the event for exchange '{exchange}' (a queue may be full): look at the queues bound to it.");
        }
        catch (OperationInterruptedException e) when (e.ShutdownReason is { } reason)
        {
            throw new StartException($"The broker at {connector.Settings.SafeName} refuses to publish to '{exchange}': {reason.ReplyText}");
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException or TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            throw new StartException($"The broker at {connector.Settings.SafeName} {FailureText.OfBroker(e, connector.UserName)}");
        }
    }

    private static async Task RequireExchangeAsync(IConnection connection, string exchange, CancellationToken cancellationToken)
    {
        await using IChannel channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        try
        {
            await channel.ExchangeDeclarePassiveAsync(exchange, cancellationToken);
        }
        catch (OperationInterruptedException e) when (e.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            throw new StartException($"Exchange '{exchange}' is not on the broker, and this command declares nothing: start the engine once, which declares "
                + "it, or correct dataload.amqp.url.");
        }
    }

    // A delaying exchange routes only after the wait, and would return every mandatory message at once.
    private static Task PublishAsync(IChannel channel, EventMessage message, CancellationToken cancellationToken) =>
        channel.BasicPublishAsync(message.Exchange, routingKey: "", mandatory: message.DelayMs is null, message.ToProperties(), message.Body,
            cancellationToken).AsTask();
}

/// <summary>A message that is ready to be published, with what header <c>x-delay</c> says or null for none.</summary>
internal sealed record EventMessage(string Exchange, string ContentType, string? ContentEncoding, byte[] Body, string? MessageId, long? DelayMs)
{
    /// <summary>The properties as AMQP has them; persistent, as Spring's are.</summary>
    public BasicProperties ToProperties() => new()
    {
        DeliveryMode = DeliveryModes.Persistent,
        ContentType = ContentType,
        ContentEncoding = ContentEncoding,
        MessageId = MessageId,

        // Spring writes an Integer, which is what the broker's plugin expects.
        Headers = DelayMs is not { } delay ? null : new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            [DeliveryHeaders.Delay] = delay is >= int.MinValue and <= int.MaxValue ? (object)(int)delay : delay,
        },
    };
}
