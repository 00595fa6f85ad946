namespace DataLoad.Engine.Statistics;

/// <summary>The sums of one day's rows.</summary>
/// <param name="Day">The day, as <see cref="DateOnly.DayNumber"/>.</param>
/// <param name="Values">The sums in the order of the page's metrics; amounts in hundredths.</param>
public sealed record DayTotals(int Day, long[] Values);
