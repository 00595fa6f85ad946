namespace DataLoad.Engine.Seen;

/// <summary>A page of a segment in memory, and its place among the others in the order of use.</summary>
internal sealed class SegmentPage(SegmentDirectory directory, int index, UInt128[] ids)
{
    /// <summary>Where it belongs.</summary>
    public SegmentDirectory Directory { get; } = directory;

    /// <summary>Its index in the segment.</summary>
    public int Index { get; } = index;

    /// <summary>The page that was used next after this one.</summary>
    public SegmentPage? Newer { get; set; }

    /// <summary>The page that was used last before this one.</summary>
    public SegmentPage? Older { get; set; }

    /// <summary>What it costs in memory.</summary>
    public long Bytes => (ids.Length * 16L) + 96;

    /// <summary>Whether it holds the id.</summary>
    public bool Contains(UInt128 id) => Array.BinarySearch(ids, id) >= 0;
}
