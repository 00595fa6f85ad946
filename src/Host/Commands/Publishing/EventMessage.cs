using DataLoad.Engine.Intake;
using RabbitMQ.Client;

namespace DataLoad.Host.Commands.Publishing;

/// <summary>A message that is ready to be published.</summary>
/// <param name="Exchange">The stream's exchange.</param>
/// <param name="ContentType">The AMQP content type.</param>
/// <param name="ContentEncoding">The AMQP content encoding, or null.</param>
/// <param name="Body">The body.</param>
/// <param name="MessageId">The AMQP message-id, or null.</param>
/// <param name="DelayMs">What header <c>x-delay</c> says, or null for none.</param>
internal sealed record EventMessage(string Exchange, string ContentType, string? ContentEncoding, byte[] Body, string? MessageId, long? DelayMs)
{
    /// <summary>The properties as AMQP has them; persistent, as Spring's are.</summary>
    public BasicProperties ToProperties()
    {
        var properties = new BasicProperties { DeliveryMode = DeliveryModes.Persistent, ContentType = ContentType };
        if (ContentEncoding is not null)
        {
            properties.ContentEncoding = ContentEncoding;
        }

        if (MessageId is not null)
        {
            properties.MessageId = MessageId;
        }

        if (DelayMs is { } delay)
        {
            // Spring writes an Integer, which is what the broker's plugin expects.
            properties.Headers = new Dictionary<string,
                object?>(StringComparer.Ordinal)
            { [DeliveryHeaders.Delay] = delay is >= int.MinValue and <= int.MaxValue ? (int)delay : delay };
        }

        return properties;
    }
}
