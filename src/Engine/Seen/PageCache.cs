namespace DataLoad.Engine.Seen;

/// <summary>The pages in memory, in the order of their use. It drops nothing by itself: a batch needs all that it loaded.</summary>
internal sealed class PageCache
{
    private readonly LinkedList<SegmentPage> _newestFirst = [];

    /// <summary>What its pages cost in memory.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many pages there are.</summary>
    public int Count => _newestFirst.Count;

    /// <summary>Takes a page in as the newest.</summary>
    public void Add(SegmentPage page)
    {
        page.Directory.Pages[page.Index] = page;
        _newestFirst.AddFirst(page.ByUse);
        Bytes += page.Bytes;
    }

    /// <summary>Makes a page the newest.</summary>
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

    /// <summary>Drops all pages of a directory.</summary>
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

/// <summary>A page of a segment in memory.</summary>
internal sealed class SegmentPage
{
    private readonly UInt128[] _ids;

    public SegmentPage(SegmentDirectory directory, int index, UInt128[] ids)
    {
        Directory = directory;
        Index = index;
        _ids = ids;
        ByUse = new LinkedListNode<SegmentPage>(this);
    }

    /// <summary>Where it belongs.</summary>
    public SegmentDirectory Directory { get; }

    /// <summary>Its index in the segment.</summary>
    public int Index { get; }

    /// <summary>Its place among the others in the order of use.</summary>
    public LinkedListNode<SegmentPage> ByUse { get; }

    /// <summary>What it costs in memory.</summary>
    public long Bytes => (_ids.Length * 16L) + 96;

    /// <summary>Whether it holds the id.</summary>
    public bool Contains(UInt128 id) => Array.BinarySearch(_ids, id) >= 0;
}
