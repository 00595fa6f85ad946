namespace DataLoad.Engine.DeadLetters;

/// <summary>Which dead letters are meant: those that all its members mean.</summary>
/// <param name="Stream">Those of a stream; null for any.</param>
/// <param name="Reason">Those of a reason; null for any.</param>
/// <param name="Ids">Those of these ids; null for any.</param>
/// <param name="Limit">How many at the most, from the front of the queue.</param>
public sealed record DeadLetterSelection(string? Stream = null, string? Reason = null, IReadOnlySet<UInt128>? Ids = null, int Limit = int.MaxValue)
{
    /// <summary>Whether a dead letter is meant, the limit aside.</summary>
    public bool Means(DeadLetterSummary letter) =>
        (Stream is null || string.Equals(Stream, letter.Stream, StringComparison.Ordinal))
        && (Reason is null || string.Equals(Reason, letter.Reason, StringComparison.Ordinal))
        && (Ids is null || Ids.Contains(letter.Id));
}
