using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using DataLoad.Engine.Journaling;

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

    public int PageCount => PageCountOf(Count, PageIds);

    /// <summary>How many rows it has in the store.</summary>
    public int RowCount => PageCount + 1;

    public static int PageCountOf(int count, int pageIds) => (count - 1 + pageIds) / pageIds;

    public int IdsOfPage(int page) => Math.Min(PageIds, Count - (page * PageIds));

    /// <summary>About how many bytes a row has.</summary>
    public long RowBytes(int page) => page == PagedRow.DirectoryPage
        ? ((long)FilterBlocks * BlockedFilter.BlockBytes) + (PageCount * 16L) + 64
        : (IdsOfPage(page) * 16L) + 32;
}

/// <summary>What tells, for a segment, whether an id may be in it, and in which page.</summary>
internal sealed class SegmentDirectory(BlockedFilter filter, UInt128[] pageFirsts)
{
    public BlockedFilter Filter { get; } = filter;

    /// <summary>The first id of each page, ascending.</summary>
    public UInt128[] PageFirsts { get; } = pageFirsts;

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

/// <summary>A Partition's segments, those of the newest bucket first, since most repeats follow soon.</summary>
internal sealed class SegmentList
{
    private readonly Dictionary<SegmentKey, Segment> _byKey = [];
    private Segment[] _newestFirst = [];

    // The filters of _newestFirst once more: a question reads these and nothing else.
    private BlockedFilter?[] _filters = [];

    /// <summary>All segments, those whose bucket ends last first.</summary>
    public ReadOnlySpan<Segment> NewestFirst => _newestFirst;

    /// <summary>The filters of <see cref="NewestFirst"/>, null for one that is not in memory.</summary>
    public ReadOnlySpan<BlockedFilter?> Filters => _filters;

    /// <summary>What they cost in memory, pages aside.</summary>
    public long Bytes { get; private set; }

    public bool TryGet(SegmentKey key, [NotNullWhen(true)] out Segment? segment) => _byKey.TryGetValue(key, out segment);

    public void Replace(IReadOnlyCollection<Segment> removed, IReadOnlyCollection<Segment> added)
    {
        foreach (Segment segment in removed)
        {
            _byKey.Remove(segment.Key);
            Bytes -= Cost(segment);
        }

        foreach (Segment segment in added)
        {
            _byKey.Add(segment.Key, segment);
            Bytes += Cost(segment);
        }

        _newestFirst = [.. _byKey.Values.OrderByDescending(s => s.EndMs).ThenBy(s => s.BucketMs).ThenByDescending(s => s.Key.Number)];
        _filters = Array.ConvertAll(_newestFirst, segment => segment.Directory?.Filter);
    }

    /// <summary>How many of <see cref="NewestFirst"/> have a bucket that ends after <paramref name="endedByMs"/>; they come first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CountAfter(long endedByMs)
    {
        int count = _newestFirst.Length;
        while (count > 0 && _newestFirst[count - 1].EndMs <= endedByMs)
        {
            count--;
        }

        return count;
    }

    /// <summary>Gives a segment its directory, or takes it away.</summary>
    public void SetDirectory(Segment segment, SegmentDirectory? directory)
    {
        Bytes -= Cost(segment);
        segment.Directory = directory;
        _filters[Array.IndexOf(_newestFirst, segment)] = directory?.Filter;
        Bytes += Cost(segment);
    }

    private static long Cost(Segment segment) => Segment.OwnBytes + (segment.Directory?.Bytes ?? 0);
}
