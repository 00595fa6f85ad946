using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Seen;

/// <content>
/// What is saved: seals at checkpoints, and merges between them. Both in two steps, so that a save that fails loses nothing. And repair: a segment of
/// which a stored row is damaged is given up, and its ids are added again from the journal.
/// </content>
internal sealed partial class SeenHashes
{
    // Segments of forgotten buckets whose rows are still stored; a start finds those of a crash again.
    private readonly List<Segment> _forgotten = [];
    private readonly List<Segment> _sealed = [];

    // Rows of segments that were given up: removed by the seal that stores their ids anew, in its transaction.
    private readonly List<byte[]> _givenUp = [];

    private Segment? _merged;
    private long _nextSegment = 1;

    /// <summary>The writes of a seal whose commit is not reported yet: to be saved (again).</summary>
    public SeenWrites? PendingSeal { get; private set; }

    /// <summary>The writes of a merge whose commit is not reported yet: to be saved (again).</summary>
    public SeenWrites? PendingCompaction { get; private set; }

    /// <summary>Turns the ids added since the last seal, all of them journaled and applied, into segments, and drops what the window left behind.</summary>
    /// <remarks>
    /// They stay known until <see cref="Sealed"/>. Where the save fails, save <see cref="PendingSeal"/> again; ids added meanwhile belong to the next seal,
    /// so no checkpoint may pass the SequenceNr of the writes.
    /// </remarks>
    /// <exception cref="InvalidOperationException">A seal waits for its commit.</exception>
    public SeenWrites Seal(long epoch, long appliedSequenceNr, long nowMs)
    {
        if (PendingSeal is not null)
        {
            throw new InvalidOperationException(
                $"The seal of Partition {Shard} at SequenceNr {PendingSeal.SequenceNr} waits for its commit. Save PendingSeal again and report Sealed first.");
        }

        long endedByMs = nowMs - _options.WindowMs;
        var writer = new SegmentWriter(Shard, epoch, appliedSequenceNr);
        Forget(endedByMs);
        while (_forgotten.Count > 0 && writer.RemovedRows < _options.MaxDeletedRowsPerSeal)
        {
            Segment segment = _forgotten[^1];
            _forgotten.RemoveAt(_forgotten.Count - 1);
            writer.Remove(segment);
        }

        writer.Remove(_givenUp);
        _givenUp.Clear();
        foreach (IdTable table in _active.Freeze())
        {
            if (table.EndMs <= endedByMs)
            {
                continue;
            }

            ReadOnlySpan<UInt128> ids = table.Sorted();
            for (int start = 0; start < ids.Length; start += _options.MaxSegmentIds)
            {
                ReadOnlySpan<UInt128> part = ids[start..Math.Min(ids.Length, start + _options.MaxSegmentIds)];
                _sealed.Add(writer.Write(new SegmentKey(table.Bucket, _nextSegment++), _options.BucketMs, part, _options));
            }
        }

        return PendingSeal = writer.ToWrites();
    }

    /// <summary>The writes of the seal are saved.</summary>
    /// <exception cref="InvalidOperationException">No seal waits for its commit.</exception>
    public void Sealed()
    {
        if (PendingSeal is null)
        {
            throw new InvalidOperationException($"No seal of Partition {Shard} waits for its commit.");
        }

        _segments.Replace([], _sealed);
        _active.DropFrozen();
        _sealed.Clear();
        PendingSeal = null;
    }

    /// <summary>Segments that are worth merging; null where there are none or a merge waits for its commit.</summary>
    public CompactionPlan? PlanCompaction() => _merged is not null
        ? null
        : Compaction.Plan(_segments.NewestFirst, Math.Max(_active.NewestEndMs, SegmentCount == 0 ? 0 : _segments.NewestFirst[0].EndMs), _options);

