using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Sql;
using Akka.Streams;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Storage;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

/// <summary>Akka.Persistence.Sql works on the tables that the migrations make, and they keep two writers apart.</summary>
public abstract class JournalPluginConformance : ConformanceBase
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task What_was_persisted_is_recovered_by_another_system()
    {
        using (ActorSystem first = Start())
        {
            IActorRef writer = first.ActorOf(Props.Create(() => new Writer("p-1", recovers: true)));
            for (int i = 1; i <= 3; i++)
            {
                (await writer.Ask<string>($"event {i}", Patience)).ShouldBe($"persisted {i}");
            }

            (await writer.Ask<string>(Writer.Snapshot, Patience)).ShouldBe("snapshot 3");
            (await writer.Ask<string>("event 4", Patience)).ShouldBe("persisted 4");
            await first.Terminate();
        }

        using ActorSystem second = Start();
        IActorRef reader = second.ActorOf(Props.Create(() => new Writer("p-1", recovers: true)));

        (await reader.Ask<string>(Writer.Read, Patience)).ShouldBe("event 1,event 2,event 3|event 4");
        await second.Terminate();
    }

    [Fact]
    public async Task A_second_writer_that_has_not_seen_all_is_refused_and_stops_while_the_first_goes_on()
    {
        using ActorSystem first = Start();
        using ActorSystem second = Start();
        IActorRef zombie = first.ActorOf(Props.Create(() => new Writer("p-2", recovers: true)));
        (await zombie.Ask<string>("event 1", Patience)).ShouldBe("persisted 1");
        IActorRef owner = second.ActorOf(Props.Create(() => new Writer("p-2", recovers: false)));
        (await owner.Ask<string>("event 2", Patience)).ShouldBe("persisted 2");

        (await zombie.Ask<string>("event 2 too", Patience)).ShouldStartWith("failed at 2");
        (await owner.Ask<string>("event 3", Patience)).ShouldBe("persisted 3");

        IActorRef reader = first.ActorOf(Props.Create(() => new Writer("p-2", recovers: true)));
        (await reader.Ask<string>(Writer.Read, Patience)).ShouldBe("|event 1,event 2,event 3");
        await first.Terminate();
        await second.Terminate();
    }

    [Fact]
    public async Task An_owner_that_has_not_seen_all_is_refused_also_where_the_journal_was_trimmed_since()
    {
        JournalConnection journal = ((SqlStore)Store).JournalConnection;
        Config config = JournalConfig.For(journal.ProviderName, journal.ConnectionString).WithFallback(ConfigurationFactory.ParseString("akka.loglevel = OFF"))
            .WithFallback(JournalConfig.Defaults);
        using var first = ActorSystem.Create("first", config);
        using var second = ActorSystem.Create("second", config);
        var block = new Block(new byte[] { 1, 2, 3 });
        IActorRef zombie = first.ActorOf(Props.Create(() => new Writer("3", recovers: false)));
        (await zombie.Ask<string>(new Owned("first", 1), Patience)).ShouldBe("persisted 1");
        (await zombie.Ask<string>(block, Patience)).ShouldBe("persisted 2");
        IActorRef other = first.ActorOf(Props.Create(() => new Writer("4", recovers: false)));
        (await other.Ask<string>(block, Patience)).ShouldBe("persisted 1");
        IActorRef owner = second.ActorOf(Props.Create(() => new Writer("3", recovers: false)));
        (await owner.Ask<string>(new Owned("second", 2), Patience)).ShouldBe("persisted 3");
        (await owner.Ask<string>(block, Patience)).ShouldBe("persisted 4");
        (await owner.Ask<string>(block, Patience)).ShouldBe("persisted 5");

        await Store.JournalTrimmer.DeleteBlocksAsync(3, 0, 4, Token);
        await Store.JournalTrimmer.DeleteBlocksAsync(3, 0, 4, Token);

        (await zombie.Ask<string>(block, Patience)).ShouldStartWith("failed at 3");
        (await owner.Ask<string>(block, Patience)).ShouldBe("persisted 6");
        var reader = new JournalReader(JournalSystem.ReadJournalOf(second), second.Materializer());
        (await reader.ReadEntriesAsync(3, 4, Token).Select(entry => entry.SequenceNr).ToListAsync(Token)).ShouldBe([5, 6]);
        (await reader.FindAsync(3, 2, Token)).ShouldBeNull();
        (await reader.FindAsync(3, 3, Token)).ShouldNotBeNull().Entry.ShouldBe(new Owned("second", 2));
        (await reader.FindAsync(4, 1, Token)).ShouldNotBeNull();
        await first.Terminate();
        await second.Terminate();
    }

    private ActorSystem Start()
    {
        JournalConnection journal = ((SqlStore)Store).JournalConnection;
        string connection =
            $$"""
            {
                connection-string = "{{journal.ConnectionString.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}}"
                provider-name = "{{journal.ProviderName}}"
                auto-initialize = off
                tag-write-mode = Csv
            }
            """;
        Config config = ConfigurationFactory.ParseString(
            $$"""
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            akka.persistence.journal.plugin = "akka.persistence.journal.sql"
            akka.persistence.journal.sql {{connection}}
            akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.sql"
            akka.persistence.snapshot-store.sql {{connection}}
            """);
        return ActorSystem.Create("plugin", config.WithFallback(SqlPersistence.DefaultConfiguration).WithFallback(Persistence.DefaultConfig()));
    }

    /// <summary>Persists the texts that it is sent and answers; one that does not recover knows the highest number only.</summary>
    private sealed class Writer : UntypedPersistentActor
    {
        public const string Read = "?";
        public const string Snapshot = "!";

        private readonly List<string> _texts = [];
        private string _snapshot = "";
        private IActorRef _asker = ActorRefs.Nobody;

        public Writer(string id, bool recovers)
        {
            PersistenceId = id;
            Recovery = recovers ? Recovery.Default : Recovery.None;
        }

        public override string PersistenceId { get; }

        public override Recovery Recovery { get; }

        protected override void OnCommand(object message)
        {
            switch (message)
            {
                case Read:
                    Sender.Tell($"{_snapshot}|{string.Join(',', _texts)}");
                    break;
                case Snapshot:
                    _asker = Sender;
                    SaveSnapshot(string.Join(',', _texts));
                    break;
                case SaveSnapshotSuccess saved:
                    _asker.Tell($"snapshot {saved.Metadata.SequenceNr}");
                    break;
                case SaveSnapshotFailure failed:
                    _asker.Tell($"failed: {failed.Cause}");
                    break;
                case IJournalEntry entry:
                    _asker = Sender;
                    Persist(entry, _ => _asker.Tell($"persisted {LastSequenceNr}"));
                    break;
                case string text:
                    _asker = Sender;
                    Persist(text, persisted =>
                    {
                        _texts.Add(persisted);
                        _asker.Tell($"persisted {LastSequenceNr}");
                    });
                    break;
                default:
                    Unhandled(message);
                    break;
            }
        }

        protected override void OnRecover(object message)
        {
            switch (message)
            {
                case SnapshotOffer offer:
                    _snapshot = (string)offer.Snapshot;
                    break;
                case string text:
                    _texts.Add(text);
                    break;
                default:
                    break;
            }
        }

        protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => _asker.Tell($"failed at {sequenceNr}: {cause.Message}");
    }
}
