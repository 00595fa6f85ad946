using Microsoft.Data.Sqlite;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>One read-only connection with the queries prepared on it. Used by one thread at a time.</summary>
internal sealed class SqliteLookupSession : IDisposable
{
    private readonly SqliteConnection _connection;

    // Bounded by the settings: one for each step of each stream.
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    private SqliteLookupSession(SqliteConnection connection) => _connection = connection;

    /// <summary>Opens a connection.</summary>
    public static SqliteLookupSession Open(SqliteFile file, SqliteStoreOptions options)
    {
        var session = new SqliteLookupSession(new SqliteConnection(file.ConnectionString(SqliteOpenMode.ReadOnly)));
        try
        {
            session._connection.Open();
            using SqliteCommand pragma = session._connection.CreateCommand();
            pragma.CommandText = $"PRAGMA busy_timeout = {(long)options.BusyTimeout.TotalMilliseconds}";
            pragma.ExecuteNonQuery();
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Runs a query with its keys, a JSON array.</summary>
    public SqliteDataReader Query(string query, string keys)
    {
        if (!_commands.TryGetValue(query, out SqliteCommand? command))
        {
            command = _connection.CreateCommand();
            command.CommandText = SqliteLookup.Rewrite(query);
            command.Parameters.Add("@keys", SqliteType.Text);
            _commands.Add(query, command);
        }

        command.Parameters[0].Value = keys;
        return command.ExecuteReader();
    }

    public void Dispose()
    {
        foreach (SqliteCommand command in _commands.Values)
        {
            command.Dispose();
        }

        _commands.Clear();
        _connection.Dispose();
    }
}
