namespace DataLoad.Engine.Seen;

/// <summary>What tells, for a segment, whether an id may be in it, and in which page.</summary>
internal sealed class SegmentDirectory(BlockedFilter filter, UInt128[] pageFirsts)
{
    /// <summary>The filter over all its ids.</summary>
    public BlockedFilter Filter { get; } = filter;

    /// <summary>The first id of each page, ascending.</summary>
    public UInt128[] PageFirsts { get; } = pageFirsts;

    /// <summary>The pages that are in memory.</summary>
    public SegmentPage?[] Pages { get; } = new SegmentPage?[pageFirsts.Length];

    /// <summary>What it costs in memory, its pages aside.</summary>
    public long Bytes => Filter.Bytes + (PageFirsts.Length * 24L) + 112;

    /// <summary>The page that alone may hold the id; -1 where none may.</summary>
    public int PageOf(UInt128 id)
    {
        int low = 0;
        int high = PageFirsts.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (PageFirsts[middle] <= id)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }
}
