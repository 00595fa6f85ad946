using DataLoad.Engine.Faults;
using DataLoad.Engine.Journaling;

namespace DataLoad.Simulation.Tests.Stores;

/// <summary>The journal's table, as Akka.Persistence.Sql uses it: unique by persistence id and sequence number.</summary>
internal sealed class JournalTable
{
    private readonly SortedDictionary<string, SortedList<long, JournalRow>> _rows = new(StringComparer.Ordinal);

    /// <summary>Told of each row just after it became durable.</summary>
    public Action<JournalRow>? Written { get; set; }

    /// <summary>Told of each write that its writer is told failed: whose it is, in which process, and whether since a number was taken.</summary>
    public Action<string, string, bool>? WriteFailed { get; set; }

    /// <summary>Told of each deletion just before it takes effect.</summary>
    public Action<string, long>? Deleting { get; set; }

    /// <summary>Writes rows in one transaction: all of them, or none where one of their numbers is taken.</summary>
    /// <exception cref="StoreFailure">A number is taken.</exception>
    public void Insert(IReadOnlyList<JournalRow> rows)
    {
        foreach (JournalRow row in rows)
        {
            if (Of(row.PersistenceId).ContainsKey(row.SequenceNr))
            {
                throw new StoreFailure($"duplicate key: journal ({row.PersistenceId}, {row.SequenceNr})");
            }
        }

        foreach (JournalRow row in rows)
        {
            Of(row.PersistenceId).Add(row.SequenceNr, row);
            Written?.Invoke(row);
        }
    }

    /// <summary>The highest number that was ever used; 0 where none was.</summary>
    public long Highest(string persistenceId) => Of(persistenceId) is { Count: > 0 } rows ? rows.GetKeyAtIndex(rows.Count - 1) : 0;

    /// <summary>Deletes the blocks in a range of numbers.</summary>
    public void DeleteBlocks(string persistenceId, long after, long through)
    {
        Deleting?.Invoke(persistenceId, through);
        SortedList<long, JournalRow> rows = Of(persistenceId);
        foreach (JournalRow row in rows.Values.Where(row => row.SequenceNr > after && row.SequenceNr <= through && (row.Payload is Block || Fault.Is(FaultPoint.TrimTakesAnnouncements))).ToList())
        {
            rows.Remove(row.SequenceNr);
        }
    }

    /// <summary>The rows within bounds in order, so many at the most.</summary>
    public IReadOnlyList<JournalRow> Read(string persistenceId, long from, long to, int limit) =>
        [.. Of(persistenceId).Values.Where(row => row.SequenceNr >= from && row.SequenceNr <= to).Take(limit)];

    private SortedList<long, JournalRow> Of(string persistenceId)
    {
        if (!_rows.TryGetValue(persistenceId, out SortedList<long, JournalRow>? rows))
        {
            _rows.Add(persistenceId, rows = []);
        }

        return rows;
    }
}

/// <summary>One row of the journal.</summary>
/// <param name="PersistenceId">Whose it is.</param>
/// <param name="SequenceNr">Its number.</param>
/// <param name="Payload">What was persisted.</param>
internal sealed record JournalRow(string PersistenceId, long SequenceNr, object Payload);
