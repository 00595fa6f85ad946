using LinqToDB;
using LinqToDB.Data;
using LinqToDB.DataProvider.SQLite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>One open connection with the statements prepared on it so far. Used by one thread at a time.</summary>
internal sealed class SqliteSession : IDisposable
{
    private static readonly LinqToDB.DataProvider.IDataProvider Provider = SQLiteTools.GetDataProvider(SQLiteProvider.Microsoft);

    private readonly SqliteConnection _connection;

    // Bounded by the settings: one for each step of each stream.
    private readonly Dictionary<string, SqliteCommand> _queries = new(StringComparer.Ordinal);

    // Bounded by the program: its texts are fixed, but for a few variants of each page's.
    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);

    private SqliteSession(SqliteConnection connection)
    {
        _connection = connection;
        Data = new DataConnection(new DataOptions().UseConnection(Provider, connection, disposeConnection: false));
    }

    /// <summary>The same connection for linq2db; it takes part in the open transaction.</summary>
    public DataConnection Data { get; }

    public bool InTransaction => raw.sqlite3_get_autocommit(_connection.Handle) == 0;

    /// <summary>Opens a connection and sets it up.</summary>
    /// <exception cref="StoreException">The file is not a database, or cannot be opened.</exception>
    public static SqliteSession Open(SqliteFile file, SqliteStoreOptions options, SqliteOpenMode mode, bool readOnly)
    {
        var session = new SqliteSession(new SqliteConnection(file.ConnectionString(mode)));
        try
        {
            session._connection.Open();
            session.Run($"PRAGMA busy_timeout = {(long)options.BusyTimeout.TotalMilliseconds}");
            if (!readOnly)
            {
                session.Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
            }

            session.Run($"PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{options.CacheKiB}");
            session.Run($"PRAGMA wal_autocheckpoint = {options.WalCheckpointPages}; PRAGMA query_only = {(readOnly ? 1 : 0)}");
            return session;
        }
        catch (SqliteException e) when (SqliteFile.Explain(e) is { } remedy)
        {
            session.Dispose();
            throw new StoreException($"The SQLite database {file.Path} cannot be opened: {e.Message} {remedy}", e);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>A statement of that text, prepared at its first use; dispose it to end the use.</summary>
    public SqliteStatement Use(string sql)
    {
        if (!_statements.TryGetValue(sql, out SqliteStatement? statement))
        {
            statement = new SqliteStatement(_connection.Handle!, sql);
            _statements.Add(sql, statement);
        }

        return statement;
    }

    /// <summary>Runs a text of one or more statements once, without keeping them.</summary>
    public void Run(string sql)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Runs a lookup's query with its keys, a JSON array, prepared at its first use.</summary>
    public SqliteDataReader Query(string query, string keys)
    {
        if (!_queries.TryGetValue(query, out SqliteCommand? command))
        {
            command = _connection.CreateCommand();
            command.CommandText = SqliteDatabase.Rewrite(query);
            command.Parameters.Add("@keys", SqliteType.Text);
            _queries.Add(query, command);
        }

        command.Parameters[0].Value = keys;
        return command.ExecuteReader();
    }

    public void Dispose()
    {
        foreach (SqliteCommand query in _queries.Values)
        {
            query.Dispose();
        }

        _queries.Clear();
        Data.Dispose();
        foreach (SqliteStatement statement in _statements.Values)
        {
            statement.Close();
        }

        _statements.Clear();
        _connection.Dispose();
    }
}

/// <summary>A prepared statement that its session keeps: bound and read by type, so that no value is boxed and no blob copied on its way in.</summary>
/// <remarks>Disposing it ends the use, not the statement. Not thread-safe.</remarks>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    internal SqliteStatement(sqlite3 database, string sql)
    {
        _database = database;
        Check(raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    /// <summary>Ends this use, so that the statement locks nothing; its parameters become null.</summary>
    public void Dispose()
    {
        // A reset repeats the error of the last step, which has been thrown already.
        _ = raw.sqlite3_reset(_statement);
        _ = raw.sqlite3_clear_bindings(_statement);
    }

    /// <summary>Binds an integer; the first parameter is 1.</summary>
    public SqliteStatement Bind(int parameter, long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, parameter, value));
        return this;
    }

    public SqliteStatement Bind(int parameter, string? value)
    {
        Check(value is null ? raw.sqlite3_bind_null(_statement, parameter) : raw.sqlite3_bind_text(_statement, parameter, value));
        return this;
    }

    /// <summary>Binds bytes; an empty span is an empty blob, not null.</summary>
    public SqliteStatement Bind(int parameter, ReadOnlySpan<byte> value)
    {
        Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(_statement, parameter, 0) : raw.sqlite3_bind_blob(_statement, parameter, value));
        return this;
    }

    /// <summary>Goes to the next row.</summary>
    /// <returns>False where there is none.</returns>
    public bool Step()
    {
        // Row and done are no errors, as the driver sees it, too.
        int result = raw.sqlite3_step(_statement);
        Check(result);
        return result == raw.SQLITE_ROW;
    }

    /// <summary>Runs a statement that returns nothing, and readies it for the next run with its parameters kept.</summary>
    /// <returns>How many rows it changed.</returns>
    public int Execute()
    {
        while (Step())
        {
            // Pragmas answer with a row that nobody needs.
        }

        int changes = raw.sqlite3_changes(_database);
        Check(raw.sqlite3_reset(_statement));
        return changes;
    }

    /// <summary>Runs a statement for the first column of its first row, or the default where there is none or it is null; ready for the next run.</summary>
    public long Scalar(long fallback = 0)
    {
        long value = Step() && raw.sqlite3_column_type(_statement, 0) != raw.SQLITE_NULL ? Int64(0) : fallback;
        Check(raw.sqlite3_reset(_statement));
        return value;
    }

    public long Int64(int column) => raw.sqlite3_column_int64(_statement, column);

    /// <summary>A column of the row as text; null is empty.</summary>
    public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string() ?? "";

    internal void Close() => _statement.Dispose();

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _database);
}
