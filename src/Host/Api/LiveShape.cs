using System.Text.Json.Serialization;

namespace DataLoad.Host.Api;

/// <summary>What changes from second to second; what a delta leaves out is as it was.</summary>
internal sealed record LiveShape
{
    public required long Now { get; init; }

    public required bool Ready { get; init; }

    public required string State { get; init; }

    public required Rates Rates { get; init; }

    public required Tallies Totals { get; init; }

    public required long Lag { get; init; }

    public required long Parked { get; init; }

    public required long? DeadLetters { get; init; }

    public required long ResidentBytes { get; init; }

    public required IReadOnlyDictionary<string, LiveStream> Streams { get; init; }

    public required DateOnly Today { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, MetricValues>? TodayTotals { get; init; }

    /// <summary>A stream.</summary>
    internal sealed record LiveStream(string State, double Events, double Deliveries, double Duplicates, double DeadLetters, long? Lag, long Unacknowledged);
}
