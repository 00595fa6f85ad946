using RabbitMQ.Client;

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

/// <summary>What a listing keeps of a dead letter.</summary>
public sealed record DeadLetterSummary
{
    /// <summary>Its id: the same in every listing, and of equal dead letters.</summary>
    public required UInt128 Id { get; init; }

    /// <summary>The stream that rejected it; empty where it does not say.</summary>
    public required string Stream { get; init; }

    /// <summary>The short code of why.</summary>
    public required string Reason { get; init; }

    /// <summary>The sentence that says why.</summary>
    public required string Error { get; init; }

    /// <summary>Its first receipt, in epoch milliseconds; 0 where it does not say.</summary>
    public required long ReceivedMs { get; init; }

    /// <summary>The size of its body.</summary>
    public required int Bytes { get; init; }

    /// <summary>Its content type, or null.</summary>
    public string? ContentType { get; init; }
}

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

/// <summary>A whole dead letter.</summary>
/// <param name="Summary">What it says of itself.</param>
/// <param name="Properties">Its properties and headers.</param>
/// <param name="Body">Its body.</param>
public sealed record DeadLetterContent(DeadLetterSummary Summary, IReadOnlyBasicProperties Properties, byte[] Body);

/// <summary>What became of dead letters that were to be moved or removed.</summary>
/// <param name="Moved">How many were.</param>
/// <param name="Skipped">How many were meant and stayed: their stream is none of the catalog, or its queue is gone.</param>
/// <param name="Left">How many dead letters remain.</param>
public sealed record DeadLetterMove(long Moved, long Skipped, long Left);

/// <summary>What came of a purge.</summary>
/// <param name="IsConfirmed">Whether there were as many as were to be removed, and they were.</param>
/// <param name="Count">How many there were.</param>
/// <param name="Left">How many dead letters remain.</param>
public sealed record DeadLetterPurge(bool IsConfirmed, long Count, long Left);

/// <summary>Dead letters cannot be worked on now; the message says why and what to do about it.</summary>
public sealed class DeadLetterException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The bounds of work on dead letters.</summary>
public sealed record DeadLetterSettings
{
    /// <summary>How many dead letters are taken from the broker at a time, 1 to 65,535.</summary>
    public int Page { get; init; } = 1000;

    /// <summary>How many are looked at in one go, which bounds the memory that a listing takes.</summary>
    public int MaxListed { get; init; } = 200_000;

    /// <summary>How long a call waits for another one that is at work on the dead letters, and for the broker to have them back.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
