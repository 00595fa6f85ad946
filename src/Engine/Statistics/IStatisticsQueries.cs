using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Statistics;

/// <summary>Questions of the statistics tables, answered by the database. Sums over several rows are those of counts and
/// amounts; of distinct metrics they mean nothing, since people of several rows may be the same.</summary>
public interface IStatisticsQueries
{
    /// <summary>The types of a page's topics in the order of their code points, as many as the limit at the most.</summary>
    ValueTask<IReadOnlyList<string>> TypesAsync(Page page, int limit, CancellationToken cancellationToken);

    /// <summary>A page of topics with their sums over days.</summary>
    ValueTask<TopicTotalsPage> TopAsync(Page page, TopicQuery query, CancellationToken cancellationToken);

    /// <summary>The sums of all rows that a filter means.</summary>
    ValueTask<StatisticsTotals> TotalsAsync(Page page, StatisticsFilter filter, CancellationToken cancellationToken);

    /// <summary>The sums a day of the rows that a filter means, oldest first; the latest days where there are more.</summary>
    ValueTask<IReadOnlyList<DayTotals>> SeriesAsync(Page page, StatisticsFilter filter, int limit, CancellationToken cancellationToken);

    /// <summary>The sums of a breakdown's rows, a part or a day each.</summary>
    ValueTask<PartTotalsPage> PartsAsync(StatisticsTable table, PartQuery query, CancellationToken cancellationToken);

    /// <summary>On which days there are rows that a filter means, of some topics or with null of all; as <see cref="DateOnly.DayNumber"/>, in order.</summary>
    ValueTask<IReadOnlyDictionary<TopicKey, IReadOnlyList<int>>> DaysAsync(
        StatisticsTable table, StatisticsFilter filter, IReadOnlyCollection<TopicKey>? topics, CancellationToken cancellationToken);
}

/// <summary>Which topics are asked for, and in which order.</summary>
public sealed record TopicQuery
{
    /// <summary>Topic type and days; its page and topic id do not count.</summary>
    public StatisticsFilter Filter { get; init; } = StatisticsFilter.All;

    /// <summary>A text that <c>type/id</c> contains, letters A to Z in either case; null for all.</summary>
    public string? Search { get; init; }

    /// <summary>The place of the metric that decides the order; null for type and id.</summary>
    public int? Sort { get; init; }

    /// <summary>Whether the largest come first. Topics of equal value come in the order of type and id.</summary>
    public bool Descending { get; init; } = true;

    /// <summary>How many are passed over.</summary>
    public int Offset { get; init; }

    /// <summary>How many at the most.</summary>
    public int Limit { get; init; } = 50;
}

/// <summary>The sums of many rows.</summary>
/// <param name="Topics">How many topics have a row.</param>
/// <param name="Values">The sums in the order of the page's metrics; amounts in hundredths.</param>
public sealed record StatisticsTotals(long Topics, long[] Values);

/// <summary>The sums of one day's rows.</summary>
/// <param name="Day">The day, as <see cref="DateOnly.DayNumber"/>.</param>
/// <param name="Values">The sums in the order of the page's metrics; amounts in hundredths.</param>
public sealed record DayTotals(int Day, long[] Values);

/// <summary>One topic's sums over days.</summary>
/// <param name="TopicType">The topic's type.</param>
/// <param name="TopicId">The topic's id.</param>
/// <param name="Days">How many days have a row.</param>
/// <param name="Values">The sums in the order of the page's metrics; amounts in hundredths.</param>
public sealed record TopicTotals(string TopicType, int TopicId, int Days, long[] Values);

/// <summary>A page of topics.</summary>
/// <param name="Total">How many topics there are in all.</param>
/// <param name="Topics">Those of this page.</param>
public sealed record TopicTotalsPage(long Total, IReadOnlyList<TopicTotals> Topics);

/// <summary>Which rows of a breakdown's table are summed, and in which order.</summary>
public sealed record PartQuery
{
    /// <summary>The rows.</summary>
    public StatisticsFilter Filter { get; init; } = StatisticsFilter.All;

    /// <summary>Whether all parts of a day are summed; else the days of a part, which is a topic's and a value's.</summary>
    public bool IsByDay { get; init; }

    /// <summary>The places of the metrics that are summed; the others are 0.</summary>
    public IReadOnlyList<int> Metrics { get; init; } = [];

    /// <summary>The place of the metric that decides the order, which is one of those that are summed; null for the key: value, type and id, or the day.</summary>
    public int? Sort { get; init; }

    /// <summary>Whether the largest come first. Those of equal value come in the order of their keys.</summary>
    public bool Descending { get; init; } = true;

    /// <summary>How many are passed over.</summary>
    public int Offset { get; init; }

    /// <summary>How many at the most.</summary>
    public int Limit { get; init; } = 50;
}

/// <summary>The sums of a part over days, or of a day over parts.</summary>
/// <param name="Topic">The part's topic; null of a day.</param>
/// <param name="Value">The part's value; null of a day.</param>
/// <param name="Day">The day, as <see cref="DateOnly.DayNumber"/>; 0 of a part.</param>
/// <param name="Rows">How many rows are summed.</param>
/// <param name="Values">The sums in the order of the page's metrics; amounts in hundredths.</param>
public sealed record PartTotals(TopicKey? Topic, BreakdownValue? Value, int Day, int Rows, long[] Values);

/// <summary>A page of sums.</summary>
/// <param name="Total">How many there are in all.</param>
/// <param name="Items">Those of this page.</param>
public sealed record PartTotalsPage(long Total, IReadOnlyList<PartTotals> Items);
