namespace DataLoad.Streams.Amqp;

/// <summary>Controls a running source from outside, through all its restarts. Thread-safe.</summary>
public interface IAmqpConsumerControl
{
    /// <summary>What the source is doing.</summary>
    AmqpConsumerStatus Status { get; }

    /// <summary>
    /// Done when the source has ended: true where everything that it had taken on its last channel was acknowledged, false where that was lost or the
    /// stream ended before, so that the rest comes to whoever consumes next.
    /// </summary>
    Task<bool> Drained { get; }

    /// <summary>
    /// Stops taking for good: no further batch is emitted, the consumer is cancelled, acknowledging goes on until everything that was taken is
    /// acknowledged; then the source completes. Ends a pause.
    /// </summary>
    /// <returns>Done when no further batch is emitted and the broker was told.</returns>
    Task StopTaking();

    /// <summary>Stops taking until <see cref="Resume"/>: the channel is closed when what was taken is acknowledged, or after <see cref="AmqpSourceSettings.PausePatience"/>.</summary>
    void Pause();

    /// <summary>Goes on after <see cref="Pause"/>, with a new channel.</summary>
    void Resume();
}

/// <summary>What a source is doing, to be shown.</summary>
/// <param name="IsConsuming">Whether its channel consumes.</param>
/// <param name="IsPaused">Whether it was paused.</param>
/// <param name="Error">Why it is not consuming, or null; null too while it is paused.</param>
/// <param name="Prefetch">How many deliveries may be unacknowledged: fewer than is set where large ones held up other sources.</param>
/// <param name="Unacknowledged">How many deliveries are unacknowledged now.</param>
public sealed record AmqpConsumerStatus(bool IsConsuming, bool IsPaused, string? Error, int Prefetch, long Unacknowledged);
