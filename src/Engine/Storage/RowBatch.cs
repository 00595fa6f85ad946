namespace DataLoad.Engine.Storage;

/// <summary>One column of the rows of a statement, as an array.</summary>
internal abstract class BatchColumn(Array array)
{
    public Array Array => array;
}

/// <summary>A column of one type: int, long, short, string, byte[] or DateOnly.</summary>
internal sealed class BatchColumn<T>(T[] values) : BatchColumn(values)
{
    public T[] Values { get; } = values;
}

/// <summary>Several whole numbers a row, row by row in one array: what a database takes in at much less cost than a column each.</summary>
internal sealed class NumberColumns(long[] values, int width) : BatchColumn(values)
{
    public long[] Values { get; } = values;
    public int Width => width;

    public ReadOnlySpan<long> Row(int row) => Values.AsSpan(row * width, width);
}

/// <summary>The names of the columns that a statement takes, known as <c>w.name</c> in its text.</summary>
/// <param name="IsFenced">Whether the first two columns are <c>partition_id</c> and <c>epoch</c>: rows of a stale Epoch are then left out.</param>
/// <param name="Names">The columns of a type each.</param>
/// <param name="Numbers">How many whole numbers come behind them.</param>
internal sealed record RowShape(bool IsFenced, string[] Names, int Numbers = 0);

/// <summary>Rows on their way into one statement, column by column.</summary>
internal sealed class RowBatch
{
    public RowBatch(int count, params BatchColumn[] columns)
    {
        Count = count;
        Columns = columns;
    }

    public RowBatch(int[] partitions, long[] epochs, params BatchColumn[] columns)
    {
        Count = partitions.Length;
        Partitions = partitions;
        Epochs = epochs;
        Columns = [new BatchColumn<int>(partitions), new BatchColumn<long>(epochs), .. columns];
    }

    public int Count { get; }
    public BatchColumn[] Columns { get; }

    /// <summary>The Partition of each row; empty where the rows are not fenced.</summary>
    public int[] Partitions { get; } = [];

    /// <summary>The Epoch under which each row is written; empty where the rows are not fenced.</summary>
    public long[] Epochs { get; } = [];

    public static T[] Column<TItem, T>(IReadOnlyList<TItem> items, Func<TItem, T> value) => [.. items.Select(value)];

    public static BatchColumn<T> Of<TItem, T>(IReadOnlyList<TItem> items, Func<TItem, T> value) => new(Column(items, value));
}

/// <summary>A statement that is run for rows: for all of them at once, or one after another, as the database does it best.</summary>
internal sealed record RowStatement(string Text, RowBatch Rows);

/// <summary>Splits what is written into statements of bounded size.</summary>
internal static class Chunk
{
    /// <summary>The most bytes that a statement's parameters hold, except where a single item is larger.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>The ranges of a list, each of at most so many items and <see cref="MaxBytes"/>, and of one item at least.</summary>
    public static IEnumerable<Range> Split<T>(IReadOnlyList<T> items, int maxItems, Func<T, int> size)
    {
        int start = 0;
        long bytes = 0;
        for (int i = 0; i < items.Count; i++)
        {
            int itemBytes = size(items[i]);
            if (i > start && (i - start >= maxItems || bytes + itemBytes > MaxBytes))
            {
                yield return start..i;
                start = i;
                bytes = 0;
            }

            bytes += itemBytes;
        }

        if (start < items.Count)
        {
            yield return start..items.Count;
        }
    }
}
