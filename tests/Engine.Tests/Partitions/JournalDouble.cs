using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka;
using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Akka.Persistence.Query;
using Akka.Streams.Dsl;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Tests.Partitions;

/// <summary>A journal in memory that several actor systems may share, with its unique key, and that does what a test says.</summary>
public sealed class JournalDouble : ICurrentEventsByPersistenceIdQuery, IJournalTrimmer
{
    private static readonly ConcurrentDictionary<string, JournalDouble> s_byName = new(StringComparer.Ordinal);

    private readonly Lock _lock = new();
    private readonly SortedDictionary<(string Id, long SequenceNr), IPersistentRepresentation> _rows = [];

    public JournalDouble() => s_byName[Name] = this;

    public string Name { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Asked before each write; its task delays the write, its exception fails it.</summary>
    public Func<IPersistentRepresentation, Task> BeforeWrite { get; set; } = _ => Task.CompletedTask;

    /// <summary>Asked after each write; its exception fails it though it took effect.</summary>
    public Func<IPersistentRepresentation, Task> AfterWrite { get; set; } = _ => Task.CompletedTask;

    /// <summary>Asked before a Partition is read.</summary>
    public Func<Exception?> BeforeRead { get; set; } = () => null;

    public static JournalDouble Named(string name) => s_byName[name];

    public IReadOnlyList<(long SequenceNr, object Entry)> EntriesOf(int partition)
    {
        lock (_lock)
        {
            return [.. _rows.Where(row => string.Equals(row.Key.Id, $"{partition}", StringComparison.Ordinal))
                .Select(row => (row.Key.SequenceNr, row.Value.Payload))];
        }
    }

    /// <summary>Puts another entry in the place of one: damage, or another owner's.</summary>
    public void Put(int partition, long sequenceNr, object entry)
    {
        lock (_lock)
        {
            _rows[($"{partition}", sequenceNr)] = new Persistent(entry, sequenceNr, $"{partition}");
        }
    }

    public Source<EventEnvelope, NotUsed> CurrentEventsByPersistenceId(string persistenceId, long fromSequenceNr, long toSequenceNr)
    {
        if (BeforeRead() is { } error)
        {
            return Source.Failed<EventEnvelope>(error);
        }

        lock (_lock)
        {
            return Source.From(_rows.Values
                .Where(row => string.Equals(row.PersistenceId, persistenceId, StringComparison.Ordinal) && row.SequenceNr >= fromSequenceNr
                    && row.SequenceNr <= toSequenceNr && !row.IsDeleted)
                .Select(row => new EventEnvelope(new Sequence(row.SequenceNr), row.PersistenceId, row.SequenceNr, row.Payload, 0L, []))
                .ToList());
        }
    }

    public async Task WriteAsync(IPersistentRepresentation entry)
    {
        await BeforeWrite(entry);
        lock (_lock)
        {
            if (!_rows.TryAdd((entry.PersistenceId, entry.SequenceNr), entry))
            {
                throw new JournalConflictException($"{entry.PersistenceId}/{entry.SequenceNr} is taken");
            }
        }

        await AfterWrite(entry);
    }

    public long HighestOf(string persistenceId)
    {
        lock (_lock)
        {
            return _rows.Keys.Where(key => string.Equals(key.Id, persistenceId, StringComparison.Ordinal)).Select(key => key.SequenceNr).DefaultIfEmpty(0)
                .Max();
        }
    }

    public ValueTask DeleteBlocksAsync(int partition, long afterSequenceNr, long throughSequenceNr, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            foreach ((long sequenceNr, object entry) in EntriesOf(partition))
            {
                if (entry is Block && sequenceNr > afterSequenceNr && sequenceNr <= throughSequenceNr)
                {
                    _rows.Remove(($"{partition}", sequenceNr));
                }
            }
        }

        return ValueTask.CompletedTask;
    }
}

public sealed class JournalConflictException(string message) : Exception(message);

/// <summary>The plugin over a <see cref="JournalDouble"/>, which its configuration names.</summary>
public sealed class JournalDoublePlugin(Akka.Configuration.Config config) : AsyncWriteJournal
{
    private readonly JournalDouble _journal = JournalDouble.Named(config.GetString("name"));

    public static string ConfigOf(JournalDouble journal) => $$"""
        akka.persistence.journal.plugin = "journal-double"
        akka.persistence.snapshot-store.plugin = "akka.persistence.no-snapshot-store"
        journal-double { class = "{{typeof(JournalDoublePlugin).AssemblyQualifiedName}}", name = {{journal.Name}}, plugin-dispatcher = "akka.actor.default-dispatcher" }
        """;

    public override Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max, Action<IPersistentRepresentation> recoveryCallback) =>
            Task.CompletedTask;

    public override Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr, CancellationToken cancellationToken) =>
        Task.FromResult(_journal.HighestOf(persistenceId));

    protected override async Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        foreach (AtomicWrite write in messages)
        {
            foreach (IPersistentRepresentation entry in (IImmutableList<IPersistentRepresentation>)write.Payload)
            {
                await _journal.WriteAsync(entry);
            }
        }

        return null!;
    }

    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Entries are deleted by an IJournalTrimmer.");
}
