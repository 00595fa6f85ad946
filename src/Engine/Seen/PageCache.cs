namespace DataLoad.Engine.Seen;

/// <summary>The pages in memory, in the order of their use. It drops nothing by itself: a batch needs all that it loaded.</summary>
internal sealed class PageCache
{
    private SegmentPage? _newest;
    private SegmentPage? _oldest;

    /// <summary>What its pages cost in memory.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many pages there are.</summary>
    public int Count { get; private set; }

    /// <summary>Takes a page in as the newest.</summary>
    public void Add(SegmentPage page)
    {
        page.Directory.Pages[page.Index] = page;
        Link(page);
        Bytes += page.Bytes;
        Count++;
    }

    /// <summary>Makes a page the newest.</summary>
    public void Touch(SegmentPage page)
    {
        if (!ReferenceEquals(page, _newest))
        {
            Unlink(page);
            Link(page);
        }
    }

    /// <summary>Drops the page that was not used for longest; false where there is none.</summary>
    public bool DropOldest()
    {
        if (_oldest is not { } page)
        {
            return false;
        }

        Drop(page);
        return true;
    }

    /// <summary>Drops all pages of a directory.</summary>
    public void DropAll(SegmentDirectory directory)
    {
        foreach (SegmentPage? page in directory.Pages)
        {
            if (page is not null)
            {
                Drop(page);
            }
        }
    }

    private void Drop(SegmentPage page)
    {
        Unlink(page);
        page.Directory.Pages[page.Index] = null;
        Bytes -= page.Bytes;
        Count--;
    }

    private void Link(SegmentPage page)
    {
        page.Older = _newest;
        page.Newer = null;
        if (_newest is not null)
        {
            _newest.Newer = page;
        }

        _newest = page;
        _oldest ??= page;
    }

    private void Unlink(SegmentPage page)
    {
        if (page.Newer is null)
        {
            _newest = page.Older;
        }
        else
        {
            page.Newer.Older = page.Older;
        }

        if (page.Older is null)
        {
            _oldest = page.Newer;
        }
        else
        {
            page.Older.Newer = page.Newer;
        }

        page.Newer = page.Older = null;
    }
}
