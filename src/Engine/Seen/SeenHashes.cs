using System.Runtime.CompilerServices;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Seen;

/// <summary>
/// The hashed identities that a Partition journaled within a window, exactly: never a false yes, never a false no.
/// Ids not sealed yet are in a table; the others in stored segments, of which filters and pages are in memory as
/// room allows. Owned by one Partition actor: not thread-safe, and nothing here waits except opening.
/// <para>
/// For a batch: ask <see cref="CollectMissing(ReadOnlySpan{UInt128}, long, Span{Membership}, MissingPages)"/> for its ids; load what is missing in one
/// round trip and give it to <see cref="Supply(MissingPages, IReadOnlyList{Snapshot})"/>; repeat until nothing is missing; then
/// <see cref="Contains"/> answers for all of them, as long as nothing is passivated, sealed or merged in between.
/// </para>
/// <para>
/// Time is the caller's: an id is remembered from its journaling for the window, and forgotten when its time bucket lies
/// wholly before the window. A clock that jumps ahead over a checkpoint forgets for good.
/// </para>
/// </summary>
internal sealed partial class SeenHashes
{
    private readonly SeenHashesOptions _options;
    private readonly ActiveIds _active;
    private readonly SegmentList _segments = new();
    private readonly PageCache _pages = new();

    private SeenHashes(int shard, SeenHashesOptions options)
    {
        Shard = shard;
        _options = options.Validate();
        _active = new ActiveIds(options.BucketMs);
    }

    public int Shard { get; }

    /// <summary>How many ids were added since the last seal.</summary>
    public int ActiveCount => _active.OpenCount;

    /// <summary>Whether so many ids are unsealed that a checkpoint should come before more are added.</summary>
    public bool WantsSeal => _active.OpenCount + _active.PendingCount >= _options.MaxActiveIds;

    public int SegmentCount => _segments.NewestFirst.Length;

    /// <summary>How many pages of segments are in memory.</summary>
    public int ResidentPages => _pages.Count;

    /// <summary>What all that is in memory costs; rows that wait for a commit, held by the caller, aside.</summary>
    public long ResidentBytes => _active.Bytes + _segments.Bytes + _pages.Bytes;

