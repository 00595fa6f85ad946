namespace DataLoad.Engine.Seen;

/// <summary>The store keys of rows to load in one round trip. Bounded: what does not fit is asked for again in the next round.</summary>
/// <param name="maxBytes">About how many bytes one round loads; one row is always taken.</param>
internal sealed class MissingPages(long maxBytes = 32L << 20)
{
    private readonly List<byte[]> _keys = [];
    private readonly List<(SegmentKey Segment, int Page)> _rows = [];
    private readonly HashSet<(SegmentKey Segment, int Page)> _asked = [];
    private long _bytes;

    /// <summary>The keys to load.</summary>
    public IReadOnlyList<byte[]> Keys => _keys;

    /// <summary>Whether there is nothing to load.</summary>
    public bool IsEmpty => _keys.Count == 0;

    /// <summary>The rows that the keys name.</summary>
    internal IReadOnlyList<(SegmentKey Segment, int Page)> Rows => _rows;

    /// <summary>Makes it ready for the next round.</summary>
    public void Clear()
    {
        _keys.Clear();
        _rows.Clear();
        _asked.Clear();
        _bytes = 0;
    }

    /// <summary>Asks for a row, once, where there is room.</summary>
    internal void Add(Segment segment, int page)
    {
        long bytes = segment.RowBytes(page);
        if ((_keys.Count == 0 || _bytes + bytes <= maxBytes) && _asked.Add((segment.Key, page)))
        {
            _keys.Add(segment.Key.Row(page));
            _rows.Add((segment.Key, page));
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
