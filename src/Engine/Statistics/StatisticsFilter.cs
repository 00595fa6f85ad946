namespace DataLoad.Engine.Statistics;

/// <summary>Which statistics are meant; null stands for all.</summary>
/// <param name="Page">A page's name.</param>
/// <param name="TopicType">A topic's type.</param>
/// <param name="TopicId">A topic's id.</param>
/// <param name="From">The first day, as <see cref="DateOnly.DayNumber"/>.</param>
/// <param name="To">The last day, as <see cref="DateOnly.DayNumber"/>.</param>
public sealed record StatisticsFilter(
    string? Page = null,
    string? TopicType = null,
    int? TopicId = null,
    int? From = null,
    int? To = null)
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
