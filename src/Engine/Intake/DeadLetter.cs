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
    /// <summary>The properties to publish it with: as they came, persistent, and the engine's headers added.</summary>
    public BasicProperties ToPublish()
    {
        var headers = Properties.Headers is null
            ? new Dictionary<string, object?>(StringComparer.Ordinal)
            : new Dictionary<string, object?>(Properties.Headers, StringComparer.Ordinal);
        headers[DeliveryHeaders.Received] = ReceivedMs;
        headers[DeliveryHeaders.Stream] = Stream;
        headers[DeliveryHeaders.Reason] = Rejection.Reason;
        headers[DeliveryHeaders.Error] = Rejection.Error;
        return new BasicProperties(Properties) { Headers = headers, DeliveryMode = DeliveryModes.Persistent };
    }
}
