using System.Collections.Immutable;

namespace DataLoad.Engine.Contract;

/// <summary>A kind of page that has statistics: one table, a row per topic and day, a column per metric.</summary>
/// <remarks>A metric's place in <see cref="Metrics"/> is its number in stored snapshots, and <see cref="Id"/> is the page's: append metrics, never reorder or
/// remove one, and never give an id to another page.</remarks>
public sealed record Page
{
    /// <summary>The page's number in stored snapshots; 1 to 255, never reused.</summary>
    public required byte Id { get; init; }

    /// <summary>The page's name, as in <c>act</c>; what comes before the dot in its streams' names.</summary>
    public required string Name { get; init; }

    /// <summary>The statistics table's exact name.</summary>
    public required string Table { get; init; }

    /// <summary>The columns, in the table's order.</summary>
    public required ImmutableArray<Metric> Metrics { get; init; }

    /// <summary>Metrics behind <see cref="Metrics"/> that are counted and stored, but have no column to be read yet: their past is being computed. None in what an
    /// engine counts by.</summary>
    public ImmutableArray<Metric> Pending { get; init; } = [];

    /// <summary>By what its cells are broken down: each breakdown has a table of its own. In the order of <see cref="Breakdown"/>, each once.</summary>
    public ImmutableArray<Breakdown> Breakdowns { get; init; } = [];

    /// <summary>Its statistics tables: that of the page, and one for each breakdown that is on.</summary>
    public IEnumerable<StatisticsTable> Tables => [new StatisticsTable(this), .. Breakdowns.Select(breakdown => new StatisticsTable(this, breakdown))];

    /// <summary>The metric of a number, be it pending; null where there is none.</summary>
    public Metric? MetricAt(int number) => number < Metrics.Length ? Metrics[number] : number - Metrics.Length < Pending.Length ? Pending[number - Metrics.Length] : null;

    /// <summary>The place of the metric of that column.</summary>
    /// <exception cref="CatalogException">The page has no such column.</exception>
    public int IndexOf(string column) => Metrics.IndexOf(metric => metric.Column, column) is var index and >= 0
        ? index : throw new CatalogException($"Page '{Name}' declares no metric '{column}'; add it to the page's metrics.");
}

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

/// <summary>What is in a distinct set.</summary>
public enum MemberKind
{
    /// <summary>Users, by <c>wuId</c>.</summary>
    People = 0,
    /// <summary>Brands, by their ids.</summary>
    Brands = 1,
}
