using Akka;
using Akka.Persistence.Query;
using Akka.Streams.Dsl;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Tests.Journaling;

/// <summary>A journal in memory, read as Akka.Persistence.Query reads a real one.</summary>
internal sealed class FakeJournal : ICurrentEventsByPersistenceIdQuery
{
    private readonly Dictionary<int, long> _highest = [];

    /// <summary>The entries of each Partition by their number; an exception in an entry's place is thrown when it is read.</summary>
    public Dictionary<int, SortedList<long, object>> Partitions { get; } = [];

    /// <summary>Called before an entry is read, with its number.</summary>
    public Action<long>? BeforeRead { get; set; }

    public SortedList<long, object> this[int partition] => Partitions.TryGetValue(partition, out SortedList<long, object>? entries) ? entries
        : Partitions[partition] = [];

    /// <summary>Appends an entry; what is deleted keeps its number.</summary>
    public void Append(int partition, IJournalEntry entry) => this[partition].Add(_highest[partition] = Highest(partition) + 1, entry);

    public long Highest(int partition) => _highest.GetValueOrDefault(partition);

    public Source<EventEnvelope, NotUsed> CurrentEventsByPersistenceId(string persistenceId, long fromSequenceNr, long toSequenceNr) =>
        Source.From(Read(persistenceId, fromSequenceNr, toSequenceNr));

    private IEnumerable<EventEnvelope> Read(string persistenceId, long from, long to)
    {
        SortedList<long, object> entries = this[int.Parse(persistenceId)];
        for (long number = from - 1; ;)
        {
            BeforeRead?.Invoke(number + 1);
            int next = entries.Keys.TakeWhile(key => key <= number).Count();
            if (next == entries.Count || entries.GetKeyAtIndex(next) > to)
            {
                yield break;
            }

            number = entries.GetKeyAtIndex(next);
            object entry = entries.GetValueAtIndex(next);
            yield return entry is Exception error ? throw error : new EventEnvelope(new Sequence(number), persistenceId, number, entry, timestamp: 0, tags: []);
        }
    }
}
