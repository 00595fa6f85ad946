using DataLoad.Engine.Journaling;
using DataLoad.Engine.Seen;

namespace DataLoad.Engine.Tracing;

/// <summary>Keeps segments few: those next to each other are merged when they are many of about the same size, or fill a segment together.</summary>
/// <remarks>Each merge at least doubles what the pairs of its largest input are among, so that a pair is written a few times at the most.</remarks>
internal static class SessionMerge
{
    private const int MaxInputs = 64;

    /// <summary>What is worth merging; empty where nothing is.</summary>
    /// <param name="ordered">The segments in the order of their ranges.</param>
    /// <param name="settings">The portions.</param>
    public static IReadOnlyList<SessionSegment> Plan(IReadOnlyList<SessionSegment> ordered, SessionIndexSettings settings)
    {
        for (int start = ordered.Count - 2; start >= 0; start--)
        {
            if (PlanFrom(ordered, start, settings) is > 1 and var count)
            {
                return [.. ordered.Skip(start).Take(count)];
            }
        }

        return [];
    }

    /// <summary>Loads the inputs and writes the one that takes their place; touches nothing else.</summary>
    /// <exception cref="SessionDamageException">A page is missing or damaged.</exception>
    public static async Task<SessionWrites> RunAsync(
        int partition, long epoch, IReadOnlyList<SessionSegment> inputs, ISnapshotStore store, CancellationToken cancellationToken)
    {
        var range = new BlockRange(inputs[0].Range.After, inputs[^1].Range.Through);
        var pairs = new List<ulong>(inputs.Sum(input => input.Count));
        var ends = new List<int>(inputs.Count);
        foreach (SessionSegment input in inputs)
        {
            var shift = (ulong)(input.Range.After - range.After);
            await ReadAsync(partition, input, store, pair => pairs.Add(pair + shift), cancellationToken);
            ends.Add(pairs.Count);
        }

        var writes = new List<SnapshotWrite>();
        SessionSegment merged = SessionSegmentRows.Write(partition, epoch, range, HashSort.Merge([.. pairs], ends), writes);
        writes.AddRange(inputs.SelectMany(input => Removals(partition, epoch, input)));
        return new SessionWrites(merged, writes);
    }

    /// <summary>Gives all pairs of a stored segment, ascending.</summary>
    /// <exception cref="SessionDamageException">A page is missing or damaged.</exception>
    public static async Task ReadAsync(int partition, SessionSegment segment, ISnapshotStore store, Action<ulong> each, CancellationToken cancellationToken)
    {
        byte[][] keys = [.. segment.Keys().Skip(1)];
        Dictionary<int, byte[]> pages = PagesOf(await store.LoadAsync(partition, SnapshotKind.SessionSegments, keys, cancellationToken));
        for (int page = 0; page < segment.PageCount; page++)
        {
            byte[] bytes = pages.GetValueOrDefault(page) ?? throw new SessionDamageException(partition, segment.Range, $"lacks page {page}.");
            SessionSegmentRows.DecodePage(partition, segment, page, bytes, each);
        }
    }

    /// <summary>The writes that remove a segment.</summary>
    public static IEnumerable<SnapshotWrite> Removals(int partition, long epoch, SessionSegment segment) =>
        segment.Keys().Select(key => new SnapshotWrite(partition, epoch, SnapshotKind.SessionSegments, key, segment.Range.Through, null));

    private static Dictionary<int, byte[]> PagesOf(IReadOnlyList<Snapshot> rows)
    {
        var pages = new Dictionary<int, byte[]>(rows.Count);
        foreach (Snapshot row in rows)
        {
            if (SessionSegmentKey.TryParse(row.Key, out _, out int page))
            {
                pages[page] = row.Bytes;
            }
        }

        return pages;
    }

    // How many from a place on are worth merging: as many as fit, where they are enough and none is more than half of them.
    private static int PlanFrom(IReadOnlyList<SessionSegment> ordered, int start, SessionIndexSettings settings)
    {
        long pairs = 0;
        long largest = 0;
        int found = 0;
        for (int count = 1; count <= MaxInputs && start + count <= ordered.Count; count++)
        {
            SessionSegment next = ordered[start + count - 1];
            bool isAdjacent = count == 1 || ordered[start + count - 2].Range.Through == next.Range.After;
            pairs += next.Count;
            largest = Math.Max(largest, next.Count);
            if (!isAdjacent || pairs > settings.MaxSegmentPairs || next.Range.Through - ordered[start].Range.After > BlockRange.MaxLength)
            {
                break;
            }

            bool isEnough = count >= settings.MergeAtSegments || pairs >= settings.MaxSegmentPairs / 2;
            found = isEnough && largest <= pairs / 2 ? count : found;
        }

        return found;
    }
}

/// <summary>A segment and the rows to save in one transaction, again until that succeeds: saving twice changes nothing.</summary>
/// <param name="Segment">The segment that is stored with them.</param>
/// <param name="Writes">Its rows, and the removals of those whose place it takes.</param>
internal sealed record SessionWrites(SessionSegment Segment, IReadOnlyList<SnapshotWrite> Writes);
