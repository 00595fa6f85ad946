using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using DataLoad.Engine.Storage.Sqlite;
using DataLoad.Host.Settings;

namespace DataLoad.Host.Hosting;

/// <summary>Opens the databases that the settings name.</summary>
internal static class Databases
{
    /// <summary>The store; for a node where its id is given, else for a command that looks.</summary>
    public static IStore OpenStore(DatabaseSettings settings, string? nodeId) => settings.Provider == DatabaseProvider.Sqlite
        ? new SqlStore(SqliteDatabase.ForStore(settings.Connection))
        : new SqlStore(PostgreSqlDatabase.ForStore(Options(settings) with { NodeId = nodeId }));

    /// <summary>The business database.</summary>
    public static ILookup OpenLookup(DatabaseSettings settings) => settings.Provider == DatabaseProvider.Sqlite
        ? new SqlLookup(SqliteDatabase.ForReading(settings.Connection))
        : new SqlLookup(PostgreSqlDatabase.ForReading(Options(settings)));

    private static PostgreSqlStoreOptions Options(DatabaseSettings settings) => new()
    {
        ConnectionString = settings.Connection,
        CommandTimeout = settings.CommandTimeout,
        MaxConnections = settings.MaxConnections,
        PrepareStatements = settings.PrepareStatements,
    };
}
