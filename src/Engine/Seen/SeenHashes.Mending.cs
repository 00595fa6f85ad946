namespace DataLoad.Engine.Seen;

/// <content>A segment of which a stored row is damaged is given up, and its ids are added again from the journal.</content>
internal sealed partial class SeenHashes
{
    // Rows of segments that were given up: removed by the seal that stores their ids anew, in its transaction.
    private readonly List<byte[]> _givenUp = [];

    /// <summary>The length of a time bucket.</summary>
    public long BucketMs => _options.BucketMs;

    /// <summary>Whether rows of segments that were given up wait for the next seal.</summary>
    public bool HasGivenUp => _givenUp.Count > 0;

    /// <summary>
    /// When the ids of a segment were journaled: from its bucket's start to before its end. Where its directory cannot be
    /// read, its bucket has today's length if that puts it near the window; else nothing is known but the window.
    /// </summary>
    /// <returns>The first millisecond, and the first one after.</returns>
    public (long FromMs, long ToMs) SpanOf(SegmentKey key, long nowMs)
    {
        if (_segments.TryGet(key, out Segment? segment))
        {
            return (segment.Key.Bucket * segment.BucketMs, segment.EndMs);
        }

        long windowStartMs = Math.Max(0, nowMs - _options.WindowMs);
        bool isPlausible = key.Bucket <= nowMs / _options.BucketMs && key.Bucket >= windowStartMs / _options.BucketMs;
        return isPlausible
            ? (key.Bucket * _options.BucketMs, (key.Bucket + 1) * _options.BucketMs)
            : (windowStartMs, long.MaxValue);
    }

    /// <summary>
    /// Gives a segment up, all ids of whose bucket were added again before; its rows go with the next seal, which stores
    /// those ids. Until then, a crash finds all as it was.
    /// </summary>
    /// <param name="key">The segment.</param>
    /// <param name="rows">The keys of its rows that the store has.</param>
    public void GiveUp(SegmentKey key, IReadOnlyCollection<byte[]> rows)
    {
        if (_segments.TryGet(key, out Segment? segment))
        {
            Release([segment]);
            _segments.Replace([segment], []);
            segment.Directory = null;
        }

        _givenUp.AddRange(rows);
    }
}
