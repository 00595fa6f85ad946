namespace DataLoad.Engine.Intake.Amqp;

/// <summary>
/// A channel that consumes one queue, once. Its deliveries have the tags 1, 2, 3 and so on. Disposing of it closes it,
/// which gives back to the queue what is not acknowledged.
/// </summary>
internal interface IConsumingChannel : IAsyncDisposable
{
    /// <summary>
    /// Done, with why, when no more deliveries will come: the channel or the connection was closed, or the broker
    /// cancelled the consumer. Never fails.
    /// </summary>
    Task<string> Ended { get; }

    /// <summary>Consumes a queue. When the bodies that are held take too much, reading waits for room in the ring.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="ring">Takes the deliveries; the channel is its only writer.</param>
    /// <param name="cancellationToken">Ends the wait for the broker's answer.</param>
    Task ConsumeAsync(string queue, DeliveryRing ring, CancellationToken cancellationToken);

    /// <summary>Acknowledges all deliveries up to a tag. One acknowledges at a time.</summary>
    ValueTask AcknowledgeAsync(ulong tag, CancellationToken cancellationToken);

    /// <summary>Says that no more deliveries are wanted; those that still come are dropped. Acknowledging goes on.</summary>
    ValueTask CancelAsync(CancellationToken cancellationToken);
}
