namespace DataLoad.Host.Operating.Answers;

/// <summary>The node in one look.</summary>
internal sealed record StatusAnswer(
    string Node,
    string Version,
    long UptimeSeconds,
    string State,
    bool Ready,
    string TimeZone,
    DateOnly Today,
    HealthAnswer Broker,
    HealthAnswer Store,
    HealthAnswer Business,
    StatusAnswer.ShardCount Shards,
    StatusAnswer.MemoryAnswer Memory,
    long Unflushed,
    long Uncheckpointed,
    long Parked,
    long Lag,
    long? DeadLetters,
    TalliesAnswer Totals,
    RatesAnswer Rates,
    IReadOnlyList<string>? Paused,
    IReadOnlyDictionary<string, string>? Failing)
{
    /// <summary>How many shards are owned here, of how many.</summary>
    internal sealed record ShardCount(int Owned, int Total);

    /// <summary>What is held in memory.</summary>
    internal sealed record MemoryAnswer(long ResidentBytes, long BudgetBytes, long ProcessBytes, long Counters, long Damaged);
}
