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

    /// <summary>Whether a transaction is open.</summary>
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
                session.Run("PRAGMA journal_mode = WAL");
                session.Run("PRAGMA synchronous = FULL");
            }

            session.Run("PRAGMA foreign_keys = OFF");
            session.Run("PRAGMA temp_store = MEMORY");
            session.Run($"PRAGMA cache_size = -{options.CacheKiB}");
            session.Run($"PRAGMA wal_autocheckpoint = {options.WalCheckpointPages}");
            session.Run($"PRAGMA query_only = {(readOnly ? 1 : 0)}");
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
