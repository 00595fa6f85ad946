using System.Text;
using Dapper;
using DataLoad.Engine.Contract;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>
/// Creates a statistics table, or completes one that exists. Where nothing is missing no right to change it is needed.
/// </summary>
internal sealed class PostgreSqlStatisticsTable(PostgreSqlStatisticsSql sql, string storeName)
{
    private static readonly string[] KeyColumns = ["topic_type", "topic_id", "stat_date"];
    private static readonly string[] NumberTypes = ["int2", "int4", "int8", "numeric"];

    /// <summary>Creates what is missing.</summary>
    /// <exception cref="StoreException">The table cannot serve, or the role may not complete it; the message holds the remedy.</exception>
    public async ValueTask EnsureAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if ((await MissingAsync(connection, transaction: null, cancellationToken)).Count > 0)
        {
            await CompleteAsync(connection, cancellationToken);
        }

        await OrderAsync(connection, cancellationToken);
    }

    private async Task CompleteAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        string statements = "";
        try
        {
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
            await connection.ExecuteAsync(new CommandDefinition(
                "SELECT pg_advisory_xact_lock(@LockKey)", new { PostgreSqlSchema.LockKey }, transaction, cancellationToken: cancellationToken));

            // Looked at again: another node may just have done it.
            List<string> missing = await MissingAsync(connection, transaction, cancellationToken);
            statements = string.Join("; ", missing);
            foreach (string statement in missing)
            {
                await connection.ExecuteAsync(new CommandDefinition(statement, transaction: transaction, cancellationToken: cancellationToken));
            }

            await transaction.CommitAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidSchemaName)
        {
            throw new StoreException($"{storeName}: the role may not complete the statistics table ({e.MessageText}). Run as its owner: {statements}", e);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UniqueViolation)
        {
            throw new StoreException(
                $"{storeName}: the table '{sql.Page.Table}' holds several rows for one topic and day, so its key cannot be made unique. "
                + "Merge the rows that GROUP BY topic_type, topic_id, stat_date HAVING count(*) > 1 shows, then start again.",
                e);
        }
    }

    /// <summary>
    /// Pages are read in the order of code points. A table that someone else made may have its key in another one, and
    /// then an index in ours spares a sort a page; without the right to make one it goes on being sorted.
    /// </summary>
    private async Task OrderAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        bool ordered = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            """
            SELECT EXISTS (
                SELECT FROM pg_index i
                JOIN pg_collation c ON c.oid = i.indcollation[0]
                JOIN pg_database d ON d.datname = current_database()
                WHERE i.indrelid = to_regclass(@Table) AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
                    AND (c.collname IN ('C', 'POSIX') OR c.collname = 'default' AND d.datcollate IN ('C', 'POSIX'))
                    AND (SELECT array_agg(a.attname::text ORDER BY k.at) FROM unnest(i.indkey[0:2]) WITH ORDINALITY k (attnum, at)
                         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum) = ARRAY['topic_type', 'topic_id', 'stat_date'])
            """,
            new { sql.Table },
            cancellationToken: cancellationToken));
        if (ordered)
        {
            return;
        }

        try
        {
            await connection.ExecuteAsync(new CommandDefinition(
                $"CREATE INDEX ON {sql.Table} ({PostgreSqlStatisticsSql.KeyOrder})", cancellationToken: cancellationToken));
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege)
        {
            // Slower, not wrong.
        }
    }

    /// <summary>The statements that would complete the table.</summary>
    private async Task<List<string>> MissingAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        var columns = (await connection.QueryAsync<Column>(new CommandDefinition(
            """
            SELECT a.attname::text AS Name, t.typname::text AS Type, t.typcategory::text AS Category,
                a.attnotnull AND NOT (a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '') AS Demands
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
            WHERE a.attrelid = to_regclass(@Table) AND a.attnum > 0 AND NOT a.attisdropped
            """,
            new { sql.Table },
            transaction,
            cancellationToken: cancellationToken))).ToDictionary(column => column.Name, StringComparer.Ordinal);
        if (columns.Count == 0)
        {
            return [CreateTable()];
        }

        Check(columns);
        var statements = new List<string>();
        AddMissingColumns(columns, statements);
        if (!await HasUniqueKeyAsync(connection, transaction, cancellationToken))
        {
            statements.Add($"CREATE UNIQUE INDEX ON {sql.Table} (topic_type COLLATE \"C\", topic_id, stat_date)");
        }

        return statements;
    }

    private async Task<bool> HasUniqueKeyAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken cancellationToken) =>
        await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            """
            SELECT EXISTS (
                SELECT FROM pg_index i
                WHERE i.indrelid = to_regclass(@Table) AND i.indisunique AND i.indisvalid AND i.indimmediate
                    AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnkeyatts = 3
                    AND (SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_attribute a
                         WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:2])) = ARRAY['stat_date', 'topic_id', 'topic_type'])
            """,
            new { sql.Table },
            transaction,
            cancellationToken: cancellationToken));

    private string CreateTable()
    {
        var create = new StringBuilder($"CREATE TABLE {sql.Table} (topic_type varchar(64) COLLATE \"C\" NOT NULL, topic_id int NOT NULL, stat_date date NOT NULL");
        foreach (Metric metric in sql.Page.Metrics)
        {
            create.Append(", ").Append(Declare(metric));
        }

        return create
            .Append(", update_time timestamptz NOT NULL DEFAULT now(), seq_nr bigint NULL, PRIMARY KEY (topic_type, topic_id, stat_date))")
            .Append(" WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)")
            .ToString();
    }

    private void AddMissingColumns(Dictionary<string, Column> columns, List<string> statements)
    {
        var declarations = sql.Page.Metrics.Where(metric => !columns.ContainsKey(metric.Column)).Select(Declare).ToList();
        if (!columns.ContainsKey("update_time"))
        {
            declarations.Add("update_time timestamptz NOT NULL DEFAULT now()");
        }

        if (!columns.ContainsKey("seq_nr"))
        {
            declarations.Add("seq_nr bigint NULL");
        }

        if (declarations.Count > 0)
        {
            statements.Add($"ALTER TABLE {sql.Table} {string.Join(", ", declarations.Select(declaration => $"ADD COLUMN {declaration}"))}");
        }
    }

    private static string Declare(Metric metric) =>
        $"{PostgreSqlStatisticsSql.Quote(metric.Column)} {(metric.Kind == MetricKind.Amount ? "decimal(18,2)" : "bigint")} NOT NULL DEFAULT 0";

    private void Check(Dictionary<string, Column> columns)
    {
        foreach (string key in KeyColumns)
        {
            if (!columns.ContainsKey(key))
            {
                throw Unfit($"has no column '{key}'; add it, or rename the table so that it is created anew");
            }
        }

        Require(columns["topic_type"], "a text type", column => column.Category is "S");
        Require(columns["topic_id"], "int", column => NumberTypes.Contains(column.Type));
        Require(columns["stat_date"], "date", column => column.Type is "date");
        foreach (Metric metric in sql.Page.Metrics)
        {
            if (columns.TryGetValue(metric.Column, out Column? column))
            {
                Require(column, metric.Kind == MetricKind.Amount ? "decimal(18,2)" : "bigint", column => NumberTypes.Contains(column.Type));
            }
        }

        if (columns.TryGetValue("update_time", out Column? updateTime))
        {
            Require(updateTime, "timestamptz", column => column.Type is "timestamptz" or "timestamp");
        }

        if (columns.TryGetValue("seq_nr", out Column? sequenceNr))
        {
            Require(sequenceNr, "bigint", column => column.Type is "int8");
        }

        foreach (Column column in columns.Values)
        {
            if (column.Demands && !IsOurs(column.Name))
            {
                throw Unfit($"has a column '{column.Name}' that is NOT NULL without a default, so that no row could be added; give it a default");
            }
        }
    }

    private bool IsOurs(string column) =>
        column is "update_time" or "seq_nr" || KeyColumns.Contains(column) || sql.Page.Metrics.Any(metric => string.Equals(metric.Column, column, StringComparison.Ordinal));

    private void Require(Column column, string type, Func<Column, bool> fits)
    {
        if (!fits(column))
        {
            throw Unfit($"has a column '{column.Name}' of type {column.Type} where {type} is needed; change its type");
        }
    }

    private StoreException Unfit(string why) => new($"{storeName}: the table '{sql.Page.Table}' {why}.");

    private sealed record Column(string Name, string Type, string Category, bool Demands);
}
