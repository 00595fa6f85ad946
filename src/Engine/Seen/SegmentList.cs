using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace DataLoad.Engine.Seen;

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

    /// <summary>Finds a segment.</summary>
    public bool TryGet(SegmentKey key, [NotNullWhen(true)] out Segment? segment) => _byKey.TryGetValue(key, out segment);

    /// <summary>Takes segments out and others in.</summary>
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
