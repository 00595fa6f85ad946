using Akka.Streams.Dsl;

namespace DataLoad.Streams.Amqp;

/// <summary>Sources of deliveries.</summary>
public static class AmqpSource
{
    /// <summary>
    /// Consumes a queue in batches of what has arrived, never waiting to fill one. When its channel or connection is lost the source fails; what
    /// was not acknowledged comes again to whoever consumes next.
    /// </summary>
    /// <param name="connections">The broker's connections; all sources share one.</param>
    /// <param name="settings">What is consumed, and within which bounds.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public static Source<DeliveryBatch, IAmqpConsumerControl> CommittableBatches(AmqpConnections connections, AmqpSourceSettings settings)
    {
        settings.Validate();
        return Source.FromGraph(new BatchStage(connections, settings));
    }

    /// <summary>
    /// As <see cref="CommittableBatches"/>, started again with growing waits for as long as it fails. Its control holds through all restarts; a
    /// kill switch belongs after it.
    /// </summary>
    /// <param name="connections">The broker's connections; all sources share one.</param>
    /// <param name="settings">What is consumed, and within which bounds.</param>
    /// <param name="restart">The waits; null for the defaults.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public static Source<DeliveryBatch, IAmqpConsumerControl> Restarting(
        AmqpConnections connections,
        AmqpSourceSettings settings,
        AmqpRestartSettings? restart = null)
    {
        settings.Validate();
        return Source.FromGraph(new RestartingBatchStage(connections, settings, restart ?? new AmqpRestartSettings()));
    }
}
