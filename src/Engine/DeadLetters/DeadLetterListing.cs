namespace DataLoad.Engine.DeadLetters;

/// <summary>What was in the queue of dead letters at a moment, in the queue's order.</summary>
/// <param name="AtMs">The moment, in epoch milliseconds.</param>
/// <param name="Total">How many there were.</param>
/// <param name="Letters">Those that were looked at: all, unless there are more than may be listed.</param>
public sealed record DeadLetterListing(long AtMs, long Total, IReadOnlyList<DeadLetterSummary> Letters)
{
    /// <summary>Whether all of them were looked at.</summary>
    public bool IsComplete => Letters.Count >= Total;
}
