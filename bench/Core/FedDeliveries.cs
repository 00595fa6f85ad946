using DataLoad.Engine.Intake.Streaming;
using DataLoad.Streams.Amqp;

namespace DataLoad.Bench.Core;

/// <summary>Deliveries in the place of those that a broker's channel brings.</summary>
/// <param name="bodies">Their bodies.</param>
/// <param name="first">The first one's place among them.</param>
/// <param name="count">How many they are.</param>
/// <param name="tag">The first one's tag; the others' follow it.</param>
/// <param name="window">Told of those that are done.</param>
internal sealed class FedDeliveries(ShareBodies bodies, int first, int count, ulong tag, DeliveryWindow window) : IDeliveryBatch, IDeliveryOrigin
{
    private static readonly AmqpProperties Properties = new AmqpProperties(default)
        .With(AmqpProperty.ContentType, "application/json"u8)
        .With(AmqpProperty.ContentEncoding, "UTF-8"u8);

    /// <inheritdoc/>
    public IDeliveryOrigin Origin => this;

    /// <inheritdoc/>
    public bool MayBeParked => true;

    /// <inheritdoc/>
    public bool IsLost => false;

    /// <inheritdoc/>
    public void AddTo(DeliveryInterpreter interpreter)
    {
        interpreter.Start("1");
        for (int i = 0; i < count; i++)
        {
            interpreter.Add(tag + (ulong)i, redelivered: false, Properties, bodies.Memory(first + i));
        }
    }

    /// <inheritdoc/>
    public void Release()
    {
        // The bodies are one array, which stays.
    }

    /// <inheritdoc/>
    public bool TakeFault(Exception fault) => false;

    /// <inheritdoc/>
    public void Complete(ReadOnlySpan<ulong> tags) => window.Complete(tags.Length);

    /// <inheritdoc/>
    public void KeepParked(ReadOnlySpan<ulong> tags) => throw new InvalidOperationException("None of these deliveries was parked.");
}
