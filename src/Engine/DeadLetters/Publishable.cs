using System.Text;
using DataLoad.Engine.Intake;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.DeadLetters;

/// <summary>Properties of a message that came, as they may be published again.</summary>
internal static class Publishable
{
    /// <summary>Headers that the broker itself acts on when they are published: they would send the message to other queues, or be refused.</summary>
    private static readonly string[] BrokerHeaders = ["CC", "BCC", "x-death"];

    /// <summary>The properties without what the broker would act on or refuse; all else byte for byte.</summary>
    /// <param name="properties">The properties as they came.</param>
    /// <param name="user">The user that publishes: another one's name goes on as a header, since the broker refuses it.</param>
    /// <param name="leftOut">Gets the names of headers that were left out.</param>
    public static AmqpProperties Of(AmqpProperties properties, string user, List<string> leftOut)
    {
        foreach (string name in BrokerHeaders)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(name);
            if (properties.TryGetHeader(utf8, out _))
            {
                properties = properties.WithoutHeader(utf8);
                leftOut.Add(name);
            }
        }

        return properties.TryGet(AmqpProperty.UserId, out ReadOnlySpan<byte> publisher) && !publisher.SequenceEqual(Encoding.UTF8.GetBytes(user))
            ? properties.Without(AmqpProperty.UserId).WithHeader(DeliveryHeaders.UserId, publisher)
            : properties;
    }
}
