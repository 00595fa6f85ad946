using DataLoad.Engine.Counting;
using DataLoad.Engine.Parking;
using DataLoad.Streams.Amqp;

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

/// <summary>A dead letter that could not be published and waits in the store.</summary>
/// <param name="Stream">The stream that rejected it.</param>
/// <param name="Reason">The short code of why it was rejected.</param>
/// <param name="Error">The sentence that says why.</param>
/// <param name="ReceivedMs">Its first receipt, in epoch milliseconds.</param>
/// <param name="Bytes">The size of its body.</param>
/// <param name="Tries">How often it could not be published.</param>
/// <param name="DueMs">When it is published again, in epoch milliseconds.</param>
public sealed record WaitingLetter(string Stream, string Reason, string Error, long ReceivedMs, int Bytes, int Tries, long DueMs)
{
    private const string Unreadable = "unreadable";

    internal static WaitingLetter Of(ParkedDelivery row)
    {
        try
        {
            ParkedContent content = ParkedContent.Decode(row.Id, row.Message);
            return content.Letter is { } letter
                ? new WaitingLetter(letter.Stream, letter.Reason, letter.Error, content.ReceivedMs, content.Body.Length, row.Tries, row.DueMs)
                : new WaitingLetter("", Unreadable, $"Row {row.Id} holds no dead letter.", content.ReceivedMs, content.Body.Length, row.Tries, row.DueMs);
        }
        catch (StoredFormatException e)
        {
            return new WaitingLetter("", Unreadable, e.Message, 0, row.Message.Length, row.Tries, row.DueMs);
        }
    }
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
/// <param name="Properties">Its properties and headers, as they came.</param>
/// <param name="Body">Its body.</param>
public sealed record DeadLetterContent(DeadLetterSummary Summary, AmqpProperties Properties, byte[] Body);

/// <summary>What became of dead letters that were to be moved or removed.</summary>
/// <param name="Moved">How many were.</param>
/// <param name="Skipped">How many were meant and stayed: their stream is none of the catalog, or the broker does not take them.</param>
/// <param name="Left">How many dead letters remain.</param>
/// <param name="Why">Why the first that stayed did, for people; null where none did.</param>
public sealed record DeadLetterMove(long Moved, long Skipped, long Left, string? Why = null);

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

    /// <summary>About how many bytes of them may be in memory at a time; one is always taken.</summary>
    public long PageBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How many may wait for their confirms at once when they are put back.</summary>
    public int ConfirmWindow { get; init; } = 256;

    /// <summary>How long the broker may take to confirm one that is put back.</summary>
    public TimeSpan ConfirmTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether they may be looked at though their queue is no classic one, since nothing limits how often it delivers a message.</summary>
    public bool UnlimitedDeliveries { get; init; }

    /// <summary>How many are looked at in one go, which bounds the memory that a listing takes.</summary>
    public int MaxListed { get; init; } = 200_000;

    /// <summary>How long a call waits for another one that is at work on the dead letters, and for the broker to have them back.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
