using System.Text.RegularExpressions;
using DataLoad.Engine.Storage.PostgreSql;

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

/// <summary>Reads how a database is reached, its provider perhaps from the connection's scheme.</summary>
internal static partial class DatabaseBinder
{
    private const string SqliteScheme = "sqlite:";
    private static readonly string[] PostgreSqlStarts = ["postgresql://", "postgres://", "Host=", "Server="];

    public static DatabaseSettings Store(HoconConfig config)
    {
        string connection = config.GetString("dataload.store.connection");
        DatabaseProvider? named = Named(config, "dataload.store.provider", "sqlite", "postgresql");
        return Make(config, "dataload.store", Infer(connection) ?? named!.Value, connection);
    }

    public static DatabaseSettings Business(HoconConfig config, DatabaseSettings store)
    {
        string connection = config.GetString("dataload.business.connection");
        DatabaseProvider? named = Named(config, "dataload.business.provider", "sqlite", "postgresql", "");
        return connection.Length == 0
            ? Make(config, "dataload.business", store.Provider, store.Connection)
            : Make(config, "dataload.business", Infer(connection) ?? named ?? store.Provider, connection);
    }

    private static DatabaseSettings Make(HoconConfig config, string path, DatabaseProvider provider, string connection)
    {
        HoconValue value = config.Get($"{path}.connection");
        if (provider == DatabaseProvider.Sqlite && connection.StartsWith(SqliteScheme, StringComparison.OrdinalIgnoreCase))
        {
            connection = connection[SqliteScheme.Length..];
            connection = connection.StartsWith("///", StringComparison.Ordinal) ? connection[2..] : connection;
        }

        if (connection.Length == 0)
        {
            throw value.Refuse("is empty: expected a path for sqlite, or a URL for postgresql");
        }

        // What is not recognised is not shown: it may hold a password.
        if (provider == DatabaseProvider.Sqlite && IsNoPath(connection))
        {
            throw value.Refuse("is no path of a SQLite file: expected a path or sqlite:PATH, or postgresql://user:password@host:port/database, or Host=…");
        }

        if (provider == DatabaseProvider.PostgreSql)
        {
            CheckPostgreSql(value, connection);
        }

        return new DatabaseSettings(provider, connection, config.GetDuration($"{path}.command-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            config.GetInt($"{path}.max-connections", 2, 1000), config.GetBool($"{path}.prepare-statements"));
    }

    private static void CheckPostgreSql(HoconValue value, string connection)
    {
        if (Infer(connection) != DatabaseProvider.PostgreSql
            && (connection.Contains("://", StringComparison.Ordinal) || !connection.Contains('=', StringComparison.Ordinal)))
        {
            throw value.Refuse("is no address of a PostgreSQL: expected postgresql://user:password@host:port/database, or Host=…");
        }

        try
        {
            PostgreSqlConnectionString.Parse(connection);
        }
        catch (StoreException e)
        {
            throw value.Refuse($"cannot be used: {e.Message}");
        }
    }

    /// <summary>The provider that is named, which must be one even where the connection's scheme says it all.</summary>
    private static DatabaseProvider? Named(HoconConfig config, string path, params string[] allowed) => config.GetOneOf(path, allowed) switch
    {
        "sqlite" => DatabaseProvider.Sqlite,
        "postgresql" => DatabaseProvider.PostgreSql,
        _ => null,
    };

    /// <summary>Whether a text is of another scheme, or a connection string of a server, in which a password may stand.</summary>
    private static bool IsNoPath(string text) => OtherScheme().IsMatch(text) || HoconSecrets.HoldsPassword(text);

    [GeneratedRegex("^(?!file:)[A-Za-z][A-Za-z0-9+.-]+:|://", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OtherScheme();

    private static DatabaseProvider? Infer(string connection) =>
        PostgreSqlStarts.Any(start => connection.StartsWith(start, StringComparison.OrdinalIgnoreCase)) ? DatabaseProvider.PostgreSql
        : connection.StartsWith(SqliteScheme, StringComparison.OrdinalIgnoreCase) ? DatabaseProvider.Sqlite
        : null;
}
