using DataLoad.Engine.Statistics;

namespace DataLoad.Host.Admin;

/// <summary>Which statistics are to be rebuilt; null stands for all.</summary>
/// <param name="Page">A page's name.</param>
/// <param name="TopicType">A topic's type.</param>
/// <param name="TopicId">A topic's id.</param>
/// <param name="From">The first day.</param>
/// <param name="To">The last day.</param>
public sealed record RebuildRequest(string? Page, string? TopicType, int? TopicId, DateOnly? From, DateOnly? To)
{
    /// <summary>The same as a filter.</summary>
    public StatisticsFilter ToFilter() => new(Page, TopicType, TopicId, From?.DayNumber, To?.DayNumber);
}
