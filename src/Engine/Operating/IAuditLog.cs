namespace DataLoad.Engine.Operating;

/// <summary>The durable log of what was done to the engine on demand. It only grows.</summary>
public interface IAuditLog
{
    /// <summary>Writes an entry, durable when this returns. Texts beyond <see cref="AuditEntry.MaxCharacters"/> are cut.</summary>
    /// <returns>Its id, higher than those of all entries before it.</returns>
    ValueTask<long> BeginAsync(AuditEntry entry, CancellationToken cancellationToken);

    /// <summary>Says what came of an entry; an unknown id changes nothing.</summary>
    ValueTask FinishAsync(long id, string outcome, string detail, CancellationToken cancellationToken);

    /// <summary>Entries, newest first.</summary>
    /// <param name="before">Those with a lower id; null for all.</param>
    /// <param name="action">Those of that action; null for all.</param>
    /// <param name="limit">How many at the most.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    ValueTask<IReadOnlyList<AuditEntry>> ReadAsync(long? before, string? action, int limit, CancellationToken cancellationToken);
}

/// <summary>One entry of the audit log: something that somebody had done to the engine.</summary>
/// <param name="AtMs">When it was begun, in epoch milliseconds.</param>
/// <param name="Node">The node that did it.</param>
/// <param name="Actor">Who asked for it: role, way and address.</param>
/// <param name="Action">What, as in <c>stream.pause</c>.</param>
/// <param name="Target">What it was done to, as in <c>act.buy</c>; empty for the whole.</param>
/// <param name="Detail">More of what was asked for, and what came of it.</param>
/// <param name="Outcome"><see cref="Begun"/>, <see cref="Done"/>, or a sentence that says what went wrong.</param>
/// <param name="Id">Its number, 1 and up; 0 before it is written.</param>
public sealed record AuditEntry(
    long AtMs, string Node, string Actor, string Action, string Target = "", string Detail = "", string Outcome = AuditEntry.Begun, long Id = 0)
{
    /// <summary>The outcome of what was begun and has not ended, or ended with its node.</summary>
    public const string Begun = "begun";

    /// <summary>The outcome of what worked.</summary>
    public const string Done = "done";

    /// <summary>The longest text that is kept of any of its parts, in characters.</summary>
    public const int MaxCharacters = 1000;
}

/// <summary>The streams that an operator paused: kept, so that a restart or a takeover does not resume them.</summary>
public interface IPausedStreams
{
    /// <summary>The names of those that are paused, in order.</summary>
    ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Notes whether a stream is paused; durable when this returns.</summary>
    ValueTask SetAsync(string stream, bool paused, CancellationToken cancellationToken);
}

/// <summary>Bounds the texts of audit entries, and keeps out what a database's text cannot hold.</summary>
internal static class AuditText
{
    public static string Of(string text)
    {
        // Half a surrogate pair is no text either.
        int length = Math.Min(text.Length, AuditEntry.MaxCharacters);
        length -= length > 0 && length < text.Length && char.IsHighSurrogate(text[length - 1]) ? 1 : 0;
        return text[..length].Replace('\0', '\uFFFD');
    }

    public static AuditEntry Of(AuditEntry entry) =>
        new(entry.AtMs, Of(entry.Node), Of(entry.Actor), Of(entry.Action), Of(entry.Target), Of(entry.Detail), Of(entry.Outcome), entry.Id);
}
