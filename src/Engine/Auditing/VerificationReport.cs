using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Auditing;

/// <summary>What a verification found.</summary>
public sealed record VerificationReport
{
    /// <summary>How many Partitions were compared.</summary>
    public required int Partitions { get; init; }

    /// <summary>How many events of their journals were read.</summary>
    public required long Events { get; init; }

    /// <summary>How many rows were compared.</summary>
    public required long Rows { get; init; }

    /// <summary>How many Counters have events but no row yet: their first flush is still to come.</summary>
    public required long NotFlushedYet { get; init; }

    /// <summary>How many differences there are, those included that are not listed.</summary>
    public required long DifferenceCount { get; init; }

    /// <summary>The differences, up to a limit.</summary>
    public required IReadOnlyList<Difference> Differences { get; init; }

    /// <summary>How many blocks, snapshots and parked deliveries are damaged, those included that are not listed.</summary>
    public required long DamageCount { get; init; }

    /// <summary>What is damaged, up to a limit. A Partition whose journal is damaged is not compared.</summary>
    public required IReadOnlyList<Damage> Damages { get; init; }

    /// <summary>Whether every row that was compared is what the journal gives.</summary>
    public bool IsClean => DifferenceCount == 0 && DamageCount == 0;
}

/// <summary>One way in which a statistics row is not what the journal gives.</summary>
public sealed record Difference
{
    /// <summary>How it differs.</summary>
    public required DifferenceKind Kind { get; init; }

    /// <summary>The statistics table.</summary>
    public required string Table { get; init; }

    /// <summary>The topic's type.</summary>
    public required string TopicType { get; init; }

    /// <summary>The topic's id.</summary>
    public required int TopicId { get; init; }

    /// <summary>The day, as <see cref="DateOnly.DayNumber"/>.</summary>
    public required int Day { get; init; }

    /// <summary>The column that differs; null where it is the whole row.</summary>
    public string? Column { get; init; }

    /// <summary>Whether <see cref="RowValue"/> and <see cref="JournalValue"/> are money, in hundredths.</summary>
    public bool IsAmount { get; init; }

    /// <summary>What the row holds, or null where there is none.</summary>
    public long? RowValue { get; init; }

    /// <summary>What the journal gives, or null where it gives none.</summary>
    public long? JournalValue { get; init; }
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

    /// <summary>
    /// Events of the Counter are not in its row, or it has none, though their owner has gone on for longer than a flush takes:
    /// the row will not come by itself.
    /// </summary>
    Overdue = 5,
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

    /// <summary>
    /// How long events may wait for their flush while their Partition has an owner, above 0; a row that they do not come into
    /// by then is a difference. Short takes a slow flush for one, long finds it late.
    /// </summary>
    public TimeSpan MaxFlushLag { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Until when, in epoch milliseconds, the store's nodes are known to go on: now, where one runs; null where none may, so that
    /// only what was journaled afterwards says that it did.
    /// </summary>
    public long? OwnedUntilMs { get; init; }
}
