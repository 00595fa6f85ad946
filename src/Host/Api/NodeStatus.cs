namespace DataLoad.Host.Api;

/// <summary>The node in one look.</summary>
internal sealed record NodeStatus
{
    public required string Node { get; init; }

    public required string Version { get; init; }

    public required long StartedAt { get; init; }

    public required long Now { get; init; }

    public required long UptimeSeconds { get; init; }

    public required string State { get; init; }

    public required bool Ready { get; init; }

    public required string TimeZone { get; init; }

    public required DateOnly Today { get; init; }

    public required HealthShape Broker { get; init; }

    public required HealthShape Store { get; init; }

    public required HealthShape Business { get; init; }

    public required ShardCount Shards { get; init; }

    public required MemoryShape Memory { get; init; }

    public required long Unflushed { get; init; }

    public required long Uncheckpointed { get; init; }

    public required long Parked { get; init; }

    public required long Lag { get; init; }

    public required long? DeadLetters { get; init; }

    public required Tallies Totals { get; init; }

    public required Rates Rates { get; init; }

    public required IReadOnlyList<string> Paused { get; init; }

    public required IReadOnlyDictionary<string, string> Failing { get; init; }

    /// <summary>How many shards are owned here, of how many.</summary>
    internal sealed record ShardCount(int Owned, int Total);

    /// <summary>What is held in memory.</summary>
    internal sealed record MemoryShape(long ResidentBytes, long BudgetBytes, long ProcessBytes, long Counters, long Damaged);
}
