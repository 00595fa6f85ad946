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
