namespace DataLoad.Engine.Statistics;

/// <summary>A page of topics.</summary>
/// <param name="Total">How many topics there are in all.</param>
/// <param name="Topics">Those of this page.</param>
public sealed record TopicTotalsPage(long Total, IReadOnlyList<TopicTotals> Topics);
