using System.Text;

namespace DataLoad.Streams.Amqp;

/// <summary>A message to publish, as bytes. Its memory is not to change before the broker's word on it.</summary>
/// <param name="Exchange">The exchange's name; empty for the default one.</param>
/// <param name="RoutingKey">The routing key.</param>
/// <param name="Properties">The properties and headers.</param>
/// <param name="Body">The body.</param>
public readonly record struct AmqpMessage(ReadOnlyMemory<byte> Exchange, ReadOnlyMemory<byte> RoutingKey, AmqpProperties Properties, ReadOnlyMemory<byte> Body)
{
    /// <summary>Makes a message of names in UTF-8.</summary>
    public AmqpMessage(string exchange, string routingKey, AmqpProperties properties, ReadOnlyMemory<byte> body)
        : this(Encoding.UTF8.GetBytes(exchange), Encoding.UTF8.GetBytes(routingKey), properties, body)
    {
    }

    /// <summary>How many bytes it holds.</summary>
    public long Bytes => (long)Exchange.Length + RoutingKey.Length + Properties.Bytes.Length + Body.Length;
}
