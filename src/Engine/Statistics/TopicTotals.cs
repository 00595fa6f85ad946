namespace DataLoad.Engine.Statistics;

/// <summary>One topic's sums over days.</summary>
/// <param name="TopicType">The topic's type.</param>
/// <param name="TopicId">The topic's id.</param>
/// <param name="Days">How many days have a row.</param>
/// <param name="Values">The sums in the order of the page's metrics; amounts in hundredths.</param>
public sealed record TopicTotals(string TopicType, int TopicId, int Days, long[] Values);
