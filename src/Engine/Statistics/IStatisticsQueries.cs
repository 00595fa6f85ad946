using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Statistics;

/// <summary>
/// Questions that people ask of the statistics tables, answered by the database. Sums over days add up the rows' values,
/// those of distinct metrics too.
/// </summary>
public interface IStatisticsQueries
{
    /// <summary>A page of topics with their sums over days.</summary>
    ValueTask<TopicTotalsPage> TopAsync(Page page, TopicQuery query, CancellationToken cancellationToken);

    /// <summary>The sums of all rows that a filter means.</summary>
    ValueTask<StatisticsTotals> TotalsAsync(Page page, StatisticsFilter filter, CancellationToken cancellationToken);

    /// <summary>The sums a day of the rows that a filter means, oldest first; the latest days where there are more.</summary>
    ValueTask<IReadOnlyList<DayTotals>> SeriesAsync(Page page, StatisticsFilter filter, int limit, CancellationToken cancellationToken);
}
