using System.Globalization;
using DataLoad.Engine.Intake.Streaming;
using DataLoad.Streams.Amqp;

namespace DataLoad.Simulation.Tests.Broker;

/// <summary>A batch of deliveries: its memory is lent, and spoiled once it is given back.</summary>
internal sealed class SimulatedDeliveries(MessageBroker broker, BrokerChannel channel, IReadOnlyList<(TakenMessage Taken, MessageContent Content)> messages)
    : IDeliveryBatch, IDeliveryOrigin
{
    private readonly List<byte[]> _lent = [];

    public IDeliveryOrigin Origin => this;

    public bool MayBeParked => true;

    public bool IsLost => channel.IsLost;

    public void AddTo(DeliveryInterpreter interpreter)
    {
        interpreter.Start(channel.Incarnation.ToString(CultureInfo.InvariantCulture));
        foreach ((TakenMessage taken, MessageContent content) in messages)
        {
            byte[] properties = content.Properties.Bytes.ToArray();
            byte[] body = [.. content.Body];
            _lent.AddRange([properties, body]);
            interpreter.Add(taken.Tag, taken.IsRedelivered, new AmqpProperties(properties), body);
        }
    }

    public void Release() => _lent.ForEach(bytes => bytes.AsSpan().Fill(0xA5));

    public bool TakeFault(Exception fault) => false;

    public void Complete(ReadOnlySpan<ulong> tags)
    {
        foreach (ulong tag in tags)
        {
            broker.Acknowledge(channel, tag);
        }
    }

    public void KeepParked(ReadOnlySpan<ulong> tags) => throw new InvalidOperationException("Deliveries from the broker have no rows that could be kept.");
}
