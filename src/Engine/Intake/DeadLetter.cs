using DataLoad.Engine.Binary;
using DataLoad.Engine.Decoding;
using RabbitMQ.Client;

namespace DataLoad.Engine.Intake;

/// <summary>A delivery that cannot be counted, on its way to the dead-letter exchange.</summary>
/// <param name="Stream">The stream's name.</param>
/// <param name="Rejection">Why.</param>
/// <param name="ReceivedMs">When it was received first, in epoch milliseconds.</param>
/// <param name="Properties">Its properties and headers as they came.</param>
/// <param name="Body">Its body as it came.</param>
public sealed record DeadLetter(string Stream, Rejection Rejection, long ReceivedMs, IReadOnlyBasicProperties Properties, ReadOnlyMemory<byte> Body)
{
    private const int MaxErrorCharacters = 1000;

    // AMQP sends all properties in one frame, and brokers take frames of 128 KiB: with the engine's own headers added,
    // what came in such a frame may not fit any more.
    private const int MaxHeaderBytes = 120_000;
    private const int LargeHeaderBytes = 1024;

    /// <summary>The properties to publish it with: as they came, persistent, and the engine's headers added.</summary>
    public BasicProperties ToPublish()
    {
        Dictionary<string, object?> headers = HeadersThatFit();
        headers[DeliveryHeaders.Received] = ReceivedMs;
        headers[DeliveryHeaders.Stream] = Stream;
        headers[DeliveryHeaders.Reason] = Rejection.Reason;
        headers[DeliveryHeaders.Error] = Rejection.Error.Length <= MaxErrorCharacters ? Rejection.Error : $"{Rejection.Error.AsSpan(0, MaxErrorCharacters)}…";
        return new BasicProperties(Properties) { Headers = headers, DeliveryMode = DeliveryModes.Persistent };
    }

    private Dictionary<string, object?> HeadersThatFit()
    {
        var headers = new Dictionary<string, object?>(Properties.Headers ?? new Dictionary<string, object?>(StringComparer.Ordinal), StringComparer.Ordinal);
        if (headers.Count == 0 || SizeOf(headers) <= MaxHeaderBytes)
        {
            return headers;
        }

        string[] large = [.. headers.Keys.Where(name => SizeOf(new Dictionary<string, object?>(StringComparer.Ordinal) { [name] = headers[name] }) > LargeHeaderBytes)];
        foreach (string name in large)
        {
            headers.Remove(name);
        }

        headers[DeliveryHeaders.DroppedHeaders] = string.Join(", ", large.Take(20));
        return headers;
    }

    private static int SizeOf(Dictionary<string, object?> headers)
    {
        try
        {
            var writer = new ByteWriter();
            HeaderCodec.Write(writer, headers);
            return writer.Length;
        }
        catch (InvalidDataException)
        {
            // Nested deeper than is looked into: taken for large.
            return int.MaxValue;
        }
    }
}