    /// <summary>Merges the segments of a plan: writes the new one and removes the old ones, in one transaction; see <see cref="PendingCompaction"/>.</summary>
    /// <remarks>Until <see cref="Committed"/> the rows of the new segment are taken from there: what the store holds, old or new, is not asked.</remarks>
    /// <returns>The writes; null where the plan is out of date, its bucket forgotten: drop it.</returns>
    /// <exception cref="Counting.StoredFormatException">A page is missing or damaged; nothing is changed.</exception>
    /// <exception cref="InvalidOperationException">A merge waits for its commit.</exception>
    public SeenWrites? CompleteCompaction(CompactionPlan plan, IReadOnlyList<Snapshot> loaded, long epoch, long sequenceNr)
    {
        if (_merged is not null)
        {
            throw new InvalidOperationException(
                $"A merge of Partition {Shard} waits for its commit. Save PendingCompaction again and report Committed first.");
        }

        foreach (Segment input in plan.Inputs)
        {
            if (!_segments.TryGet(input.Key, out Segment? current) || !ReferenceEquals(current, input))
            {
                return null;
            }
        }

        ReadOnlySpan<UInt128> ids = Compaction.Merge(Shard, plan, loaded);
        var writer = new SegmentWriter(Shard, epoch, sequenceNr);
        Segment first = plan.Inputs[0];
        Segment output = writer.Write(new SegmentKey(first.Key.Bucket, _nextSegment++), first.BucketMs, ids, _options);
        foreach (Segment input in plan.Inputs)
        {
            writer.Remove(input);
        }

        Release(plan.Inputs);
        _segments.Replace(plan.Inputs, [output]);
        _merged = output;
        return PendingCompaction = writer.ToWrites();
    }

    /// <summary>The writes of the merge are saved.</summary>
    /// <exception cref="InvalidOperationException">No merge waits for its commit.</exception>
    public void Committed()
    {
        if (_merged is null)
        {
            throw new InvalidOperationException($"No merge of Partition {Shard} waits for its commit.");
        }

        _merged = null;
        PendingCompaction = null;
    }

    /// <summary>The length of a time bucket.</summary>
    public long BucketMs => _options.BucketMs;

    /// <summary>Whether rows of segments that were given up wait for the next seal.</summary>
    public bool HasGivenUp => _givenUp.Count > 0;

    /// <summary>When the ids of a segment were journaled: from its bucket's start to before its end.</summary>
    /// <remarks>Where its directory cannot be read, its bucket has today's length if that puts it near the window; else only the window is known.</remarks>
    /// <returns>The first millisecond, and the first one after.</returns>
    public (long FromMs, long ToMs) SpanOf(SegmentKey key, long nowMs)
    {
        if (_segments.TryGet(key, out Segment? segment))
        {
            return (segment.Key.Bucket * segment.BucketMs, segment.EndMs);
        }

        long windowStartMs = Math.Max(0, nowMs - _options.WindowMs);
        bool isPlausible = key.Bucket <= nowMs / _options.BucketMs && key.Bucket >= windowStartMs / _options.BucketMs;
        return isPlausible ? (key.Bucket * _options.BucketMs, (key.Bucket + 1) * _options.BucketMs) : (windowStartMs, long.MaxValue);
    }

    /// <summary>Gives a segment up, all ids of whose bucket were added again before; its rows go with the next seal, which stores those ids.</summary>
    /// <remarks>Until then, a crash finds all as it was.</remarks>
    public void GiveUp(SegmentKey key, IReadOnlyCollection<byte[]> rows)
    {
        if (_segments.TryGet(key, out Segment? segment))
        {
            TakeOut([segment]);
        }

        _givenUp.AddRange(rows);
    }

    // Takes in what tells about an id in the segment of a merge that waits for its commit; false where all of it was there.
    private bool SupplyMerged(UInt128 hash)
    {
        Segment segment = _merged!;
        bool supplied = false;
        while (MissingRow(segment, hash) is { } row)
        {
            // A segment is written page by page, its directory last, before anything is removed.
            SnapshotWrite write = PendingCompaction!.Writes[row == PagedRow.DirectoryPage ? segment.PageCount : row];
            supplied |= Supply(write.Key, write.Bytes!);
        }

        return supplied;
    }

    private void Forget(long endedByMs)
    {
        // Deleting a merged segment before it is saved would leave its rows behind: it goes with the next seal.
        List<Segment> ended = [.. _segments.NewestFirst.ToArray().Where(segment => segment.EndMs <= endedByMs && !ReferenceEquals(segment, _merged))];
        if (ended.Count > 0)
        {
            TakeOut(ended);
            _forgotten.AddRange(ended);
        }
    }

    private void TakeOut(List<Segment> segments)
    {
        Release(segments);
        _segments.Replace(segments, []);
        segments.ForEach(segment => segment.Directory = null);
    }

    private void Release(IEnumerable<Segment> segments)
    {
        foreach (SegmentDirectory directory in segments.Select(segment => segment.Directory).OfType<SegmentDirectory>())
        {
            _pages.DropAll(directory);
        }
    }
}
