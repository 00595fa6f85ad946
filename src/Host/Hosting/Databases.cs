using DataLoad.Engine.Clustering;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage.PostgreSql;
using DataLoad.Engine.Storage.Sqlite;

namespace DataLoad.Host.Hosting;

/// <summary>Opens the databases that the settings name.</summary>
internal static class Databases
{
    /// <summary>The store; for a node where its id is given, else for a command that looks.</summary>
    public static IStore OpenStore(DatabaseSettings settings, string? nodeId) => settings.Provider == DatabaseProvider.Sqlite
        ? new SqlStore(SqliteDatabase.ForStore(settings.Connection))
        : new SqlStore(PostgreSqlDatabase.ForStore(Options(settings) with { NodeId = nodeId }));

    public static ILookup OpenLookup(DatabaseSettings settings) => settings.Provider == DatabaseProvider.Sqlite
        ? new SqlLookup(SqliteDatabase.ForReading(settings.Connection))
        : new SqlLookup(PostgreSqlDatabase.ForReading(Options(settings)));

    /// <summary>Sees that a store which a command looks into is of this program's schema and that an engine was started over it.</summary>
    /// <returns>How many Partitions it has.</returns>
    /// <exception cref="StartException">It was never started, or its schema is not this program's.</exception>
    public static async Task<int> PartitionsAsync(IStore store, CancellationToken cancellationToken)
    {
        string? partitions = await store.FindFixedAsync(FixedValues.Partitions, cancellationToken);
        string? wrong = await store.CheckSchemaAsync(cancellationToken);
        return partitions is null && wrong?.Contains("was written by", StringComparison.Ordinal) != true
            ? throw new StartException($"{store.Name} was never started, so there is nothing to look at: run 'dataload serve' first, or correct "
                + "dataload.store.connection.")
            : wrong is not null ? throw new StartException(wrong)
            : int.TryParse(partitions, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0 ? number
            : throw new StartException($"{store.Name} says that it has '{partitions}' Partitions, which is no number; restore it from a backup.");
    }

    private static PostgreSqlStoreOptions Options(DatabaseSettings settings) => new()
    {
        ConnectionString = settings.Connection,
        CommandTimeout = settings.CommandTimeout,
        MaxConnections = settings.MaxConnections,
        PrepareStatements = settings.PrepareStatements,
    };
}
