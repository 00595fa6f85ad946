using System.Text.Json;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence.Query;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Query;
using Akka.Streams;

namespace DataLoad.Engine.Journaling;

/// <summary>Reads the journal in a process that is no node: an actor system with the read journal alone, which ends with its command.</summary>
public sealed class JournalSystem : IAsyncDisposable
{
    private readonly ActorSystem _system;

    private JournalSystem(ActorSystem system)
    {
        _system = system;
        Reader = new JournalReader(ReadJournalOf(system), system.Materializer());
    }

    /// <summary>Reads the journal.</summary>
    public JournalReader Reader { get; }

    /// <summary>Starts one. The database is asked for nothing until something is read.</summary>
    public static JournalSystem Start(Storage.JournalConnection connection)
    {
        Config config = ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF }")
            .WithFallback(JournalConfig.For(connection.ProviderName, connection.ReadingConnectionString))
            .WithFallback(JournalConfig.Defaults);
        return new JournalSystem(ActorSystem.Create("journal", BootstrapSetup.Create().WithConfig(config)));
    }

    /// <summary>The read journal of a system of <see cref="JournalConfig"/>. Waits until the plugin has started; not to be called in an actor.</summary>
    public static ICurrentEventsByPersistenceIdQuery ReadJournalOf(ActorSystem system) =>
        PersistenceQuery.Get(system).ReadJournalFor<SqlReadJournal>(JournalConfig.ReadPlugin);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _system.Terminate();
}

/// <summary>The settings of Akka.Persistence.Sql for a database, over <c>hocon/akka.conf</c>, where each key that the engine rests on is explained.</summary>
public static class JournalConfig
{
    /// <summary>The HOCON path of the write journal.</summary>
    public const string WritePlugin = "akka.persistence.journal.sql";

    /// <summary>The HOCON path of the read journal, for <c>PersistenceQuery.ReadJournalFor</c>.</summary>
    public const string ReadPlugin = "akka.persistence.query.journal.sql";

    private const string Resource = "akka.conf";

    /// <summary>What <c>hocon/akka.conf</c>, which is built in, says, over the plugin's own settings, which Akka does not know by itself.</summary>
    public static Config Defaults { get; } = ReadDefaults();

    /// <summary>The settings for a database, to be laid over <see cref="Defaults"/> or over what a user's file made of them.</summary>
    /// <param name="provider">linq2db's name of the database, as in <c>PostgreSQL.15</c>.</param>
    /// <param name="connectionString">The driver's connection string; its command time-out is to be shorter than the breaker's call time-out.</param>
    public static Config For(string provider, string connectionString)
    {
        string connection = $"{{ provider-name = {Quoted(provider)}, connection-string = {Quoted(connectionString)} }}";
        string oneWriter = provider.StartsWith("SQLite", StringComparison.Ordinal) ? $"{WritePlugin}.parallelism = 1" : "";
        return ConfigurationFactory.ParseString($"""
            {WritePlugin} {connection}
            {ReadPlugin} {connection}
            {oneWriter}
            """);
    }

    /// <summary>A HOCON string that holds any characters.</summary>
    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    private static Config ReadDefaults()
    {
        using Stream stream = typeof(JournalConfig).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The program was built without its resource {Resource}.");
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd()).WithFallback(SqlPersistence.DefaultConfiguration);
    }
}
