using DataLoad.Engine.Metrics;
using DataLoad.Engine.Scheduling;

namespace DataLoad.Engine.Resolving;

/// <summary>What a <see cref="Resolver"/> works with.</summary>
public sealed record ResolverOptions
{
    /// <summary>The query of each of the stream's steps, in order.</summary>
    public required IReadOnlyList<string> Queries { get; init; }

    /// <summary>The waits between tries of a query that fails.</summary>
    public required Backoff Backoff { get; init; }

    /// <summary>Told of latencies and failures.</summary>
    public required EngineMetrics Metrics { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }
}
