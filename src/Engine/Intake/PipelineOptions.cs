using DataLoad.Engine.Contract;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Sharding;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Intake;

/// <summary>What the intake of all streams works with.</summary>
public sealed record PipelineOptions
{
    /// <summary>Bounds.</summary>
    public required IntakeSettings Settings { get; init; }

    /// <summary>The zone that days are told in.</summary>
    public required TimeZoneInfo Zone { get; init; }

    /// <summary>The business database.</summary>
    public required ILookup Lookup { get; init; }

    /// <summary>The queries of a stream's steps, in order.</summary>
    public required Func<StreamDefinition, IReadOnlyList<string>> QueriesOf { get; init; }

    /// <summary>Where events go.</summary>
    public required ShardRegion Region { get; init; }

    /// <summary>Where deliveries are parked.</summary>
    public required ParkingLot Parking { get; init; }

    /// <summary>Where dead letters go.</summary>
    public required IDeadLetterPublisher DeadLetters { get; init; }

    /// <summary>Told what happens.</summary>
    public required EngineMetrics Metrics { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Told of what goes wrong.</summary>
    public required ILogger Logger { get; init; }
}
