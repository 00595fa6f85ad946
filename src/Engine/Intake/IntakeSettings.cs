namespace DataLoad.Engine.Intake;

/// <summary>The bounds of intake.</summary>
public sealed record IntakeSettings
{
    /// <summary>How many deliveries of a stream may be unacknowledged, 1 to 65,535.</summary>
    public int Prefetch { get; init; } = 10_000;

    /// <summary>How many deliveries are resolved together at the most.</summary>
    public int MaxBatch { get; init; } = 1000;

    /// <summary>The largest body that is read, in bytes.</summary>
    public int MaxBodyBytes { get; init; } = 64 * 1024;

    /// <summary>
    /// What the bodies of all streams that were received and not handed on yet may take, in bytes; each stream has an
    /// equal part, and takes no more from the broker while it is full.
    /// </summary>
    public long MemoryBytes { get; init; } = 1024 * 1024 * 1024;

    /// <summary>The longest <c>x-delay</c> that is held.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromDays(30);

    /// <summary>The waits between tries to find a row that is not there yet; as many tries as waits, after the first.</summary>
    public IReadOnlyList<TimeSpan> RetryDelays { get; init; } =
    [
        TimeSpan.FromSeconds(1),
        TimeSpan.FromSeconds(2),
        TimeSpan.FromSeconds(4),
        TimeSpan.FromSeconds(8),
        TimeSpan.FromSeconds(15),
        TimeSpan.FromSeconds(30),
        TimeSpan.FromSeconds(60),
        TimeSpan.FromSeconds(120),
        TimeSpan.FromSeconds(180),
        TimeSpan.FromSeconds(180),
    ];

    /// <summary>How many deliveries may be parked; at the limit, streams wait until some have gone.</summary>
    public long MaxParked { get; init; } = 1_000_000;

    /// <summary>How many parked deliveries of a stream are taken up together.</summary>
    public int ParkedBatch { get; init; } = 500;

    /// <summary>
    /// How often the parked deliveries of a stream are looked at even where none is known to be due: one whose parking
    /// nobody waited for may come about after it was announced.
    /// </summary>
    public TimeSpan ParkedLookInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a parked delivery is left aside that is damaged, or whose taking up fails.</summary>
    public TimeSpan ParkedFaultDelay { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The first and longest wait after a failure of broker, database or query.</summary>
    public Scheduling.Backoff Backoff { get; init; } = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10));
}
