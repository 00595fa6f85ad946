namespace DataLoad.Host.Api;

/// <summary>The sums of every page.</summary>
internal sealed record TotalsShape(DateOnly From, DateOnly To, IReadOnlyList<TotalsShape.PageTotals> Pages)
{
    /// <summary>A page's sums.</summary>
    internal sealed record PageTotals(string Page, long Topics, MetricValues Values);
}
