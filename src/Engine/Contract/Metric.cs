namespace DataLoad.Engine.Contract;

/// <summary>One column of a page's statistics table.</summary>
/// <param name="Column">The column's exact name; lower-case letters, digits and underscores.</param>
/// <param name="Kind">What the column holds.</param>
public sealed record Metric(string Column, MetricKind Kind)
{
    /// <summary>A metric that sums whole numbers.</summary>
    public static Metric Count(string column) => new(column, MetricKind.Count);

    /// <summary>A metric that sums money.</summary>
    public static Metric Amount(string column) => new(column, MetricKind.Amount);

    /// <summary>A metric that counts distinct ids.</summary>
    public static Metric Distinct(string column) => new(column, MetricKind.Distinct);
}
