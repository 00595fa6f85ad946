using DataLoad.Engine.Contract;
using DataLoad.Engine.Intake.Amqp;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Resolving;
using DataLoad.Streams.Amqp;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Intake;

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

    /// <summary>How often exchanges, queues and their lengths are checked.</summary>
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many dead letters may wait for their confirms at once, 1 and up.</summary>
    public int ConfirmWindow { get; init; } = 256;

    /// <summary>How much of each wait before a channel is opened again is added at random; 0 adds nothing.</summary>
    public double RandomFactor { get; init; } = 0.2;
}
