using Akka;
using Akka.Streams.Dsl;

namespace DataLoad.Streams.Amqp;

/// <summary>Flows that publish.</summary>
public static class AmqpFlow
{
    /// <summary>
    /// Publishes each request, mandatory and with a confirm, over a channel of its own of the shared publishing connection, and emits each result
    /// as it comes, not in the order of the requests. Every failure is a result: the flow itself never fails, connects when there is something to
    /// publish, and connects again with growing waits. It publishes once; repeating is the caller's.
    /// </summary>
    /// <remarks>
    /// A broker closes the channel over a message that it refuses, and does not say which. All that were unconfirmed are then
    /// <see cref="PublishOutcome.ConnectionLost"/>. When the caller repeats one of them, known by its route and body, it is published alone, so that
    /// the one at fault is <see cref="PublishOutcome.Refused"/> or <see cref="PublishOutcome.TooLarge"/>, and no other.
    /// </remarks>
    /// <typeparam name="T">What comes back with each result.</typeparam>
    /// <param name="connections">The broker's connections.</param>
    /// <param name="settings">The bounds; null for the defaults.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public static Flow<PublishRequest<T>, PublishResult<T>, NotUsed> Publish<T>(AmqpConnections connections, AmqpPublishSettings? settings = null)
    {
        settings ??= new AmqpPublishSettings();
        settings.Validate();
        return Flow.FromGraph(new PublishStage<T>(connections, settings));
    }
}
