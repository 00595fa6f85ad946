using DataLoad.Engine.Contract;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Operating;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Resolving;
using DataLoad.Streams.Amqp;
using Microsoft.Extensions.Logging;

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

    /// <summary>What bodies that are not handed on yet may take, in bytes; each stream has an equal part, and takes no more while it is full.</summary>
    public long MemoryBytes { get; init; } = 1024 * 1024 * 1024;

    /// <summary>The longest <c>x-delay</c> that is held.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromDays(30);

    /// <summary>The waits between tries to find a row that is not there yet; as many tries as waits, after the first.</summary>
    public IReadOnlyList<TimeSpan> RetryDelays { get; init; } =
        [.. new[] { 1, 2, 4, 8, 15, 30, 60, 120, 180, 180 }.Select(seconds => TimeSpan.FromSeconds(seconds))];

    /// <summary>How many deliveries and batches of events may be parked in the store; at the limit, streams wait until some have gone.</summary>
    public long MaxParked { get; init; } = 1_000_000;

    /// <summary>How often they are counted, as other nodes park and remove them, too; near <see cref="MaxParked"/> also before more are parked, where the count
    /// is older than a second. Short costs the store a count; long lets several nodes exceed the limit by more.</summary>
    public TimeSpan ParkedCountInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a node has what it takes up of the parked deliveries to itself, 5 seconds to an hour; renewed at half of it for as long as it is at
    /// them. Short: a node that stands still for a moment has them done twice, which is no harm. Long: those of a node that died wait.</summary>
    public TimeSpan ClaimTimeToLive { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How many parked deliveries of a stream are taken up together, as far as <see cref="MaxUnacceptedBytes"/> allows.</summary>
    public int ParkedBatch { get; init; } = 500;

    /// <summary>How often a stream's parked deliveries are read though none is known to be due: one may be stored after it was announced.</summary>
    public TimeSpan ParkedPollInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a parked delivery is left aside that is damaged, or whose taking up fails.</summary>
    public TimeSpan ParkedFaultDelay { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How many batches of a stream's events may be sent and not accepted, each copy counted; beyond it the stream takes no more deliveries. At
    /// least 1; more hides the way to a far Partition, and takes memory there.</summary>
    public int MaxUnacceptedBatches { get; init; } = 1024;

    /// <summary>What they may take, in bytes; dead letters and deliveries to be parked count, too. At least 1.</summary>
    public long MaxUnacceptedBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>The most that one batch of events takes, in bytes; a single event that is larger goes alone. 1 KiB to 512 KiB, as nodes send each other at
    /// most 1 MiB at once.</summary>
    public int MaxEventBatchBytes { get; init; } = 256 * 1024;

    /// <summary>The first and longest wait before a batch that is not accepted is sent again.</summary>
    public Scheduling.Backoff Resend { get; init; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    /// <summary>How long what was taken may take to become durable when a stream is paused or stops taking, before it is given back to its queue.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often the store is asked which streams are paused: another node may have been told to.</summary>
    public TimeSpan PauseInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long deliveries wait for a query that fails, or for a Partition that does not accept their events, before they are parked: at most half
    /// the broker's <c>consumer_timeout</c> (30 minutes), at which it would close the channel. Those that were delivered before wait for one failure of a
    /// query only, as their queue may count deliveries. Also the longest wait before what is parked for a Partition is sent to it again.</summary>
    public TimeSpan HoldLimit { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a dead letter may take to be confirmed, before it is set aside in the store.</summary>
    public TimeSpan DeadLetterPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The first and longest wait before a dead letter that was set aside is published again.</summary>
    public Scheduling.Backoff DeadLetterRetry { get; init; } = new(TimeSpan.FromSeconds(30), TimeSpan.FromHours(1));

    /// <summary>The first and longest wait after a failure of broker, database or query.</summary>
    public Scheduling.Backoff Backoff { get; init; } = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10));
}

/// <summary>What the intake of all streams works with.</summary>
public sealed record IntakeOptions
{
    /// <summary>Bounds and waits.</summary>
    public required IntakeSettings Settings { get; init; }

    /// <summary>The pages and streams.</summary>
    public required Catalog Catalog { get; init; }

    /// <summary>How many Partitions there are.</summary>
    public required int Partitions { get; init; }

    /// <summary>The zone that days are reckoned in.</summary>
    public required TimeZoneInfo Zone { get; init; }

    /// <summary>The business database.</summary>
    public required ILookup Lookup { get; init; }

    /// <summary>The queries of a stream's steps, in order.</summary>
    public required Func<StreamDefinition, IReadOnlyList<string>> QueriesOf { get; init; }

    /// <summary>Counts what happens.</summary>
    public required EngineMetrics Metrics { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Logs what goes wrong.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>Makes ids that no node made before.</summary>
    public Func<Guid> NewId { get; init; } = Guid.CreateVersion7;

    /// <summary>What tells this life of this node from all others.</summary>
    public string Incarnation { get; init; } = Guid.NewGuid().ToString("N");

    /// <summary>The page that a stream's events count on.</summary>
    internal Page PageOf(StreamDefinition stream) => Catalog.Pages.First(page => string.Equals(page.Name, stream.Page, StringComparison.Ordinal));
}

/// <summary>What the intake is made of.</summary>
public sealed record IntakeSetup
{
    /// <summary>What all streams work with.</summary>
    public required IntakeOptions Options { get; init; }

    /// <summary>The broker.</summary>
    public required AmqpConnections Connections { get; init; }

    /// <summary>How each stream is set.</summary>
    public required Func<StreamDefinition, StreamSettings> SettingsOf { get; init; }

    /// <summary>The store of parked deliveries.</summary>
    public required IParkingStore Parking { get; init; }

    /// <summary>The streams that are paused, whichever node was told to; null where nobody else may say so.</summary>
    public IPausedStreams? PausedStreams { get; init; }

    /// <summary>How often exchanges, queues and their lengths are checked.</summary>
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many dead letters may wait for their confirms at once, 1 and up.</summary>
    public int ConfirmWindow { get; init; } = 256;

    /// <summary>How much of each wait before a channel is opened again is added at random; 0 adds nothing.</summary>
    public double RandomFactor { get; init; } = 0.2;
}
