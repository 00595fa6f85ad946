using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Seen;

/// <summary>Keeps the segments of a bucket few: in one that is over, whatever fits together is merged.</summary>
/// <remarks>In one that still grows, those of a size class are merged when there are enough, so that an id is written once for each class.</remarks>
internal static class Compaction
{
    private const int MaxInputs = 64;

    /// <summary>What is worth merging next of all segments, bucket by bucket; null where nothing is. Buckets that end before the newest one are over.</summary>
    public static CompactionPlan? Plan(ReadOnlySpan<Segment> newestFirst, long newestEndMs, SeenHashesOptions options) => newestFirst.ToArray()
        .GroupBy(segment => (segment.Key.Bucket, segment.BucketMs))
        .Select(bucket => PlanBucket(bucket, bucket.First().EndMs < newestEndMs, options))
        .FirstOrDefault(plan => plan is not null);

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
                byte[] stored = bytes.GetValueOrDefault((input.Key, page)) ?? throw SegmentFault.Missing(shard, input.Key, page);
                SegmentRows.DecodePage(shard, input, page, stored, part);
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

    private static CompactionPlan? PlanBucket(IEnumerable<Segment> bucket, bool over, SeenHashesOptions options)
    {
        // Two of these always fit into one.
        Segment[] small = [.. bucket.Where(s => s.Count <= options.MaxSegmentIds / 2).OrderBy(s => s.Count).ThenBy(s => s.Key.Number)];
        if (over)
        {
            return small.Length > 1 ? new CompactionPlan(ThatFit(small, options)) : null;
        }

        return small.GroupBy(s => SizeClass(s, options)).FirstOrDefault(sameSize => sameSize.Count() >= options.MergeAtSegments) is { } many
            ? new CompactionPlan(ThatFit([.. many], options))
            : null;
    }

    private static Segment[] ThatFit(Segment[] ascending, SeenHashesOptions options)
    {
        int count = 0;
        long ids = 0;
        while (count < ascending.Length && count < MaxInputs && ids + ascending[count].Count <= options.MaxSegmentIds)
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

/// <summary>Segments of one bucket that are worth merging to one. A plan changes nothing and may be dropped.</summary>
internal sealed class CompactionPlan(IReadOnlyList<Segment> inputs)
{
    /// <summary>The store keys to load, of <see cref="SnapshotKind.SeenHashes"/>: all pages of all inputs.</summary>
    public IReadOnlyList<byte[]> Keys { get; } = [.. inputs.SelectMany(s => Enumerable.Range(0, s.PageCount), (s, page) => s.Key.Row(page))];

    /// <summary>How many ids the inputs have together; 16 bytes each to load.</summary>
    public int Ids { get; } = inputs.Sum(s => s.Count);

    public IReadOnlyList<Segment> Inputs => inputs;
}

/// <summary>Rows to save in one transaction, again until that succeeds: an unknown outcome is no failure, and saving twice changes nothing.</summary>
/// <param name="SequenceNr">The SequenceNr that they hold at; with those of a seal saved, no id up to it needs the journal.</param>
/// <param name="Writes">The rows; empty where there is nothing to save.</param>
internal sealed record SeenWrites(long SequenceNr, IReadOnlyList<SnapshotWrite> Writes);
