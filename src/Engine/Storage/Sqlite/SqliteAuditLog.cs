using DataLoad.Engine.Operating;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>The audit log: a row an entry.</summary>
internal sealed class SqliteAuditLog(SqliteDatabase database) : IAuditLog
{
    private const string Columns = "id, at_ms, node, actor, action, target, detail, outcome";

    /// <inheritdoc/>
    public ValueTask<long> BeginAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        AuditEntry cut = AuditText.Of(entry);
        return database.WriteAsync(
            session =>
            {
                using (SqliteStatement insert = session.Use(
                    "INSERT INTO dataload_audit (at_ms, node, actor, action, target, detail, outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"))
                {
                    insert.Bind(1, cut.AtMs).Bind(2, cut.Node).Bind(3, cut.Actor).Bind(4, cut.Action).Bind(5, cut.Target).Bind(6, cut.Detail).Bind(7, cut.Outcome).Execute();
                }

                using SqliteStatement last = session.Use("SELECT last_insert_rowid()");
                return last.Scalar();
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask FinishAsync(long id, string outcome, string detail, CancellationToken cancellationToken) => await database.WriteAsync(
        session =>
        {
            using SqliteStatement update = session.Use("UPDATE dataload_audit SET outcome = ?2, detail = ?3 WHERE id = ?1");
            return update.Bind(1, id).Bind(2, AuditText.Of(outcome)).Bind(3, AuditText.Of(detail)).Execute();
        },
        cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<AuditEntry>> ReadAsync(long? before, string? action, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<AuditEntry>>(
            session =>
            {
                using SqliteStatement select = session.Use(
                    $"SELECT {Columns} FROM dataload_audit WHERE id < ?1 AND (?2 IS NULL OR action = ?2) ORDER BY id DESC LIMIT ?3");
                select.Bind(1, before ?? long.MaxValue).Bind(2, action).Bind(3, limit);
                var entries = new List<AuditEntry>();
                while (select.Step())
                {
                    entries.Add(Read(select));
                }

                return entries;
            },
            cancellationToken);

    private static AuditEntry Read(SqliteStatement row) => new()
    {
        Id = row.Int64(0),
        AtMs = row.Int64(1),
        Node = row.Text(2),
        Actor = row.Text(3),
        Action = row.Text(4),
        Target = row.Text(5),
        Detail = row.Text(6),
        Outcome = row.Text(7),
    };
}
