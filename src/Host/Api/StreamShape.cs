namespace DataLoad.Host.Api;

/// <summary>A stream and how it fares.</summary>
internal sealed record StreamShape
{
    public required string Name { get; init; }

    public required string Page { get; init; }

    public required string Exchange { get; init; }

    public required string Queue { get; init; }

    public required bool Enabled { get; init; }

    public required bool Paused { get; init; }

    public required string State { get; init; }

    public required string? Failing { get; init; }

    public required int Prefetch { get; init; }

    public required long? Lag { get; init; }

    public required long Unacknowledged { get; init; }

    public required IReadOnlyDictionary<string, long> DeadLettersByReason { get; init; }

    public required Tallies Totals { get; init; }

    public required Rates Rates { get; init; }
}
