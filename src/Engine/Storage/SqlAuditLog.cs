using DataLoad.Engine.Operating;
using LinqToDB;
using LinqToDB.Async;

namespace DataLoad.Engine.Storage;

/// <summary>The audit log: a row an entry.</summary>
internal sealed class SqlAuditLog(SqlDatabase database) : IAuditLog
{
    public ValueTask<long> BeginAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        AuditEntry cut = AuditText.Of(entry);
        var row = new AuditRow
        {
            AtMs = cut.AtMs,
            Node = cut.Node,
            Actor = cut.Actor,
            Action = cut.Action,
            Target = cut.Target,
            Detail = cut.Detail,
            Outcome = cut.Outcome,
        };
        return database.ChangeAsync((db, token) => db.InsertWithInt64IdentityAsync(row, token: token), cancellationToken);
    }

    public async ValueTask FinishAsync(long id, string outcome, string detail, CancellationToken cancellationToken)
    {
        string cutOutcome = AuditText.Of(outcome);
        string cutDetail = AuditText.Of(detail);
        await database.ChangeAsync(
            (db, token) => db.GetTable<AuditRow>()
                .Where(row => row.Id == id).Set(row => row.Outcome, cutOutcome).Set(row => row.Detail, cutDetail).UpdateAsync(token),
            cancellationToken);
    }

    public async ValueTask<IReadOnlyList<AuditEntry>> ReadAsync(long? before, string? action, int limit, CancellationToken cancellationToken)
    {
        long end = before ?? long.MaxValue;
        List<AuditRow> rows = await database.ReadAsync(
            (db, token) => db.GetTable<AuditRow>()
                .Where(row => row.Id < end && (action == null || row.Action == action))
                .OrderByDescending(row => row.Id)
                .Take(limit)
                .ToListAsync(token),
            cancellationToken);
        return rows.ConvertAll(row => new AuditEntry(row.AtMs, row.Node, row.Actor, row.Action, row.Target, row.Detail, row.Outcome, row.Id));
    }
}

/// <summary>Paused streams: a row each.</summary>
internal sealed class SqlPausedStreams(SqlDatabase database) : IPausedStreams
{
    public async ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
    {
        List<string> streams = await database.ReadAsync(
            (db, token) => db.GetTable<PausedStreamRow>().Select(row => row.Stream).ToListAsync(token), cancellationToken);
        streams.Sort(StringComparer.Ordinal);
        return streams;
    }

    public async ValueTask SetAsync(string stream, bool paused, CancellationToken cancellationToken) => await database.ChangeAsync(
        (db, token) => paused
            ? db.GetTable<PausedStreamRow>().InsertOrUpdateAsync(() => new PausedStreamRow { Stream = stream }, onDuplicateKeyUpdateSetter: null, token)
            : db.GetTable<PausedStreamRow>().DeleteAsync(row => row.Stream == stream, token),
        cancellationToken);
}
