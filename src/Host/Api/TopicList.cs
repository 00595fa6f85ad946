namespace DataLoad.Host.Api;

/// <summary>A page of topics.</summary>
internal sealed record TopicList(string Page, DateOnly From, DateOnly To, string Sort, string Order, int Offset, int Limit, long Total, IReadOnlyList<TopicList.TopicRow> Items)
{
    /// <summary>A topic with its sums.</summary>
    internal sealed record TopicRow(string Type, int Id, int Days, MetricValues Values);
}
