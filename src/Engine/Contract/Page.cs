using System.Collections.Immutable;

namespace DataLoad.Engine.Contract;

/// <summary>
/// A kind of page that has statistics: one table, a row per topic and day, a column per metric.
/// </summary>
/// <remarks>
/// A metric's place in <see cref="Metrics"/> is its number in stored snapshots, and <see cref="Id"/> is the page's:
/// append metrics, never reorder or remove one, and never give an id to another page.
/// </remarks>
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

    /// <summary>The place of the metric of that column.</summary>
    /// <exception cref="CatalogException">The page has no such column.</exception>
    public int IndexOf(string column)
    {
        for (int i = 0; i < Metrics.Length; i++)
        {
            if (string.Equals(Metrics[i].Column, column, StringComparison.Ordinal))
            {
                return i;
            }
        }

        throw new CatalogException($"Page '{Name}' declares no metric '{column}'; add it to the page's metrics.");
    }
}
