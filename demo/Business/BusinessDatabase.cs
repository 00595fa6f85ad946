using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Dapper;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace DataLoad.Demo;

/// <summary>The business services' own database: creates the reference schema and inserts rows in batches.</summary>
public sealed class BusinessDatabase : IAsyncDisposable
{
    private readonly DbConnection _connection;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, SqliteCommand> _inserts = new(StringComparer.Ordinal);

    private BusinessDatabase(DbConnection connection) => _connection = connection;

    /// <summary>The rows are in SQLite, whose money columns keep finer values than two decimals.</summary>
    public bool IsSqlite => _connection is SqliteConnection;

    /// <summary>Opens the database and creates the tables that are missing.</summary>
    /// <param name="url">See <see cref="DatabaseUrl"/>.</param>
    /// <param name="cancel">Ends the attempt.</param>
    public static async Task<BusinessDatabase> OpenAsync(string url, CancellationToken cancel = default)
    {
        var connection = await DatabaseUrl.Parse(url).OpenAsync(cancel);
        if (connection is SqliteConnection)
        {
            // Readers beside this writer; rows that a power cut takes are made anew with the next run.
            await connection.ExecuteAsync("pragma journal_mode=wal; pragma synchronous=off;");
        }

        await BusinessSchema.CreateAsync(connection, cancel);
        return new BusinessDatabase(connection);
    }

    /// <summary>Inserts the rows in one transaction: all of them become visible at once.</summary>
    public async Task InsertAsync(IReadOnlyList<BusinessRow> rows, CancellationToken cancel = default)
    {
        if (rows.Count == 0)
        {
            return;
        }

        await _turn.WaitAsync(cancel);
        try
        {
            await using var transaction = await _connection.BeginTransactionAsync(cancel);
            foreach (var group in rows.GroupBy(row => row.Table))
            {
                if (_connection is NpgsqlConnection npgsql)
                {
                    await CopyAsync(npgsql, group.Key, group, cancel);
                }
                else
                {
                    InsertEach(group.Key, group, (SqliteTransaction)transaction);
                }
            }

            await transaction.CommitAsync(cancel);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Runs a statement of the caller's own, such as an update of a row.</summary>
    public async Task ExecuteAsync(string sql, object? parameters = null, CancellationToken cancel = default)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            await _connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancel));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var insert in _inserts.Values)
        {
            await insert.DisposeAsync();
        }

        await _connection.DisposeAsync();
        _turn.Dispose();
    }

    private static async Task CopyAsync(NpgsqlConnection connection, BusinessTable table, IEnumerable<BusinessRow> rows, CancellationToken cancel)
    {
        await using var copy = await connection.BeginBinaryImportAsync(table.CopySql, cancel);
        foreach (var row in rows)
        {
            await copy.StartRowAsync(cancel);
            for (var i = 0; i < row.Values.Length; i++)
            {
                var value = row.Values[i];
                if (value is null)
                {
                    await copy.WriteNullAsync(cancel);
                    continue;
                }

                switch (table.Columns[i].Kind)
                {
                    case ColumnKind.Int:
                        await copy.WriteAsync((int)value, NpgsqlDbType.Integer, cancel);
                        break;
                    case ColumnKind.SmallInt:
                        await copy.WriteAsync((short)value, NpgsqlDbType.Smallint, cancel);
                        break;
                    case ColumnKind.BigInt:
                        await copy.WriteAsync((long)value, NpgsqlDbType.Bigint, cancel);
                        break;
                    case ColumnKind.Bool:
                        await copy.WriteAsync((bool)value, NpgsqlDbType.Boolean, cancel);
                        break;
                    case ColumnKind.Money:
                        await copy.WriteAsync((decimal)value, NpgsqlDbType.Numeric, cancel);
                        break;
                    default:
                        await copy.WriteAsync((string)value, NpgsqlDbType.Text, cancel);
                        break;
                }
            }
        }

        await copy.CompleteAsync(cancel);
    }

    private void InsertEach(BusinessTable table, IEnumerable<BusinessRow> rows, SqliteTransaction transaction)
    {
        var insert = Prepared(table);
        insert.Transaction = transaction;
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Values.Length; i++)
            {
                insert.Parameters[i].Value = row.Values[i] ?? DBNull.Value;
            }

            insert.ExecuteNonQuery();
        }
    }

    [SuppressMessage("Security", "CA2100", Justification = "The names come from constants of BusinessSchema; every value is a parameter.")]
    private SqliteCommand Prepared(BusinessTable table)
    {
        if (!_inserts.TryGetValue(table.Name, out var insert))
        {
            insert = ((SqliteConnection)_connection).CreateCommand();
            insert.CommandText = table.InsertSql;
            for (var i = 0; i < table.Columns.Count; i++)
            {
                var parameter = insert.CreateParameter();
                parameter.ParameterName = FormattableString.Invariant($"@p{i}");
                insert.Parameters.Add(parameter);
            }

            _inserts.Add(table.Name, insert);
        }

        return insert;
    }
}
