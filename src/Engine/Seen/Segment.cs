namespace DataLoad.Engine.Seen;

/// <summary>An immutable, stored set of sorted ids of one time bucket. What is here is always in memory; its directory and pages come and go.</summary>
/// <param name="Key">Its name.</param>
/// <param name="BucketMs">The length of its bucket, which may differ from today's where the window was changed.</param>
/// <param name="Count">How many ids it holds; 1 and up.</param>
/// <param name="PageIds">How many ids each page has but the last.</param>
/// <param name="FilterBlocks">How many blocks its filter has.</param>
internal sealed record Segment(SegmentKey Key, long BucketMs, int Count, int PageIds, int FilterBlocks)
{
    /// <summary>What it costs in memory without its directory.</summary>
    public const int OwnBytes = 160;

    /// <summary>Filter and resident pages, where they are in memory.</summary>
    public SegmentDirectory? Directory { get; set; }

    /// <summary>The first millisecond after its bucket.</summary>
    public long EndMs => (Key.Bucket + 1) * BucketMs;

    /// <summary>How many pages it has.</summary>
    public int PageCount => PageCountOf(Count, PageIds);

    /// <summary>How many rows it has in the store.</summary>
    public int RowCount => PageCount + 1;

    /// <summary>How many pages so many ids make.</summary>
    public static int PageCountOf(int count, int pageIds) => (count - 1 + pageIds) / pageIds;

    /// <summary>How many ids a page has.</summary>
    public int IdsOfPage(int page) => Math.Min(PageIds, Count - (page * PageIds));

    /// <summary>About how many bytes a row has.</summary>
    public long RowBytes(int page) => page == SegmentKey.DirectoryPage
        ? ((long)FilterBlocks * BlockedFilter.BlockBytes) + (PageCount * 16L) + 64
        : (IdsOfPage(page) * 16L) + 32;
}

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
        int index = Array.BinarySearch(PageFirsts, id);
        return index >= 0 ? index : ~index - 1;
    }
}
