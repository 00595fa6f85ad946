using DataLoad.Engine.Operating;

namespace DataLoad.Engine.Storage.Memory;

/// <summary>The audit log in memory.</summary>
internal sealed class MemoryAuditLog(MemoryCalls calls) : IAuditLog
{
    /// <inheritdoc/>
    public ValueTask<long> BeginAsync(AuditEntry entry, CancellationToken cancellationToken) => calls.RunAsync(
        "Audit.Begin",
        state =>
        {
            long id = state.Audit.Count + 1;
            state.Audit.Add(AuditText.Of(entry) with { Id = id });
            return id;
        },
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask FinishAsync(long id, string outcome, string detail, CancellationToken cancellationToken) => await calls.RunAsync(
        "Audit.Finish",
        state =>
        {
            if (id >= 1 && id <= state.Audit.Count)
            {
                state.Audit[(int)id - 1] = state.Audit[(int)id - 1] with { Outcome = AuditText.Of(outcome), Detail = AuditText.Of(detail) };
            }

            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<AuditEntry>> ReadAsync(long? before, string? action, int limit, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<AuditEntry>>(
            "Audit.Read",
            state => [.. state.Audit
                .Where(entry => (before is null || entry.Id < before) && (action is null || string.Equals(entry.Action, action, StringComparison.Ordinal)))
                .OrderByDescending(entry => entry.Id)
                .Take(limit)],
            cancellationToken);
}
