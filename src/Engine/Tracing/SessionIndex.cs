using System.Runtime.InteropServices;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Tracing;

/// <summary>Which blocks of a Partition hold events of which sessions: the part of that its owner has in memory. Blocks are added as they are persisted, and
/// become a segment when they are enough. What no segment stands for is a gap, which a question reads through, so that nothing is ever wrong where a write
/// was lost, a segment is damaged or a store is older than the index; the owner fills gaps from the journal. Not thread-safe.</summary>
internal sealed class SessionIndex(int partition, SessionIndexSettings settings)
{
    /// <summary>How many times as many events as are sealed at once are kept while sealing is held up; then the oldest become a gap.</summary>
    private const int MaxSealsHeld = 4;

    private const int PairBytes = sizeof(ulong);

    private readonly List<SessionSegment> _segments = [];
    private List<ulong> _pairs = [];
    private List<ulong> _spare = [];
    private BlockRange _tail;
    private BlockRange? _sealing;

    /// <summary>The segments in the order of their ranges, none within another.</summary>
    public IReadOnlyList<SessionSegment> Segments => _segments;

    /// <summary>What unsealed pairs take in memory, with room for those to come.</summary>
    public long ResidentBytes => (_pairs.Capacity + _spare.Capacity) * (long)PairBytes;

    /// <summary>Whether enough is unsealed to be sealed now.</summary>
    public bool WantsSeal => _sealing is null && (_pairs.Count >= settings.SealEvents || _tail.Length >= settings.SealBlocks);

    /// <summary>Takes what the store holds; segments within others, as a write that landed late may leave them, are given back.</summary>
    public List<SessionSegment> Open(IEnumerable<SessionSegment> stored)
    {
        var needless = new List<SessionSegment>();
        foreach (SessionSegment segment in stored.OrderBy(segment => segment.Range.After).ThenByDescending(segment => segment.Range.Through))
        {
            if (_segments.Count > 0 && segment.Range.Through <= _segments[^1].Range.Through)
            {
                needless.Add(segment);
            }
            else
            {
                _segments.Add(segment);
            }
        }

        return needless;
    }

    /// <summary>Adds a block that was persisted: the fingerprints of its events, in any order, as often as they come.</summary>
    public void Add(long sequenceNr, ReadOnlySpan<uint> fingerprints)
    {
        if (_pairs.Count > MaxSealsHeld * (long)settings.SealEvents || _tail.Length == BlockRange.MaxLength || _tail.Through != sequenceNr - 1)
        {
            _pairs.Clear();
            _tail = new BlockRange(sequenceNr - 1, sequenceNr - 1);
        }

        long block = sequenceNr - _tail.After - 1;
        _tail = _tail with { Through = sequenceNr };
        foreach (uint fingerprint in fingerprints)
        {
            _pairs.Add(SessionPair.Of(fingerprint, block));
        }
    }

    /// <summary>Turns what was added into a segment, to be saved; until <see cref="Stored"/> nothing else is sealed.</summary>
    public SessionWrites Seal(long epoch)
    {
        BlockRange range = _tail;
        (_pairs, _spare) = (_spare, _pairs);
        _sealing = range;
        _tail = new BlockRange(range.Through, range.Through);
        Span<ulong> pairs = CollectionsMarshal.AsSpan(_spare);
        var writes = new List<SnapshotWrite>();
        SessionSegment segment = SessionSegmentRows.Write(partition, epoch, range, pairs[..SessionPair.SortDistinct(pairs)], writes);
        _spare.Clear();
        return new SessionWrites(segment, writes);
    }

    /// <summary>A segment is stored, in the place of all within its range.</summary>
    public void Stored(SessionSegment segment)
    {
        _segments.RemoveAll(other => segment.Range.Contains(other.Range));
        int at = _segments.FindIndex(other => other.Range.After > segment.Range.After);
        _segments.Insert(at < 0 ? _segments.Count : at, segment);
        _sealing = _sealing == segment.Range ? null : _sealing;
    }

    /// <summary>A segment is stored no more.</summary>
    public void Removed(BlockRange range) => _segments.RemoveAll(segment => segment.Range == range);

    /// <summary>The oldest gap that is worth a segment of its own; null where there is none.</summary>
    /// <remarks>A short one behind all segments waits until more is sealed behind it.</remarks>
    /// <param name="baseline">The SequenceNr behind which the journal begins.</param>
    /// <param name="applied">The last SequenceNr that was persisted.</param>
    public BlockRange? FindGap(long baseline, long applied)
    {
        foreach (BlockRange gap in Gaps(_segments.Select(segment => segment.Range), baseline, _sealing?.After ?? (_tail.Length > 0 ? _tail.After : applied)))
        {
            if (gap.Length >= settings.SealBlocks || gap.Through < (_segments.Count == 0 ? 0 : _segments[^1].Range.Through))
            {
                return gap;
            }
        }

        return null;
    }

    /// <summary>What is worth merging; empty where nothing is.</summary>
    public IReadOnlyList<SessionSegment> PlanMerge() => SessionMerge.Plan(_segments, settings);

    /// <summary>What is not in any of some ranges, which come in the order of their starts, from behind a number through another.</summary>
    public static IEnumerable<BlockRange> Gaps(IEnumerable<BlockRange> ordered, long after, long through)
    {
        foreach (BlockRange range in ordered)
        {
            if (range.After > after && after < through)
            {
                yield return new BlockRange(after, Math.Min(range.After, through));
            }

            after = Math.Max(after, range.Through);
        }

        if (after < through)
        {
            yield return new BlockRange(after, through);
        }
    }
}
