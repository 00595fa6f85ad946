namespace DataLoad.Host.Operating.Answers;

/// <summary>A stream and how it fares.</summary>
internal sealed record StreamAnswer(
    string Name,
    string Page,
    string Queue,
    bool Paused,
    string State,
    string? Failing,
    int Prefetch,
    long? Lag,
    long Unacknowledged,
    IReadOnlyDictionary<string, long>? DeadLettersByReason,
    TalliesAnswer Totals,
    RatesAnswer Rates);
