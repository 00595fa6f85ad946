namespace DataLoad.Engine.Storage;

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
