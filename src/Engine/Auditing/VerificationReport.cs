using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Auditing;

/// <summary>What a verification found.</summary>
/// <param name="Partitions">How many Partitions were compared.</param>
/// <param name="Events">How many events of their journals were read.</param>
/// <param name="Rows">How many rows were compared.</param>
/// <param name="NotFlushedYet">How many Counters have events but no row yet, whose first flush is still to come.</param>
/// <param name="DifferenceCount">How many differences there are, those included that are not listed.</param>
/// <param name="Differences">The differences, up to a limit.</param>
/// <param name="DamageCount">How many blocks, snapshots and parked deliveries are damaged, those included that are not listed.</param>
/// <param name="Damages">What is damaged, up to a limit. A Partition whose journal is damaged is not compared.</param>
public sealed record VerificationReport(
    int Partitions, long Events, long Rows, long NotFlushedYet,
    long DifferenceCount, IReadOnlyList<Difference> Differences, long DamageCount, IReadOnlyList<Damage> Damages)
{
    /// <summary>How many rows of breakdowns were compared.</summary>
    public long PartRows { get; init; }

    /// <summary>Whether every row that was compared is what the journal gives.</summary>
    public bool IsClean => DifferenceCount == 0 && DamageCount == 0;
}

/// <summary>One way in which a statistics row is not what the journal gives.</summary>
/// <param name="Kind">How it differs.</param>
/// <param name="Table">The statistics table.</param>
/// <param name="TopicType">The topic's type.</param>
/// <param name="TopicId">The topic's id.</param>
/// <param name="Day">The day, as <see cref="DateOnly.DayNumber"/>.</param>
/// <param name="Column">The column that differs; null where it is the whole row.</param>
/// <param name="IsAmount">Whether the values are money, in hundredths.</param>
/// <param name="RowValue">What the row holds, or null where there is none.</param>
/// <param name="JournalValue">What the journal gives, or null where it gives none.</param>
public sealed record Difference(
    DifferenceKind Kind, string Table, string TopicType, int TopicId, int Day,
    string? Column = null, bool IsAmount = false, long? RowValue = null, long? JournalValue = null)
{
    /// <summary>The value of a breakdown that the row is of; null in a page's own table.</summary>
    public BreakdownValue? Part { get; init; }
}

/// <summary>How a statistics row differs from the journal.</summary>
public enum DifferenceKind
{
    /// <summary>A column's value is not what the journal gives at the row's SequenceNr.</summary>
    Value = 0,
    /// <summary>The row's SequenceNr is not that of an event of its Counter, or lies before one that the checkpoint says is flushed.</summary>
    SequenceNr = 1,
    /// <summary>The checkpoint says that the row is flushed, and it is not there.</summary>
    Missing = 2,
    /// <summary>No event accounts for the row.</summary>
    Unaccounted = 3,
    /// <summary>The row has no SequenceNr: something other than the engine wrote it.</summary>
    Foreign = 4,
    /// <summary>Events of the Counter are not in its row, or it has none, though their owner has gone on for longer than a flush takes.</summary>
    Overdue = 5,
    /// <summary>The last events of the row are not in it, or it is not there, and no node runs that would flush it.</summary>
    NotFlushed = 6,
}

/// <summary>A block of a Partition's journal, a snapshot of it, or a parked delivery that is damaged.</summary>
/// <param name="Partition">The Partition; null for a parked delivery, which has none yet.</param>
/// <param name="Message">What is damaged, with its Partition and SequenceNr, and what to do about it.</param>
public sealed record Damage(int? Partition, string Message);

/// <summary>What a verification compares.</summary>
public sealed record VerificationOptions
{
    /// <summary>How many Partitions the store has: the value that was fixed at its first start.</summary>
    public required int Partitions { get; init; }

    /// <summary>Which statistics are compared.</summary>
    public StatisticsFilter Filter { get; init; } = StatisticsFilter.All;

    /// <summary>How many differences, and how many damages, are listed at the most; all are counted.</summary>
    public int MaxDifferences { get; init; } = 1000;

    /// <summary>For how many Partitions the rows are read at once, 1 and up. Few read the tables more often, many hold more rows in memory.</summary>
    public int PartitionsPerRead { get; init; } = 8;

    /// <summary>How long events may wait for their flush while their Partition has an owner, above 0; what is not flushed by then is a difference.</summary>
    /// <remarks>Short takes a slow flush for one, long finds it late.</remarks>
    public TimeSpan MaxFlushLag { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Until when, in epoch ms, the store's nodes are known to go on: now, where one runs; null where only the journal says that they did.</summary>
    public long? OwnedUntilMs { get; init; }

    /// <summary>Whether rows that lack events are judged by whether a node runs over the store: while one does they are waited for, until they are flushed
    /// or <see cref="MaxFlushLag"/> has passed since; where none does, nobody flushes them, and they are differences.</summary>
    public bool JudgesUnflushed { get; init; }

    /// <summary>The clock of such waiting.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>Counts all that is added, and lists the first of it, up to a limit.</summary>
internal sealed class CappedList<T>(int limit)
{
    private readonly List<T> _listed = [];

    public long Count { get; private set; }
    public IReadOnlyList<T> Listed => _listed;

    public void Add(T item)
    {
        Count++;
        if (_listed.Count < limit)
        {
            _listed.Add(item);
        }
    }
}
