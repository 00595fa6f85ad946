using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Statistics;

/// <summary>The statistics tables: one per page, and one for each of its breakdowns.</summary>
public interface IStatisticsStore
{
    /// <summary>Creates a table, or adds the columns that it lacks; rows that the engine did not write stay, without a SequenceNr.</summary>
    ValueTask EnsureTableAsync(StatisticsTable table, CancellationToken cancellationToken);

    /// <summary>Writes rows in one transaction. Rows of a stale Partition are left out.</summary>
    /// <remarks>One that holds at an equal or higher SequenceNr stays, except that <paramref name="correct"/> overwrites at an equal one.</remarks>
    /// <returns>The Partitions whose Epoch is stale; empty where all was written.</returns>
    ValueTask<IReadOnlyList<int>> FlushAsync(StatisticsTable table, IReadOnlyList<StatisticsRow> rows, bool correct, CancellationToken cancellationToken);

    /// <summary>The rows of a table that a filter means, in key order; read a bounded page at a time.</summary>
    IAsyncEnumerable<StatisticsRow> ReadAsync(StatisticsTable table, StatisticsFilter filter, CancellationToken cancellationToken);

    /// <summary>How many rows of a table have no SequenceNr: rows that the engine did not write.</summary>
    ValueTask<long> CountForeignAsync(StatisticsTable table, CancellationToken cancellationToken);

    /// <summary>The rows of a table that have no SequenceNr, in key order.</summary>
    IAsyncEnumerable<StatisticsRow> ReadForeignAsync(StatisticsTable table, CancellationToken cancellationToken);

    /// <summary>Gives rows that have no SequenceNr the SequenceNr 0: from now on they are the engine's, on top of their baseline.</summary>
    ValueTask AdoptAsync(StatisticsTable table, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken);

    /// <summary>Removes rows that no event accounts for, where their Epoch is not stale and they still hold at the SequenceNr that was read.</summary>
    /// <remarks>So a removal which lands late takes nothing away that was written since.</remarks>
    /// <returns>The Partitions whose Epoch is stale; empty where all was done.</returns>
    ValueTask<IReadOnlyList<int>> RemoveAsync(StatisticsTable table, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken);
}

/// <summary>One row of a statistics table: the absolute values of a Counter at a SequenceNr.</summary>
/// <param name="TopicType">The topic's type.</param>
/// <param name="TopicId">The topic's id.</param>
/// <param name="Day">The day, as <see cref="DateOnly.DayNumber"/>.</param>
/// <param name="SequenceNr">The SequenceNr that the values hold at; null in a row that the engine did not write.</param>
/// <param name="Values">The values in the order of the page's metrics; amounts in hundredths.</param>
/// <param name="Shard">The Partition that the row's topic is of; -1 in a row that was read.</param>
/// <param name="Epoch">The epoch under which it is written.</param>
/// <param name="Part">The value of a breakdown that the row is of; null in a row of the page's own table.</param>
public sealed record StatisticsRow(
    string TopicType, int TopicId, int Day, long? SequenceNr, long[] Values, int Shard = -1, long Epoch = 0, BreakdownValue? Part = null);

/// <summary>One row on its way to its page's table.</summary>
/// <param name="Page">The page.</param>
/// <param name="Row">The row.</param>
/// <param name="Correct">Whether it may overwrite a row that holds at an equal SequenceNr.</param>
public readonly record struct FlushRow(Page Page, StatisticsRow Row, bool Correct)
{
    /// <summary>The table that it goes to.</summary>
    public StatisticsTable Table => new(Page, Row.Part?.Breakdown);
}

/// <summary>Which statistics are meant; null stands for all.</summary>
/// <param name="Page">A page's name.</param>
/// <param name="TopicType">A topic's type.</param>
/// <param name="TopicId">A topic's id.</param>
/// <param name="From">The first day, as <see cref="DateOnly.DayNumber"/>.</param>
/// <param name="To">The last day, as <see cref="DateOnly.DayNumber"/>.</param>
/// <param name="Part">A value of a breakdown, where it is asked of that breakdown's table.</param>
public sealed record StatisticsFilter(
    string? Page = null, string? TopicType = null, int? TopicId = null, int? From = null, int? To = null, BreakdownValue? Part = null)
{
    /// <summary>Everything.</summary>
    public static StatisticsFilter All { get; } = new();

    /// <summary>Whether a row is meant.</summary>
    public bool Matches(string page, string topicType, int topicId, int day) =>
        (Page is null || string.Equals(Page, page, StringComparison.Ordinal))
        && (TopicType is null || string.Equals(TopicType, topicType, StringComparison.Ordinal))
        && (TopicId is null || TopicId == topicId)
        && (From is null || day >= From)
        && (To is null || day <= To);
}
