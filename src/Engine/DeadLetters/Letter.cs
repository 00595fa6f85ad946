using System.Text;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Parking;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.DeadLetters;

/// <summary>A delivery that cannot be counted, on its way to the dead-letter exchange: as it came, in memory of its own.</summary>
internal sealed record Letter(string Stream, Rejection Rejection, long ReceivedMs, AmqpProperties Properties, ReadOnlyMemory<byte> Body)
{
    /// <summary>The exchange, the routing key and the queue of dead letters.</summary>
    public const string Exchange = "dataload.dead";

    private const int MaxErrorCharacters = 1000;
    private const int MaxNames = 20;

    // What the engine's own headers take at the most beside the error, names included.
    private const int OwnHeaderBytes = 1024;

    /// <summary>About how much memory it takes, in bytes.</summary>
    public long Bytes => Properties.Bytes.Length + Body.Length;

    /// <summary>The message to publish: as it came, persistent, with the engine's headers added; what the broker would not take is left out, and named:
    /// another user's name than that of the one who publishes, headers that do not fit, and the body where it was refused.</summary>
    public AmqpMessage ToMessage(string user, int maxPropertyBytes, bool withBody)
    {
        var leftOut = new List<string>();
        AmqpProperties properties = Publishable.Of(Properties, user, leftOut);
        properties = Fit(properties, maxPropertyBytes - OwnHeaderBytes - (MaxErrorCharacters * 2), leftOut);
        string more = leftOut.Count > MaxNames ? $" and {leftOut.Count - MaxNames} more" : "";
        string names = string.Join(", ", leftOut.Take(MaxNames)) + more;
        if (names.Length > 0)
        {
            properties = properties.WithHeader(DeliveryHeaders.Dropped, Utf8(names, MaxErrorCharacters));
        }

        string error = Rejection.Error;
        error += names.Length == 0 ? "" : $" Left out of the dead letter: the headers {names}.";
        error += withBody || Body.IsEmpty ? "" : $" Left out of the dead letter: the body of {Body.Length} bytes, which the broker refuses as too large.";
        properties = properties
            .WithHeader(DeliveryHeaders.Error, Utf8(error, MaxErrorCharacters))
            .WithHeader(DeliveryHeaders.Reason, Utf8(Rejection.Reason, MaxErrorCharacters))
            .WithHeader(DeliveryHeaders.Stream, Utf8(Stream, MaxErrorCharacters))
            .WithHeader(DeliveryHeaders.Received, ReceivedMs)
            .With(AmqpProperty.DeliveryMode, [2]);
        return new AmqpMessage(Exchange, Exchange, properties, withBody ? Body : default);
    }

    /// <summary>The letter as it is held in the store.</summary>
    public ParkedContent ToParked() => new(ReceivedMs, Properties, Body, new ParkedLetter(Stream, Rejection.Reason, Rejection.Error));

    /// <summary>The letter that the store holds; null where it is no letter.</summary>
    public static Letter? Of(ParkedContent content) => content.Letter is null
        ? null
        : new Letter(content.Letter.Stream, new Rejection(content.Letter.Reason, content.Letter.Error), content.ReceivedMs, content.Properties, content.Body);

    /// <summary>Leaves out the largest headers until the others fit.</summary>
    private static AmqpProperties Fit(AmqpProperties properties, int most, List<string> leftOut)
    {
        if (properties.Bytes.Length <= most)
        {
            return properties;
        }

        var sizes = new List<(byte[] Name, int Bytes)>();
        foreach (AmqpField field in properties.Headers)
        {
            sizes.Add((field.Name.ToArray(), field.Value.Bytes.Length));
        }

        foreach ((byte[] name, _) in sizes.OrderByDescending(size => size.Bytes))
        {
            properties = properties.WithoutHeader(name);
            leftOut.Add(Encoding.UTF8.GetString(name));
            if (properties.Bytes.Length <= most)
            {
                return properties;
            }
        }

        // What is left of the headers cannot be read: it goes, too.
        leftOut.Add("those that cannot be read");
        return properties.Without(AmqpProperty.Headers);
    }

    private static byte[] Utf8(string text, int most) => Encoding.UTF8.GetBytes(text.Length <= most ? text : $"{text.AsSpan(0, most)}…");
}
