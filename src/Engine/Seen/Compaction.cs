using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Seen;

/// <summary>
/// Keeps the segments of a bucket few. In a bucket that still grows, segments of one size class are merged when there are
/// enough of them, so that an id is written once for each class it passes through; in one that is over, whatever fits
/// together is merged.
/// </summary>
internal static class Compaction
{
    private const int MaxInputs = 64;

    /// <summary>What is worth merging next; null where nothing is.</summary>
    /// <param name="newestFirst">All segments, bucket by bucket.</param>
    /// <param name="newestEndMs">When the newest bucket ends; those that end before are over.</param>
    /// <param name="options">The limits.</param>
    public static CompactionPlan? Plan(ReadOnlySpan<Segment> newestFirst, long newestEndMs, SeenHashesOptions options)
    {
        int start = 0;
        for (int i = 1; i <= newestFirst.Length; i++)
        {
            Segment first = newestFirst[start];
            if (i < newestFirst.Length && newestFirst[i].Key.Bucket == first.Key.Bucket && newestFirst[i].BucketMs == first.BucketMs)
            {
                continue;
            }

            CompactionPlan? plan = PlanBucket(newestFirst[start..i], first.EndMs < newestEndMs, options);
            if (plan is not null)
            {
                return plan;
            }

            start = i;
        }

        return null;
    }

    /// <summary>The ids of all inputs, ascending, each once.</summary>
    /// <exception cref="Counting.StoredFormatException">A page is missing or damaged.</exception>
    public static ReadOnlySpan<UInt128> Merge(int shard, CompactionPlan plan, IReadOnlyList<Snapshot> loaded)
    {
        var bytes = new Dictionary<(SegmentKey, int), byte[]>(loaded.Count);
        foreach (Snapshot snapshot in loaded)
        {
            if (SegmentKey.TryParse(snapshot.Key, out SegmentKey key, out int page))
            {
                bytes[(key, page)] = snapshot.Bytes;
            }
        }

        var ids = new UInt128[plan.Ids];
        var ends = new List<int>(plan.Inputs.Count);
        int at = 0;
        foreach (Segment input in plan.Inputs)
        {
            int start = at;
            for (int page = 0; page < input.PageCount; page++)
            {
                Span<UInt128> part = ids.AsSpan(at, input.IdsOfPage(page));
                SegmentRows.DecodePage(shard, input, page, bytes.TryGetValue((input.Key, page), out byte[]? found) ? found : throw SegmentFault.Missing(shard, input.Key, page), part);
                if (at > start && part[0] <= ids[at - 1])
                {
                    throw SegmentFault.Damaged(shard, input.Key, page, new InvalidDataException("it does not come after the page before it"));
                }

                at += part.Length;
            }

            ends.Add(at);
        }

        return HashSort.Merge(ids, ends);
    }

    private static CompactionPlan? PlanBucket(ReadOnlySpan<Segment> bucket, bool over, SeenHashesOptions options)
    {
        // Two of these always fit into one.
        List<Segment> small = [];
        foreach (Segment segment in bucket)
        {
            if (segment.Count <= options.MaxSegmentIds / 2)
            {
                small.Add(segment);
            }
        }

        small.Sort((a, b) => a.Count != b.Count ? a.Count.CompareTo(b.Count) : a.Key.Number.CompareTo(b.Key.Number));
        if (over)
        {
            return small.Count > 1 ? new CompactionPlan(ThatFit(small, options)) : null;
        }

        foreach (IGrouping<int, Segment> sameSize in small.GroupBy(s => SizeClass(s, options)))
        {
            List<Segment> segments = [.. sameSize];
            if (segments.Count >= options.MergeAtSegments)
            {
                return new CompactionPlan(ThatFit(segments, options));
            }
        }

        return null;
    }

    private static List<Segment> ThatFit(List<Segment> ascending, SeenHashesOptions options)
    {
        int count = 0;
        long ids = 0;
        while (count < ascending.Count && count < MaxInputs && ids + ascending[count].Count <= options.MaxSegmentIds)
        {
            ids += ascending[count++].Count;
        }

        return ascending[..count];
    }

    // Classes by pages: all below one page are of one class, since writing one page costs the same however full.
    private static int SizeClass(Segment segment, SeenHashesOptions options)
    {
        int sizeClass = 0;
        for (int pages = segment.PageCount; pages >= options.MergeAtSegments; pages /= options.MergeAtSegments)
        {
            sizeClass++;
        }

        return sizeClass;
    }
}
