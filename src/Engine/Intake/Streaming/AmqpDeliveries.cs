using System.Globalization;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.Intake.Streaming;

/// <summary>A batch of deliveries from the broker; done when they are acknowledged.</summary>
internal sealed class AmqpDeliveries(DeliveryBatch batch) : IDeliveryBatch, IDeliveryOrigin
{
    public IDeliveryOrigin Origin => this;

    public bool MayBeParked => true;

    public bool IsLost => batch.Committer.IsLost;

    public void AddTo(DeliveryInterpreter interpreter)
    {
        interpreter.Start(batch.Committer.Incarnation.ToString(CultureInfo.InvariantCulture));
        for (int i = 0; i < batch.Count; i++)
        {
            Streams.Amqp.Delivery delivery = batch[i];
            interpreter.Add(delivery.Tag, delivery.Redelivered, delivery.Properties, delivery.Body);
        }
    }

    public void Release() => batch.Release();

    // The broker delivers it again after the restart.
    public bool TakeFault(Exception fault) => false;

    public void Complete(ReadOnlySpan<ulong> tags) => batch.Committer.Complete(tags);

    public void KeepParked(ReadOnlySpan<ulong> tags) =>
        throw new InvalidOperationException("Deliveries from the broker have no rows that could be kept.");
}
