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

/// <summary>What a <see cref="Metric"/> holds, and so how events add to it and how its column is declared.</summary>
public enum MetricKind
{
    /// <summary>A whole number, summed; column type <c>bigint</c>.</summary>
    Count = 0,

    /// <summary>Money, summed in hundredths; column type <c>decimal(18,2)</c>.</summary>
    Amount = 1,

    /// <summary>The number of distinct non-zero ids seen, kept as an exact set; column type <c>bigint</c>.</summary>
    Distinct = 2,
}
