using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Storage.Memory;

/// <summary>One statistics table: rows by key, values by column.</summary>
internal sealed class MemoryTable
{
    private readonly Dictionary<string, int> _columns = new(StringComparer.Ordinal);

    /// <summary>The rows in key order.</summary>
    public SortedList<MemoryKey, (long? SequenceNr, long[] Values)> Rows { get; } = [];

    /// <summary>Whether it has a column.</summary>
    public bool HasColumn(string column) => _columns.ContainsKey(column);

    /// <summary>Adds the columns that a page has and the table lacks; they are 0 in the rows that are there.</summary>
    public void Ensure(Page page)
    {
        foreach (Metric metric in page.Metrics)
        {
            _columns.TryAdd(metric.Column, _columns.Count);
        }
    }

    /// <summary>Puts a row in the place of the one that is there; columns that the page does not have stay.</summary>
    public void Put(Page page, StatisticsRow row, long? sequenceNr)
    {
        var key = MemoryKey.Of(row);
        long[] values = new long[_columns.Count];
        if (Rows.TryGetValue(key, out (long? SequenceNr, long[] Values) old))
        {
            old.Values.CopyTo(values, 0);
        }

        for (int i = 0; i < page.Metrics.Length; i++)
        {
            values[_columns[page.Metrics[i].Column]] = row.Values[i];
        }

        Rows[key] = (sequenceNr, values);
    }

    /// <summary>A row as a page sees it.</summary>
    public StatisticsRow Read(Page page, int index)
    {
        MemoryKey key = Rows.GetKeyAtIndex(index);
        (long? sequenceNr, long[] stored) = Rows.GetValueAtIndex(index);
        long[] values = new long[page.Metrics.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int column = _columns[page.Metrics[i].Column];
            values[i] = column < stored.Length ? stored[column] : 0;
        }

        return new StatisticsRow(key.TopicType, key.TopicId, key.Day, sequenceNr, values, Part: key.Part);
    }

    /// <summary>The place of the first row after a key, or of the first of all.</summary>
    public int After(MemoryKey? key)
    {
        if (key is null)
        {
            return 0;
        }

        int low = 0;
        int high = Rows.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (Rows.GetKeyAtIndex(middle).CompareTo(key.Value) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
