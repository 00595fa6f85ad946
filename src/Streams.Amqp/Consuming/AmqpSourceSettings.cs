namespace DataLoad.Streams.Amqp;

/// <summary>What a source consumes, and within which bounds.</summary>
/// <param name="Queue">The queue, which must be there.</param>
public sealed record AmqpSourceSettings(string Queue)
{
    /// <summary>How many deliveries may be unacknowledged, 1 to 65535. Low idles while acknowledgements travel, high holds more memory. Default 1,000.</summary>
    public int Prefetch { get; init; } = 1000;

    /// <summary>How many deliveries a batch may have. Default 512.</summary>
    public int MaxBatch { get; init; } = 512;

    /// <summary>How many bytes of deliveries may be unreleased before the connection waits with reading. Default 16 MiB.</summary>
    public long MaxBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>How long a pause waits for what was taken to be acknowledged, before it closes the channel and what is left comes back later. Default 2 s.</summary>
    public TimeSpan PausePatience { get; init; } = TimeSpan.FromSeconds(2);

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