    /// <summary>Opens what the store holds of a Partition: reads directories and no page. Ids journaled after the checkpoint are then added again.</summary>
    /// <remarks>Segments whose directory is damaged go to <paramref name="damaged"/> and are left out; where it is null the first one is thrown.</remarks>
    /// <exception cref="Counting.StoredFormatException">A directory is damaged or of an unknown version.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static async Task<SeenHashes> OpenAsync(
        int shard, ISnapshotStore store, SeenHashesOptions options, ICollection<SegmentDamageException>? damaged, CancellationToken cancellationToken)
    {
        var seen = new SeenHashes(shard, options);
        var resident = new Queue<Segment>();
        var segments = new List<Segment>();
        long bytes = 0;
        await foreach (Snapshot snapshot in store.ListAsync(shard, SnapshotKind.SeenHashes, PagedRow.DirectoryPrefix(), cancellationToken))
        {
            if (!SegmentKey.TryParse(snapshot.Key, out SegmentKey key, out _))
            {
                throw SegmentFault.UnknownKey(shard, snapshot.Key);
            }

            // A number that a damaged segment has is not given again: its rows are still there.
            seen._nextSegment = Math.Max(seen._nextSegment, key.Number + 1);
            Segment segment;
            try
            {
                segment = SegmentRows.DecodeDirectory(shard, key, snapshot.Bytes);
            }
            catch (SegmentDamageException e)
            {
                if (damaged is null)
                {
                    throw e.At(shard, snapshot.SequenceNr);
                }

                damaged.Add(e.At(shard, snapshot.SequenceNr));
                continue;
            }

            segments.Add(segment);
            resident.Enqueue(segment);
            bytes += segment.Directory!.Bytes;

            // Keys come in the order of time: the oldest make room.
            while (bytes > options.MaxOpenBytes && resident.TryDequeue(out Segment? oldest))
            {
                bytes -= oldest.Directory!.Bytes;
                oldest.Directory = null;
            }
        }

        seen._segments.Replace([], segments);
        return seen;
    }

    /// <summary>Remembers an id from its journaling on, in epoch milliseconds. Adding it again, or one that a segment holds, changes nothing.</summary>
    public void Add(UInt128 hash, long journaledAtMs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(journaledAtMs);
        _active.Add(hash, journaledAtMs);
    }

    /// <summary>Whether the id was journaled within the window.</summary>
    /// <exception cref="InvalidOperationException">Rows must be loaded first: see <see cref="CollectMissing(UInt128, long, MissingPages)"/>.</exception>
    public bool Contains(UInt128 hash, long nowMs)
    {
        Membership found = Find(hash, nowMs);
        return found == Membership.Unknown
            ? throw new InvalidOperationException(
                $"Whether Partition {Shard} has seen {hash:x32} cannot be told before its missing pages are loaded. "
                + "Call CollectMissing, load and Supply until nothing is missing.")
            : found == Membership.Seen;
    }

    /// <summary>Tells what is known of an id, and asks for the rows that are missing to tell.</summary>
    public Membership CollectMissing(UInt128 hash, long nowMs, MissingPages missing)
    {
        Membership found = Find(hash, nowMs);
        if (found == Membership.Unknown && _merged is not null && SupplyMerged(hash))
        {
            found = Find(hash, nowMs);
        }

        if (found == Membership.Unknown)
        {
            Collect(hash, nowMs, missing);
        }

        return found;
    }

    /// <summary>Takes in what was loaded for <paramref name="asked"/>.</summary>
    /// <exception cref="Counting.StoredFormatException">A row is damaged, or one that must be there was not found.</exception>
    public void Supply(MissingPages asked, IReadOnlyList<Snapshot> loaded)
    {
        foreach (Snapshot snapshot in loaded)
        {
            try
            {
                Supply(snapshot.Key, snapshot.Bytes);
            }
            catch (SegmentDamageException e)
            {
                throw e.At(Shard, snapshot.SequenceNr);
            }
        }

        foreach ((SegmentKey key, int page) in asked.Rows)
        {
            // A segment that is gone by now, merged or forgotten, misses nothing.
            if (_segments.TryGet(key, out Segment? segment)
                && (segment.Directory is null ? page == PagedRow.DirectoryPage : page != PagedRow.DirectoryPage && segment.Directory.Pages[page] is null))
            {
                throw SegmentFault.Missing(Shard, key, page);
            }
        }
    }

    /// <summary>Takes in one row that was loaded; false where it is of no use (any more).</summary>
    /// <exception cref="Counting.StoredFormatException">It is damaged or of an unknown version.</exception>
    public bool Supply(byte[] key, byte[] bytes)
    {
        if (!SegmentKey.TryParse(key, out SegmentKey segmentKey, out int page)
            || !_segments.TryGet(segmentKey, out Segment? segment)
            || page >= segment.PageCount)
        {
            return false;
        }

        if (page == PagedRow.DirectoryPage)
        {
            if (segment.Directory is not null)
            {
                return false;
            }

            Segment stored = SegmentRows.DecodeDirectory(Shard, segmentKey, bytes);
            if (stored.Count != segment.Count || stored.PageIds != segment.PageIds || stored.BucketMs != segment.BucketMs)
            {
                throw SegmentFault.Damaged(Shard, segmentKey, page, new InvalidDataException("it is not what it was before"));
            }

            _segments.SetDirectory(segment, stored.Directory);
            return true;
        }

        if (segment.Directory is not { } directory || directory.Pages[page] is not null)
        {
            return false;
        }

        var ids = new UInt128[segment.IdsOfPage(page)];
        SegmentRows.DecodePage(Shard, segment, page, bytes, ids);
        _pages.Add(new SegmentPage(directory, page, ids));
        return true;
    }

    /// <summary>Frees memory, between batches: the spare table, then the pages not used for longest, then the directories of the oldest segments.</summary>
    /// <remarks>Directories are a last resort: every later question loads them again.</remarks>
    /// <param name="bytesToFree">How much; what is not sealed stays however much is asked for.</param>
    /// <returns>How many things were dropped; what they freed shows in <see cref="ResidentBytes"/>.</returns>
    public int Passivate(long bytesToFree)
    {
        long target = ResidentBytes - bytesToFree;
        int dropped = bytesToFree > 0 && _active.DropSpare() ? 1 : 0;
        while (ResidentBytes > target && _pages.DropOldest())
        {
            dropped++;
        }

        ReadOnlySpan<Segment> segments = _segments.NewestFirst;
        for (int i = segments.Length - 1; i >= 0 && ResidentBytes > target; i--)
        {
            if (segments[i].Directory is not null)
            {
                _segments.SetDirectory(segments[i], null);
                dropped++;
            }
        }

        return dropped;
    }

    private Membership Find(UInt128 hash, long nowMs)
    {
        long endedByMs = nowMs - _options.WindowMs;
        var probe = new HashProbe(hash);
        if (_active.Contains(hash, probe, endedByMs))
        {
            return Membership.Seen;
        }

        FilterMask mask = probe.Mask;
        Membership found = Membership.Fresh;
        ReadOnlySpan<BlockedFilter?> filters = _segments.Filters[.._segments.CountAfter(endedByMs)];
        for (int i = 0; i < filters.Length; i++)
        {
            if (filters[i] is not { } filter)
            {
                found = Membership.Unknown;
            }
            else if (filter.MayContain(probe, mask))
            {
                Membership inPage = FindInPage(i, hash);
                if (inPage == Membership.Seen)
                {
                    return inPage;
                }

                found = inPage == Membership.Unknown ? inPage : found;
            }
        }

        return found;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Membership FindInPage(int segment, UInt128 hash)
    {
        SegmentDirectory directory = _segments.NewestFirst[segment].Directory!;
        int index = directory.PageOf(hash);
        if (index < 0)
        {
            return Membership.Fresh;
        }

        if (directory.Pages[index] is not { } page)
        {
            return Membership.Unknown;
        }

        _pages.Touch(page);
        return page.Contains(hash) ? Membership.Seen : Membership.Fresh;
    }

    private void Collect(UInt128 hash, long nowMs, MissingPages missing)
    {
        foreach (Segment segment in _segments.NewestFirst[.._segments.CountAfter(nowMs - _options.WindowMs)])
        {
            if (MissingRow(segment, hash) is { } row && !ReferenceEquals(segment, _merged))
            {
                missing.Add(segment, row);
            }
        }
    }

    // What must be loaded of a segment next to tell about an id: its directory, then a page, then nothing.
    private static int? MissingRow(Segment segment, UInt128 hash)
    {
        if (segment.Directory is not { } directory)
        {
            return PagedRow.DirectoryPage;
        }

        var probe = new HashProbe(hash);
        return directory.Filter.MayContain(probe, probe.Mask) && directory.PageOf(hash) is >= 0 and int page && directory.Pages[page] is null ? page : null;
    }
}
