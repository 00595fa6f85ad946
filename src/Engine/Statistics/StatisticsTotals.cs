namespace DataLoad.Engine.Statistics;

/// <summary>The sums of many rows.</summary>
/// <param name="Topics">How many topics have a row.</param>
/// <param name="Values">The sums in the order of the page's metrics; amounts in hundredths.</param>
public sealed record StatisticsTotals(long Topics, long[] Values);
