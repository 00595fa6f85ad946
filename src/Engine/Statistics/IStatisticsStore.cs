using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Statistics;

/// <summary>The statistics tables, one per page.</summary>
public interface IStatisticsStore
{
    /// <summary>
    /// Creates a page's table, or adds the columns that it lacks. A table that exists keeps its rows; those have no
    /// SequenceNr where the engine did not write them.
    /// </summary>
    ValueTask EnsureTableAsync(Page page, CancellationToken cancellationToken);

    /// <summary>
    /// Writes rows in one transaction. A row never moves back: one that holds at an equal or higher SequenceNr stays,
    /// except that <paramref name="correct"/> overwrites at an equal one. Rows of a stale Partition are left out.
    /// </summary>
    /// <returns>The Partitions whose Epoch is stale; empty where all was written.</returns>
    ValueTask<IReadOnlyList<int>> FlushAsync(Page page, IReadOnlyList<StatisticsRow> rows, bool correct, CancellationToken cancellationToken);

    /// <summary>The rows of a page that a filter means, in key order; read a bounded page at a time.</summary>
    IAsyncEnumerable<StatisticsRow> ReadAsync(Page page, StatisticsFilter filter, CancellationToken cancellationToken);

    /// <summary>How many rows of a page's table have no SequenceNr: rows that the engine did not write.</summary>
    ValueTask<long> CountForeignAsync(Page page, CancellationToken cancellationToken);

    /// <summary>The rows of a page's table that have no SequenceNr, in key order.</summary>
    IAsyncEnumerable<StatisticsRow> ReadForeignAsync(Page page, CancellationToken cancellationToken);

    /// <summary>Gives rows that have no SequenceNr the SequenceNr 0: from now on they are the engine's, on top of their baseline.</summary>
    ValueTask AdoptAsync(Page page, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken);

    /// <summary>
    /// Removes rows that no event accounts for, where their Partition's Epoch is not stale and they still hold at the
    /// SequenceNr that was read, so that a removal which lands late takes nothing away that was written since.
    /// </summary>
    /// <returns>The Partitions whose Epoch is stale; empty where all was done.</returns>
    ValueTask<IReadOnlyList<int>> RemoveAsync(Page page, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken);
}
