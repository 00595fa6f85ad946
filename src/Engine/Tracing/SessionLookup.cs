using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Tracing;

/// <summary>Asks the stored segments of a Partition for the blocks of a fingerprint, beside the owner, who may merge them meanwhile.</summary>
internal static class SessionLookup
{
    /// <summary>How many pages are loaded at once; some 30 KiB each.</summary>
    private const int PagesAtOnce = 64;

    /// <summary>How often the segments are listed anew because a page was gone, until its segment is taken for a gap.</summary>
    private const int MaxTries = 5;

    /// <summary>The blocks behind the baseline that may hold events of a fingerprint, and what no segment stands for, or one that is damaged.</summary>
    public static async Task<SessionBlocks> FindAsync(
        int partition, long baseline, uint fingerprint, ISnapshotStore snapshots, CancellationToken cancellationToken)
    {
        for (int tries = 1; ; tries++)
        {
            StoredSessions stored = await SessionIndexing.ListAsync(partition, snapshots, cancellationToken);
            List<SessionSegment> segments = WidestOf(stored.Segments.Where(segment => segment.Range.Through > baseline));
            var blocks = new SortedSet<long>();
            List<BlockRange> missing = await ReadAsync(partition, fingerprint, segments, snapshots, blocks, cancellationToken);
            if (missing.Count == 0 || tries == MaxTries)
            {
                IEnumerable<BlockRange> covered = segments.Select(segment => segment.Range).Where(range => !missing.Contains(range));
                return new SessionBlocks(
                    [.. blocks.Where(block => block > baseline)], [.. SessionIndex.Gaps(covered, baseline, long.MaxValue)]);
            }
        }
    }

    /// <summary>Without those within others.</summary>
    private static List<SessionSegment> WidestOf(IEnumerable<SessionSegment> stored)
    {
        var widest = new List<SessionSegment>();
        foreach (SessionSegment segment in stored.OrderBy(segment => segment.Range.After).ThenByDescending(segment => segment.Range.Through))
        {
            if (widest.Count == 0 || segment.Range.Through > widest[^1].Range.Through)
            {
                widest.Add(segment);
            }
        }

        return widest;
    }

    /// <summary>Reads the one page of each segment that may hold the fingerprint.</summary>
    /// <returns>The ranges of segments whose page is missing or damaged.</returns>
    private static async Task<List<BlockRange>> ReadAsync(
        int partition, uint fingerprint, List<SessionSegment> segments, ISnapshotStore snapshots, SortedSet<long> blocks, CancellationToken cancellationToken)
    {
        var missing = new List<BlockRange>();
        foreach (SessionSegment[] some in segments.Where(segment => segment.PageCount > 0).Chunk(PagesAtOnce))
        {
            byte[][] keys = [.. some.Select(segment => SessionSegmentKey.Row(segment.Range, segment.PageOf(fingerprint)))];
            IReadOnlyList<Snapshot> rows = await snapshots.LoadAsync(partition, SnapshotKind.SessionSegments, keys, cancellationToken);
            Dictionary<BlockRange, byte[]> pages = rows.ToDictionary(
                row => SessionSegmentKey.TryParse(row.Key, out BlockRange range, out _) ? range : default, row => row.Bytes);
            foreach (SessionSegment segment in some)
            {
                if (!pages.TryGetValue(segment.Range, out byte[]? bytes) || !TryRead(partition, segment, fingerprint, bytes, blocks))
                {
                    missing.Add(segment.Range);
                }
            }
        }

        return missing;
    }

    private static bool TryRead(int partition, SessionSegment segment, uint fingerprint, byte[] bytes, SortedSet<long> blocks)
    {
        // Of a page that is damaged further on nothing is taken: its range is read through.
        var found = new List<long>();
        try
        {
            SessionSegmentRows.DecodePage(partition, segment, segment.PageOf(fingerprint), bytes, pair =>
            {
                if (SessionPair.FingerprintOf(pair) == fingerprint)
                {
                    found.Add(segment.Range.After + 1 + SessionPair.BlockOf(pair));
                }
            });
            blocks.UnionWith(found);
            return true;
        }
        catch (SessionDamageException)
        {
            return false;
        }
    }
}

/// <summary>Where events of a session may be.</summary>
/// <param name="Blocks">The numbers of blocks, ascending.</param>
/// <param name="Gaps">What must be read through, in order; the last one has no end.</param>
internal sealed record SessionBlocks(IReadOnlyList<long> Blocks, IReadOnlyList<BlockRange> Gaps)
{
    /// <summary>Blocks that follow each other, to be read together.</summary>
    public static IEnumerable<BlockRange> Runs(IReadOnlyList<long> ascending)
    {
        for (int start = 0; start < ascending.Count;)
        {
            int end = start + 1;
            while (end < ascending.Count && ascending[end] == ascending[end - 1] + 1)
            {
                end++;
            }

            yield return new BlockRange(ascending[start] - 1, ascending[end - 1]);
            start = end;
        }
    }
}
