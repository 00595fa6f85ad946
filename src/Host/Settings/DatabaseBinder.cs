using DataLoad.Host.Hocon;

namespace DataLoad.Host.Settings;

/// <summary>Reads how a database is reached, its provider perhaps from the connection's scheme.</summary>
internal static class DatabaseBinder
{
    private const string SqliteScheme = "sqlite:";
    private static readonly string[] PostgreSqlStarts = ["postgresql://", "postgres://", "Host=", "Server="];

    public static DatabaseSettings Store(HoconConfig config)
    {
        string connection = config.GetString("dataload.store.connection");
        DatabaseProvider provider = Infer(connection) ?? Provider(config.GetString("dataload.store.provider"))
            ?? throw config.Get("dataload.store.provider").Fail("sqlite or postgresql");
        return Make(config, "dataload.store", provider, connection);
    }

    public static DatabaseSettings Business(HoconConfig config, DatabaseSettings store)
    {
        string connection = config.GetString("dataload.business.connection");
        string named = config.GetString("dataload.business.provider");
        DatabaseProvider? provider = Infer(connection) ?? Provider(named);
        if (provider is null && named.Length > 0)
        {
            throw config.Get("dataload.business.provider").Fail("sqlite, postgresql, or empty");
        }

        return Make(config, "dataload.business", connection.Length == 0 ? store.Provider : provider ?? store.Provider, connection.Length == 0 ? store.Connection : connection);
    }

    private static DatabaseSettings Make(HoconConfig config, string path, DatabaseProvider provider, string connection)
    {
        if (provider == DatabaseProvider.Sqlite && connection.StartsWith(SqliteScheme, StringComparison.OrdinalIgnoreCase))
        {
            connection = connection[SqliteScheme.Length..];
            connection = connection.StartsWith("///", StringComparison.Ordinal) ? connection[2..] : connection;
        }

        if (connection.Length == 0)
        {
            throw config.Get($"{path}.connection").Fail("a path for sqlite, or a URL for postgresql");
        }

        if (provider == DatabaseProvider.PostgreSql && Infer(connection) != DatabaseProvider.PostgreSql && !connection.Contains('=', StringComparison.Ordinal))
        {
            throw config.Get($"{path}.connection").Fail("postgresql://user:password@host:port/database");
        }

        return new DatabaseSettings(
            provider,
            connection,
            config.GetDuration($"{path}.command-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            config.GetInt($"{path}.max-connections", 2, 1000));
    }

    private static DatabaseProvider? Infer(string connection) =>
        PostgreSqlStarts.Any(start => connection.StartsWith(start, StringComparison.OrdinalIgnoreCase)) ? DatabaseProvider.PostgreSql
        : connection.StartsWith(SqliteScheme, StringComparison.OrdinalIgnoreCase) ? DatabaseProvider.Sqlite
        : null;

    private static DatabaseProvider? Provider(string name) => name switch
    {
        "sqlite" => DatabaseProvider.Sqlite,
        "postgresql" => DatabaseProvider.PostgreSql,
        _ => null,
    };
}
