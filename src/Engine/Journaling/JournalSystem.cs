using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence.Query;
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
