using Akka.Streams.Dsl;

namespace DataLoad.Streams.Amqp;

/// <summary>Sources of deliveries.</summary>
public static class AmqpSource
{
    /// <summary>Consumes a queue in batches of what has arrived, never waiting to fill one. When its channel or connection is lost the source fails; what was
    /// not acknowledged comes again to whoever consumes next.</summary>
    /// <param name="connections">The broker's connections; all sources share one.</param>
    /// <param name="settings">What is consumed, and within which bounds.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public static Source<DeliveryBatch, IAmqpConsumerControl> CommittableBatches(AmqpConnections connections, AmqpSourceSettings settings)
    {
        settings.Validate();
        return Source.FromGraph(new BatchStage(connections, settings));
    }

    /// <summary>As <see cref="CommittableBatches"/>, started again with growing waits; its control holds. A kill switch belongs after it.</summary>
    /// <param name="connections">The broker's connections; all sources share one.</param>
    /// <param name="settings">What is consumed, and within which bounds.</param>
    /// <param name="restart">The waits; null for the defaults.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public static Source<DeliveryBatch, IAmqpConsumerControl> Restarting(
        AmqpConnections connections, AmqpSourceSettings settings, AmqpRestartSettings? restart = null)
    {
        settings.Validate();
        return Source.FromGraph(new BatchStage(connections, settings, restart ?? new AmqpRestartSettings()));
    }
}

/// <summary>What a source consumes, and within which bounds.</summary>
/// <param name="Queue">The queue, which must be there.</param>
public sealed record AmqpSourceSettings(string Queue)
{
    /// <summary>How many deliveries may be unacknowledged, 1 to 65535: few idle while acknowledgements travel, many hold memory. Default 1,000.</summary>
    public int Prefetch { get; init; } = 1000;

    /// <summary>How many deliveries a batch may have. Default 512.</summary>
    public int MaxBatch { get; init; } = 512;

    /// <summary>How many bytes of deliveries may be unreleased before the connection waits with reading. Default 16 MiB.</summary>
    public long MaxBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>How long a pause waits for what was taken to be acknowledged, before it closes the channel and gives the others back. Default 2 s.</summary>
    public TimeSpan PausePatience { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Whether the queue counts how often it delivers each message, and drops what was given back too often; asked whenever a channel is lost or
    /// let go of. Of such a queue a source that restarts consumes nothing anew before all that had come by the lost channel is emitted, released and
    /// completed, and a pause closes no channel before what was taken is: so no delivery is lost that the broker drops meanwhile. Default: never.</summary>
    public Func<bool> CountsDeliveries { get; init; } = () => false;

    /// <summary>Checks that each value is one that works.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it, its value and what is expected.</exception>
    public void Validate()
    {
        int queueBytes = System.Text.Encoding.UTF8.GetByteCount(Queue);
        AmqpConnectionSettings.Require(queueBytes is > 0 and <= byte.MaxValue, nameof(Queue), Queue, "a name of 1 to 255 bytes");
        AmqpConnectionSettings.Require(Prefetch is > 0 and <= ushort.MaxValue, nameof(Prefetch), Prefetch, "1 to 65535");
        AmqpConnectionSettings.Require(MaxBatch > 0, nameof(MaxBatch), MaxBatch, "1 or more");
        AmqpConnectionSettings.Require(MaxBytes > 0, nameof(MaxBytes), MaxBytes, "1 or more");
        AmqpConnectionSettings.Require(PausePatience >= TimeSpan.Zero, nameof(PausePatience), PausePatience, "zero or more");
    }
}

/// <summary>How a source is started again after it failed: with waits that double from the first to the longest.</summary>
public sealed record AmqpRestartSettings
{
    /// <summary>The first wait. Default 200 ms.</summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait; a run that lasted longer starts again with the first one. Default 15 s.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How much of each wait is added at random; 0 adds nothing. Default 0.2.</summary>
    public double RandomFactor { get; init; } = 0.2;

    /// <summary>The wait after so many failures in a row, 1 and up.</summary>
    internal TimeSpan WaitAfter(int failures)
    {
        double ticks = Math.Min(MaxBackoff.Ticks, MinBackoff.Ticks * Math.Pow(2, failures - 1));
        return TimeSpan.FromTicks((long)(ticks * (1 + (Random.Shared.NextDouble() * RandomFactor))));
    }
}

/// <summary>Controls a running source from outside, through all its restarts. Thread-safe.</summary>
public interface IAmqpConsumerControl
{
    /// <summary>What the source is doing.</summary>
    AmqpConsumerStatus Status { get; }

    /// <summary>Done when the source has ended: how many deliveries it had taken on its last channel and not acknowledged, since that was lost or the stream
    /// ended before, so that they come to whoever consumes next; 0 where all were.</summary>
    Task<long> Drained { get; }

    /// <summary>Stops taking for good: no further batch is emitted, the consumer is cancelled, acknowledging goes on until everything that was taken is
    /// acknowledged; then the source completes. Ends a pause.</summary>
    /// <returns>Done when no further batch is emitted and the broker was told.</returns>
    Task StopTaking();

    /// <summary>Stops taking until <see cref="Resume"/>: the channel is closed when what was taken is acknowledged, or after
    /// <see cref="AmqpSourceSettings.PausePatience"/>.</summary>
    void Pause();

    /// <summary>Goes on after <see cref="Pause"/>, with a new channel.</summary>
    void Resume();
}

/// <summary>What a source is doing, to be shown.</summary>
/// <param name="IsConsuming">Whether its channel consumes.</param>
/// <param name="IsPaused">Whether it was paused.</param>
/// <param name="Error">Why it is not consuming, or null; null too while it is paused, and after that until it has tried to consume again.</param>
/// <param name="Prefetch">How many deliveries may be unacknowledged: fewer than is set where large ones held up other sources.</param>
/// <param name="Unacknowledged">How many deliveries are unacknowledged now.</param>
public sealed record AmqpConsumerStatus(bool IsConsuming, bool IsPaused, string? Error, int Prefetch, long Unacknowledged);
