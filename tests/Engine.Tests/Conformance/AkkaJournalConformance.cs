using System.Data.Common;
using Akka;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Streams;
using Akka.Streams.Dsl;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Storage;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

/// <summary>
/// Akka.Persistence.Sql over a real database, configured as a node configures it: what Partitions rest on. A thin subclass
/// makes the database. Each test has an empty one.
/// </summary>
public abstract class AkkaJournalConformance : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<ActorSystem> _systems = [];

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>linq2db's name of the database.</summary>
    protected abstract string Provider { get; }

    /// <summary>The connection string of a node.</summary>
    protected abstract string ConnectionString { get; }

    /// <summary>The connection string of a process that only reads.</summary>
    protected abstract string ReadingConnectionString { get; }

    /// <summary>Creates the database with the journal's table and its unique index.</summary>
    protected abstract Task CreateDatabaseAsync();

    /// <summary>Runs a statement on a connection of its own.</summary>
    protected abstract Task ExecuteAsync(string sql);

    protected virtual ValueTask DisposeDatabaseAsync() => ValueTask.CompletedTask;

    public async ValueTask InitializeAsync() => await CreateDatabaseAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (ActorSystem system in _systems)
        {
            await system.Terminate();
        }

        await DisposeDatabaseAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Owner_knows_the_highest_number_without_a_replay_and_what_it_persists_is_read_back_by_a_process_that_is_no_node()
    {
        ActorSystem node = StartNode();
        IActorRef owner = Own(node, 7);
        (await AskAsync(owner, OwnedAt.Question)).ShouldBe(1);
        await FillAsync(owner, 200);

        IActorRef successor = Own(StartNode(), 7);
        (await AskAsync(successor, OwnedAt.Question)).ShouldBe(201);

        await using JournalSystem reading = JournalSystem.Start(new JournalConnection(Provider, ConnectionString, ReadingConnectionString));
        List<PersistedEntry> entries = await AllAsync(reading.Reader.ReadEntriesAsync(7, 0, Token));
        entries.Select(entry => entry.SequenceNr).ShouldBe(Enumerable.Range(1, 201).Select(number => (long)number));
        entries[0].Entry.ShouldBe(new Owned("node", 1));
        entries[200].Entry.ShouldBe(new Owned("node", 1));
        foreach (PersistedEntry entry in entries.Skip(1).SkipLast(1))
        {
            ((Block)entry.Entry).Bytes.ToArray().ShouldBe(BlockOf(entry.SequenceNr).Bytes.ToArray());
        }

        (await AllAsync(reading.Reader.ReadAsync(7, 190, Token))).Select(block => block.SequenceNr)
            .ShouldBe(Enumerable.Range(191, 10).Select(number => (long)number));
        (await reading.Reader.FindHighestAsync(7, 0, Token)).ShouldBe(201);
        (await reading.Reader.FindHighestAsync(7, 201, Token)).ShouldBe(201);
        (await reading.Reader.FindHighestAsync(8, 0, Token)).ShouldBe(0);
    }

    [Fact]
    public async Task Part_of_the_journal_is_read_with_back_pressure_in_a_node()
    {
        ActorSystem node = StartNode();
        IActorRef owner = Own(node, 3);
        await FillAsync(owner, 300);

        JournalReader reader = ReaderOf(node);

        List<PersistedEntry> part = [.. await reader.Read(3, 100, 250).RunWith(Sink.Seq<PersistedEntry>(), node.Materializer())];

        part.Select(entry => entry.SequenceNr).ShouldBe(Enumerable.Range(100, 151).Select(number => (long)number));
        (await reader.Read(3, 251, 250).RunWith(Sink.Seq<PersistedEntry>(), node.Materializer())).ShouldBeEmpty();
        PersistedEntry first = await reader.Read(3, 2, long.MaxValue).RunWith(Sink.First<PersistedEntry>(), node.Materializer());
        first.SequenceNr.ShouldBe(2);
    }

    [Fact]
    public async Task Of_two_owners_the_one_that_has_not_seen_all_of_the_journal_is_refused_and_stops()
    {
        IActorRef stale = Own(StartNode(), 5);
        (await AskAsync(stale, OwnedAt.Question)).ShouldBe(1);
        ActorSystem other = StartNode();
        IActorRef successor = Own(other, 5);
        (await AskAsync(successor, OwnedAt.Question)).ShouldBe(2);

        Task<bool> stopped = stale.WatchAsync(Token);
        Exception refusal = await Should.ThrowAsync<Exception>(() => AskAsync(stale, BlockOf(2)));

        IsTaken(refusal).ShouldBeTrue(refusal.ToString());
        (await stopped.WaitAsync(Patience, Token)).ShouldBeTrue();
        (await AskAsync(successor, BlockOf(3))).ShouldBe(3);
        (await AllAsync(ReaderOf(other).ReadEntriesAsync(5, 0, Token))).Select(entry => entry.Entry is Owned).ShouldBe([true, true, false]);
    }

    [Fact]
    public async Task Partition_that_moves_to_another_node_and_back_is_read_whole()
    {
        ActorSystem a = StartNode();
        ActorSystem b = StartNode();
        long number = 0;
        foreach (ActorSystem node in new[] { a, b, a })
        {
            IActorRef owner = Own(node, 9);
            (await AskAsync(owner, OwnedAt.Question)).ShouldBe(++number);
            (await AskAsync(owner, BlockOf(number + 1))).ShouldBe(++number);
            (await AskAsync(owner, BlockOf(number + 1))).ShouldBe(++number);
            await owner.GracefulStop(Patience);
        }

        (await AllAsync(ReaderOf(a).ReadEntriesAsync(9, 0, Token))).Select(entry => entry.SequenceNr).ShouldBe([1, 2, 3, 4, 5, 6, 7, 8, 9]);

        // Akka's own replay sees all of it, too: its filter is off.
        IActorRef replaying = a.ActorOf(Props.Create(() => new ReplayingActor("9")));
        (await replaying.Ask<int>(OwnedAt.Question, Patience, Token)).ShouldBe(9);
    }

    [Fact]
    public async Task Journal_that_was_deleted_through_a_baseline_is_read_behind_it_and_keeps_its_numbers()
    {
        ActorSystem node = StartNode();
        IActorRef owner = Own(node, 4);
        await FillAsync(owner, 20);

        (await owner.Ask<object>(new DeleteThrough(12), Patience, Token)).ShouldBeOfType<DeleteMessagesSuccess>();
        JournalReader reader = ReaderOf(node);
        (await AllAsync(reader.ReadEntriesAsync(4, 12, Token))).Select(entry => entry.SequenceNr).ShouldBe([13, 14, 15, 16, 17, 18, 19, 20]);
        (await reader.FindHighestAsync(4, 12, Token)).ShouldBe(20);
        (await Should.ThrowAsync<StoredFormatException>(() => AllAsync(reader.ReadEntriesAsync(4, 11, Token)))).Message.ShouldContain(
            "after SequenceNr 11 comes 13");

        // Deleted to its end, it keeps the last row, marked: the next owner goes on behind it.
        (await owner.Ask<object>(new DeleteThrough(20), Patience, Token)).ShouldBeOfType<DeleteMessagesSuccess>();
        (await AllAsync(reader.ReadEntriesAsync(4, 20, Token))).ShouldBeEmpty();
        (await AskAsync(Own(StartNode(), 4), OwnedAt.Question)).ShouldBe(21);
    }

    [Fact]
    public async Task Row_that_is_missing_or_does_not_read_is_named()
    {
        ActorSystem node = StartNode();
        IActorRef owner = Own(node, 6);
        await FillAsync(owner, 100);

        await Own(StartNode(), 6).Ask<long>(OwnedAt.Question, Patience, Token);
        JournalReader reader = ReaderOf(node);

        await ExecuteAsync("UPDATE journal SET message = substr(message, 1, 3) WHERE sequence_number = 101");
        (await DamageAsync()).ShouldContain("The journal of Partition 6 is damaged at SequenceNr 101: ");
        await ExecuteAsync("UPDATE journal SET manifest = 'X' WHERE sequence_number = 90");
        (await DamageAsync()).ShouldContain("The journal of Partition 6 is damaged behind SequenceNr 89: Serialized form 'X'");
        await ExecuteAsync("UPDATE journal SET identifier = 4711 WHERE sequence_number = 80");
        (await DamageAsync()).ShouldContain("The journal of Partition 6 is damaged behind SequenceNr 79: Cannot find serializer with id [4711]");
        await ExecuteAsync("DELETE FROM journal WHERE sequence_number = 70");
        (await DamageAsync()).ShouldContain("The journal of Partition 6 has a gap: after SequenceNr 69 comes 71.");
        (await Should.ThrowAsync<StoredFormatException>(() => reader.Read(6, 60, 70).RunWith(Sink.Seq<PersistedEntry>(), node.Materializer())))
            .Message.ShouldContain("ends at SequenceNr 69, where 70 was persisted");
        await ExecuteAsync("DELETE FROM journal WHERE sequence_number = 1");
        (await DamageAsync()).ShouldContain("after SequenceNr 0 comes 2.");

        async Task<string> DamageAsync() => (await Should.ThrowAsync<StoredFormatException>(() => AllAsync(reader.ReadEntriesAsync(6, 0, Token)))).Message;
    }

    [Fact]
    public async Task Reading_that_is_ended_early_or_cancelled_ends_its_query()
    {
        ActorSystem node = StartNode();
        IActorRef owner = Own(node, 2);
        await FillAsync(owner, 200);

        JournalReader reader = ReaderOf(node);
        for (int round = 0; round < 50; round++)
        {
            await foreach (PersistedEntry entry in reader.ReadEntriesAsync(2, 0, Token))
            {
                entry.SequenceNr.ShouldBe(1);
                break;
            }
        }

        using var cancel = new CancellationTokenSource();
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await foreach (PersistedEntry _ in reader.ReadEntriesAsync(2, 0, cancel.Token))
            {
                await cancel.CancelAsync();
            }
        });
    }

    /// <summary>A node: an actor system with the settings that a node has.</summary>
    private ActorSystem StartNode()
    {
        ActorSystem system = ActorSystem.Create("node", ConfigurationFactory.ParseString("akka.loglevel = OFF")
            .WithFallback(JournalConfig.For(Provider, ConnectionString))
            .WithFallback(JournalConfig.Defaults));
        _systems.Add(system);
        return system;
    }

    /// <summary>Whether the database said that the number is taken.</summary>
    protected abstract bool IsTaken(Exception error);

    private static IActorRef Own(ActorSystem node, int partition) =>
        node.ActorOf(Props.Create(() => new OwningActor(JournalReader.PersistenceIdOf(partition))));

    private static Block BlockOf(long number) => new([.. Enumerable.Range(0, (int)number).Select(i => (byte)(i * number))]);

    private static JournalReader ReaderOf(ActorSystem node) => new(JournalSystem.ReadJournalOf(node), node.Materializer());

    private static async Task<long> AskAsync(IActorRef owner, object message) => await owner.Ask<object>(message, Patience, Token) switch
    {
        long number => number,
        object other => throw new InvalidOperationException($"It answered {other}."),
    };

    /// <summary>Persists blocks up to a number, behind the announcement.</summary>
    private static async Task FillAsync(IActorRef owner, int last)
    {
        Task<long>[] numbers = [.. Enumerable.Range(2, last - 1).Select(i => AskAsync(owner, BlockOf(i)))];
        (await Task.WhenAll(numbers)).ShouldBe(Enumerable.Range(2, last - 1).Select(i => (long)i));
    }

    private static async Task<List<T>> AllAsync<T>(IAsyncEnumerable<T> items)
    {
        var all = new List<T>();
        await foreach (T item in items.WithCancellation(Token))
        {
            all.Add(item);
        }

        return all;
    }

    private sealed record OwnedAt
    {
        public static OwnedAt Question { get; } = new();
    }

    private sealed record DeleteThrough(long SequenceNr);

    /// <summary>Owns before it reads, as a Partition does, and persists what it is sent; answers the number it is persisted at.</summary>
    private sealed class OwningActor(string persistenceId) : UntypedPersistentActor
    {
        private readonly Queue<IActorRef> _senders = new();
        private IActorRef? _deleting;

        public override string PersistenceId => persistenceId;

        public override Recovery Recovery => Recovery.None;

        protected override void OnRecover(object message)
        {
            if (message is RecoveryCompleted)
            {
                Persist(new Owned("node", 1), _ => { });
            }
            else
            {
                throw new InvalidOperationException($"{message} was replayed.");
            }
        }

        protected override void OnCommand(object message)
        {
            switch (message)
            {
                case OwnedAt:
                    Sender.Tell(LastSequenceNr);
                    break;
                case Block block:
                    _senders.Enqueue(Sender);
                    PersistAsync(block, _ => _senders.Dequeue().Tell(LastSequenceNr));
                    break;
                case DeleteThrough delete:
                    _deleting = Sender;
                    DeleteMessages(delete.SequenceNr);
                    break;
                case DeleteMessagesSuccess or DeleteMessagesFailure:
                    _deleting.Tell(message);
                    break;
            }
        }

        protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
        {
            _senders.Dequeue().Tell(new Status.Failure(cause));
            base.OnPersistFailure(cause, @event, sequenceNr);
        }
    }

    /// <summary>Recovers as Akka does, and answers how many entries it was given.</summary>
    private sealed class ReplayingActor(string persistenceId) : UntypedPersistentActor
    {
        private int _replayed;

        public override string PersistenceId => persistenceId;

        protected override void OnRecover(object message) => _replayed += message is IJournalEntry ? 1 : 0;

        protected override void OnCommand(object message) => Sender.Tell(_replayed);
    }
}
