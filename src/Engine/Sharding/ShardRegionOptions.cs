using DataLoad.Engine.Counting;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Watching;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Sharding;

/// <summary>What a <see cref="ShardRegion"/> works with.</summary>
public sealed record ShardRegionOptions
{
    /// <summary>The compiled catalog.</summary>
    public required CountingPlan Plan { get; init; }

    /// <summary>Bounds and intervals.</summary>
    public required ShardingSettings Settings { get; init; }

    /// <summary>The store.</summary>
    public required IStore Store { get; init; }

    /// <summary>Told what happens.</summary>
    public required EngineMetrics Metrics { get; init; }

    /// <summary>Shown what is committed.</summary>
    public CountedBlocks Counted { get; init; } = new();

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Told of what goes wrong.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>The waits between tries of a write or read that fails.</summary>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));
}
