using Akka;
using Akka.Streams.Dsl;

namespace DataLoad.Streams.Amqp;

/// <summary>Flows that publish.</summary>
public static class AmqpFlow
{
    /// <summary>Publishes each request, mandatory unless set otherwise, and with a confirm, over a channel of its own of the shared publishing connection, and emits each result as
    /// it comes, not in the order of the requests. Every failure is a result: the flow itself never fails, connects when there is something to publish, and
    /// connects again with growing waits. It publishes once; repeating is the caller's.</summary>
    /// <remarks>A broker closes the channel over a message that it refuses, and does not say which. All that were unconfirmed are then
    /// <see cref="PublishOutcome.ConnectionLost"/>. When the caller repeats one of them, known by its route and body, it is published alone, so that the one
    /// at fault is <see cref="PublishOutcome.Refused"/> or <see cref="PublishOutcome.TooLarge"/>, and no other.</remarks>
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

/// <summary>What is to be published, with whatever the caller wants back with its result.</summary>
/// <typeparam name="T">The type of the context.</typeparam>
/// <param name="Message">The message.</param>
/// <param name="Context">Comes back with the result.</param>
public readonly record struct PublishRequest<T>(AmqpMessage Message, T Context);

/// <summary>What became of a message.</summary>
public enum PublishOutcome
{
    /// <summary>The broker has it in a queue, durably where the message and the queue are.</summary>
    Confirmed,
    /// <summary>No queue takes it: no binding, or a missing queue.</summary>
    Returned,
    /// <summary>The broker does not take it, as a full queue with <c>reject-publish</c> does.</summary>
    Nacked,
    /// <summary>It cannot be sent or taken for its size: properties beyond a frame, names beyond 255 bytes, or the broker's <c>max_message_size</c>.</summary>
    TooLarge,
    /// <summary>The broker closed the channel over this very message: no such exchange, no right to it, another's user id, a bad header.</summary>
    Refused,
    /// <summary>No confirm came in time, or the broker blocks publishing. It may still be in a queue.</summary>
    TimedOut,
    /// <summary>The connection, or the channel over one of several messages, was lost before its confirm: it may be in a queue; or there was none.</summary>
    ConnectionLost,
}

/// <summary>What became of a request.</summary>
/// <typeparam name="T">The type of the context.</typeparam>
/// <param name="Request">The request.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Code">The broker's reply code, such as 312 (no route), 404, 406; 0 where it gave none.</param>
/// <param name="Text">Why, for people; empty where it was confirmed.</param>
public readonly record struct PublishResult<T>(PublishRequest<T> Request, PublishOutcome Outcome, int Code, string Text)
{
    /// <summary>Whether the broker has it in a queue.</summary>
    public bool IsConfirmed => Outcome == PublishOutcome.Confirmed;
}

/// <summary>The bounds of publishing.</summary>
public sealed record AmqpPublishSettings
{
    /// <summary>How many requests may be without a result. Default 256.</summary>
    public int MaxInFlight { get; init; } = 256;

    /// <summary>How many bytes requests without a result may hold; one is always taken. Default 16 MiB.</summary>
    public long MaxInFlightBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>How long a request may be without a result, connecting included. Default 30 s.</summary>
    public TimeSpan ConfirmTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether a message that no queue takes is given back. A delaying exchange gives all of them back, since it routes only after the wait. Default
    /// true.</summary>
    public bool IsMandatory { get; init; } = true;

    /// <summary>The first wait before a lost connection is made anew. Default 200 ms.</summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait before a lost connection is made anew; waits double up to it. Default 5 s.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Checks that each value is one that works.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it, its value and what is expected.</exception>
    public void Validate()
    {
        AmqpConnectionSettings.Require(MaxInFlight > 0, nameof(MaxInFlight), MaxInFlight, "1 or more");
        AmqpConnectionSettings.Require(MaxInFlightBytes > 0, nameof(MaxInFlightBytes), MaxInFlightBytes, "1 or more");
        AmqpConnectionSettings.Require(ConfirmTimeout > TimeSpan.Zero, nameof(ConfirmTimeout), ConfirmTimeout, "more than zero");
        AmqpConnectionSettings.Require(MinBackoff > TimeSpan.Zero, nameof(MinBackoff), MinBackoff, "more than zero");
        AmqpConnectionSettings.Require(MaxBackoff >= MinBackoff, nameof(MaxBackoff), MaxBackoff, $"{MinBackoff} or more");
    }
}
