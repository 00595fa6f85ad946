namespace DataLoad.Host.Settings;

/// <summary>How one database is reached.</summary>
/// <param name="Provider">Which kind it is.</param>
/// <param name="Connection">A path for SQLite; a URL or Npgsql's form for PostgreSQL.</param>
/// <param name="CommandTimeout">PostgreSQL: how long a call may take.</param>
/// <param name="MaxConnections">PostgreSQL: how many connections are open at the most.</param>
/// <param name="PrepareStatements">Whether a server keeps statements prepared.</param>
public sealed record DatabaseSettings(DatabaseProvider Provider, string Connection, TimeSpan CommandTimeout, int MaxConnections, bool PrepareStatements);

/// <summary>The kinds of database.</summary>
public enum DatabaseProvider
{
    /// <summary>A file.</summary>
    Sqlite = 0,

    /// <summary>A server.</summary>
    PostgreSql = 1,
}
