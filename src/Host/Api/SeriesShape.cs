namespace DataLoad.Host.Api;

/// <summary>A page's sums a day.</summary>
internal sealed record SeriesShape(string Page, IReadOnlyList<string> Metrics, IReadOnlyList<SeriesShape.DayShape> Days)
{
    /// <summary>A day's sums.</summary>
    internal sealed record DayShape(DateOnly Day, MetricValues Values);
}
