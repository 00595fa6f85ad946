namespace DataLoad.Engine.Seen;

/// <summary>The pages in memory, in the order of their use. It drops nothing by itself: a batch needs all that it loaded.</summary>
internal sealed class PageCache
{
    private readonly LinkedList<SegmentPage> _newestFirst = [];

    /// <summary>What its pages cost in memory.</summary>
    public long Bytes { get; private set; }

    public int Count => _newestFirst.Count;

    /// <summary>Takes a page in as the newest.</summary>
    public void Add(SegmentPage page)
    {
        page.Directory.Pages[page.Index] = page;
        _newestFirst.AddFirst(page.ByUse);
        Bytes += page.Bytes;
    }

    public void Touch(SegmentPage page)
    {
        if (_newestFirst.First != page.ByUse)
        {
            _newestFirst.Remove(page.ByUse);
            _newestFirst.AddFirst(page.ByUse);
        }
    }

    /// <summary>Drops the page that was not used for longest; false where there is none.</summary>
    public bool DropOldest()
    {
        if (_newestFirst.Last is not { } oldest)
        {
            return false;
        }

        Drop(oldest.Value);
        return true;
    }

    public void DropAll(SegmentDirectory directory)
    {
        foreach (SegmentPage page in directory.Pages.OfType<SegmentPage>())
        {
            Drop(page);
        }
    }

    private void Drop(SegmentPage page)
    {
        _newestFirst.Remove(page.ByUse);
        page.Directory.Pages[page.Index] = null;
        Bytes -= page.Bytes;
    }
}

internal sealed class SegmentPage(SegmentDirectory directory, int index, UInt128[] ids)
{
    public SegmentDirectory Directory => directory;
    public int Index => index;

    /// <summary>Its place among the others in the order of use.</summary>
    public LinkedListNode<SegmentPage> ByUse => field ??= new LinkedListNode<SegmentPage>(this);

    /// <summary>What it costs in memory.</summary>
    public long Bytes => (ids.Length * 16L) + 96;

    public bool Contains(UInt128 id) => Array.BinarySearch(ids, id) >= 0;
}

/// <summary>The store keys of rows to load in one round trip. Bounded: what does not fit is asked for again in the next round.</summary>
/// <param name="maxBytes">About how many bytes one round loads; one row is always taken.</param>
internal sealed class MissingPages(long maxBytes = 32L << 20)
{
    private readonly HashSet<(SegmentKey Segment, int Page)> _rows = [];
    private long _bytes;

    public IReadOnlyList<byte[]> Keys => [.. _rows.Select(row => row.Segment.Row(row.Page))];
    public bool IsEmpty => _rows.Count == 0;
    public IReadOnlyCollection<(SegmentKey Segment, int Page)> Rows => _rows;

    public void Clear()
    {
        _rows.Clear();
        _bytes = 0;
    }

    /// <summary>Asks for a row, once, where there is room.</summary>
    public void Add(Segment segment, int page)
    {
        long bytes = segment.RowBytes(page);
        if ((_rows.Count == 0 || _bytes + bytes <= maxBytes) && _rows.Add((segment.Key, page)))
        {
            _bytes += bytes;
        }
    }
}

/// <summary>What is known of an identity without asking the store.</summary>
internal enum Membership
{
    /// <summary>It was not journaled within the window.</summary>
    Fresh,
    /// <summary>It was journaled within the window.</summary>
    Seen,
    /// <summary>Stored rows must be loaded to tell.</summary>
    Unknown,
}
