using System.Data.Common;
using System.Diagnostics;
using System.Globalization;

namespace DataLoad.Demo;

/// <summary>Compares the statistics tables with a <see cref="Tally"/>: every row, every cell, both ways.</summary>
public static class TallyComparer
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>Compares once.</summary>
    /// <param name="tally">What is expected.</param>
    /// <param name="store">Where the tables are; see <see cref="DatabaseUrl"/>.</param>
    /// <param name="cancel">Ends the attempt.</param>
    public static async Task<Comparison> CompareAsync(Tally tally, string store, CancellationToken cancel = default)
    {
        try
        {
            await using var connection = await DatabaseUrl.Parse(store).OpenAsync(cancel);
            var actual = await StatRows.ReadAsync(connection, cancel);
            var parts = tally.HasParents ? await StatRows.ReadPartsAsync(connection, cancel) : [];
            return tally.Locked(() => Compare(tally, actual, parts));
        }
        catch (DbException problem)
        {
            return new Comparison(0, 0, [], problem.Message);
        }
    }

    /// <summary>Compares again and again until all is equal or the time is up; the last comparison is returned.</summary>
    public static async Task<Comparison> WaitUntilEqualAsync(Tally tally, string store, TimeSpan timeout, CancellationToken cancel = default)
    {
        var waited = Stopwatch.StartNew();
        var pause = TimeSpan.FromMilliseconds(50);
        while (true)
        {
            var comparison = await CompareAsync(tally, store, cancel);
            if (comparison.AllEqual || waited.Elapsed >= timeout)
            {
                return comparison;
            }

            await Task.Delay(pause, cancel);
            pause = pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause;
        }
    }

    private static Comparison Compare(Tally tally, Dictionary<RowKey, decimal[]> actual, Dictionary<RowKey, decimal[]> parts)
    {
        var differences = new List<Difference>();
        var cells = Compare(tally, tally.Rows, actual, differences);
        if (tally.HasParents)
        {
            cells += Compare(tally, tally.Parts, parts, differences);
        }

        return new Comparison(tally.Rows.Count + (tally.HasParents ? tally.Parts.Count : 0), cells, differences);
    }

    private static long Compare(Tally tally, IReadOnlyDictionary<RowKey, TallyRow> rows, Dictionary<RowKey, decimal[]> actual, List<Difference> differences)
    {
        long cells = 0;
        foreach (var (key, expected) in rows)
        {
            if (!actual.TryGetValue(key, out var values))
            {
                differences.Add(new Difference(key, "*", "a row", "missing"));
                continue;
            }

            var columns = (key.Table.StartsWith(StatTable.Bear.Name, StringComparison.Ordinal) ? StatTable.Bear : StatTable.ActDate).Columns;
            for (var i = 0; i < columns.Count; i++)
            {
                cells++;
                var surplus = tally.Surplus(key, i);
                if (values[i] < expected[i] || values[i] > expected[i] + surplus)
                {
                    var most = surplus > 0 ? $" to {Shown(expected[i] + surplus)}" : "";
                    differences.Add(new Difference(key, columns[i].Name, Shown(expected[i]) + most, Shown(values[i])));
                }
            }
        }

        differences.AddRange(actual.Keys.Where(key => !rows.ContainsKey(key)).Select(key => new Difference(key, "*", "no row", "there")));
        return cells;
    }

    private static string Shown(decimal value) => value.ToString(CultureInfo.InvariantCulture);
}
