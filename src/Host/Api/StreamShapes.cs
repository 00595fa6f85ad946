using System.Text.Json.Serialization;
using DataLoad.Host.Watching;

namespace DataLoad.Host.Api;

/// <summary>All streams.</summary>
internal sealed record StreamList(IReadOnlyList<StreamDetails> Streams);

/// <summary>A stream and how it fares.</summary>
internal sealed record StreamDetails
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

/// <summary>Counts since the node started.</summary>
internal sealed record Tallies(long Deliveries, long Events, long Duplicates, long Unidentified, long Retries, long Parked, long DeadLetters)
{
    public static Tallies Of(long[] counts) => new(
        counts[(int)TallyKind.Deliveries],
        counts[(int)TallyKind.Events],
        counts[(int)TallyKind.Duplicates],
        counts[(int)TallyKind.Unidentified],
        counts[(int)TallyKind.Retries],
        counts[(int)TallyKind.Parked],
        counts[(int)TallyKind.DeadLetters]);
}

/// <summary>Counts a second, over the last seconds.</summary>
internal sealed record Rates(double Deliveries, double Events, double Duplicates, double Retries, double Parked, double DeadLetters)
{
    public static Rates Of(double[] rates) => new(
        rates[(int)TallyKind.Deliveries],
        rates[(int)TallyKind.Events],
        rates[(int)TallyKind.Duplicates],
        rates[(int)TallyKind.Retries],
        rates[(int)TallyKind.Parked],
        rates[(int)TallyKind.DeadLetters]);
}

/// <summary>What changes from second to second; what a delta leaves out is as it was.</summary>
internal sealed record LiveUpdate
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
    public IReadOnlyDictionary<string, NamedValues>? TodayTotals { get; init; }

    /// <summary>A stream.</summary>
    internal sealed record LiveStream(string State, double Events, double Deliveries, double Duplicates, double DeadLetters, long? Lag, long Unacknowledged);
}
