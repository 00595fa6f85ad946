using System.Text;
using static System.FormattableString;

namespace DataLoad.Demo;

/// <summary>The statistics tables against the tally, cell by cell.</summary>
/// <param name="Rows">How many rows were compared.</param>
/// <param name="Cells">How many cells were compared.</param>
/// <param name="Differences">The cells that differ, in no order.</param>
/// <param name="Problem">Why the tables could not be read, or null.</param>
public sealed record Comparison(int Rows, long Cells, IReadOnlyList<Difference> Differences, string? Problem = null)
{
    /// <summary>Every cell is as it should be.</summary>
    public bool AllEqual => Differences.Count == 0 && Problem is null;

    /// <summary>One line when all is equal, otherwise the differences, up to <paramref name="most"/>.</summary>
    public string Describe(int most = 40)
    {
        if (Problem is not null)
        {
            return $"the statistics tables could not be read: {Problem}";
        }

        if (AllEqual)
        {
            return Invariant($"{Cells} cells in {Rows} rows compared: all equal");
        }

        var text = new StringBuilder(Invariant($"{Cells} cells in {Rows} rows compared: {Differences.Count} differ"));
        foreach (var difference in Differences.OrderBy(difference => difference.ToString(), StringComparer.Ordinal).Take(most))
        {
            text.Append("\n  ").Append(difference);
        }

        if (Differences.Count > most)
        {
            text.Append(Invariant($"\n  … and {Differences.Count - most} more"));
        }

        return text.ToString();
    }
}
