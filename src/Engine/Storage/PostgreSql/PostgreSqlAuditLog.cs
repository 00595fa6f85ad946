using DataLoad.Engine.Operating;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>The audit log: a row an entry.</summary>
internal sealed class PostgreSqlAuditLog(NpgsqlDataSource source) : IAuditLog
{
    /// <inheritdoc/>
    public async ValueTask<long> BeginAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        AuditEntry cut = AuditText.Of(entry);
        await using NpgsqlCommand insert = source.CreateCommand(
            "INSERT INTO dataload_audit (at_ms, node, actor, action, target, detail, outcome) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id");
        insert.Parameters.Add(Parameter.Of(cut.AtMs));
        foreach (string text in new[] { cut.Node, cut.Actor, cut.Action, cut.Target, cut.Detail, cut.Outcome })
        {
            insert.Parameters.Add(Parameter.Of(text));
        }

        return (long)(await insert.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <inheritdoc/>
    public async ValueTask FinishAsync(long id, string outcome, string detail, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand update = source.CreateCommand("UPDATE dataload_audit SET outcome = $2, detail = $3 WHERE id = $1");
        update.Parameters.Add(Parameter.Of(id));
        update.Parameters.Add(Parameter.Of(AuditText.Of(outcome)));
        update.Parameters.Add(Parameter.Of(AuditText.Of(detail)));
        await update.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<AuditEntry>> ReadAsync(long? before, string? action, int limit, CancellationToken cancellationToken)
    {
        string condition = action is null ? "" : " AND action = $3";
        await using NpgsqlCommand select = source.CreateCommand(
            $"SELECT id, at_ms, node, actor, action, target, detail, outcome FROM dataload_audit WHERE id < $1{condition} ORDER BY id DESC LIMIT $2");
        select.Parameters.Add(Parameter.Of(before ?? long.MaxValue));
        select.Parameters.Add(Parameter.Of(limit));
        if (action is not null)
        {
            select.Parameters.Add(Parameter.Of(action));
        }

        await using NpgsqlDataReader reader = await select.ExecuteReaderAsync(cancellationToken);
        var entries = new List<AuditEntry>();
        while (await reader.ReadAsync(cancellationToken))
        {
            entries.Add(new AuditEntry
            {
                Id = reader.GetInt64(0),
                AtMs = reader.GetInt64(1),
                Node = reader.GetString(2),
                Actor = reader.GetString(3),
                Action = reader.GetString(4),
                Target = reader.GetString(5),
                Detail = reader.GetString(6),
                Outcome = reader.GetString(7),
            });
        }

        return entries;
    }
}
