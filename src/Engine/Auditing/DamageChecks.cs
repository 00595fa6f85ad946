using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Seen;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Auditing;

/// <summary>Reads a Partition's journal to its end, past what is damaged or missing, and tells of each entry that is.</summary>
internal sealed class JournalCheck(Catalog catalog, JournalReader journal, Action<Damage> report)
{
    private readonly BlockDecoder _decoder = new(catalog) { WithTexts = true };
    private int _partition;
    private PartitionPositions _positions;
    private bool _found;

    /// <summary>Reads all entries behind the baseline.</summary>
    /// <returns>Whether any is damaged or missing.</returns>
    public async Task<bool> RunAsync(int partition, PartitionPositions positions, CancellationToken cancellationToken)
    {
        _partition = partition;
        _positions = positions;
        _found = false;
        long last = positions.Baseline;
        while (true)
        {
            try
            {
                await foreach (PersistedEntry entry in journal.ReadEntriesAsync(partition, last, cancellationToken))
                {
                    last = entry.SequenceNr;
                    Check(entry);
                }

                return _found;
            }
            catch (StoredFormatException)
            {
                last = await StepOverAsync(last, cancellationToken);
            }
        }
    }

    /// <summary>Finds the entry that ended the query, one by one, since the query reads ahead, and tells of it.</summary>
    /// <returns>The number behind which reading goes on.</returns>
    private async Task<long> StepOverAsync(long last, CancellationToken cancellationToken)
    {
        for (long next = last + 1; ; next++)
        {
            try
            {
                if (await journal.FindAsync(_partition, next, cancellationToken) is not PersistedEntry entry)
                {
                    return await StepOverGapAsync(next, cancellationToken);
                }

                Check(entry);
            }
            catch (StoredFormatException e)
            {
                Report(next, e.Message);
                return next;
            }
        }
    }

    private async Task<long> StepOverGapAsync(long missing, CancellationToken cancellationToken)
    {
        long next;
        try
        {
            next = await journal.FindLowestAsync(_partition, missing + 1, long.MaxValue, cancellationToken);
        }
        catch (Exception e) when (JournalFault.IsOfAnEntry(e))
        {
            // Something behind the gap does not read either: it is met next.
            next = missing + 1;
        }

        if (next != long.MaxValue)
        {
            Report(next - 1, JournalFault.Gap(_partition, missing - 1, next).Message);
        }

        return next - 1;
    }

    private void Check(PersistedEntry entry)
    {
        if (entry.Entry is not Block block)
        {
            return;
        }

        try
        {
            _decoder.Open(_partition, entry.SequenceNr, block);
            while (_decoder.Next())
            {
                // Reading it is the check.
            }
        }
        catch (StoredFormatException e)
        {
            Report(entry.SequenceNr, e.Message);
        }
    }

    private void Report(long sequenceNr, string message)
    {
        _found = true;
        string needed = sequenceNr <= _positions.Checkpoint
            ? $"A node starts and counts without this entry, since the checkpoint at SequenceNr {_positions.Checkpoint} is past it; "
                + "verify, rebuild and trimming of this Partition need it."
            : $"A node needs this entry to start, since it is past the checkpoint at SequenceNr {_positions.Checkpoint}.";
        report(new Damage(_partition, $"{message} {needed}"));
    }
}

/// <summary>Reads a Partition's snapshots beside an owner that goes on writing them, and tells of each that is damaged.</summary>
/// <remarks>A snapshot is read whole or not at all, so that one which does not decode is damaged whoever writes meanwhile.</remarks>
internal sealed class SnapshotCheck(Catalog catalog, ISnapshotStore snapshots, Action<Damage> report)
{
    /// <summary>Reads the Counters that a filter means; known are those that the journal gives through a SequenceNr, null where it could not be read.</summary>
    public async Task CheckCountersAsync(
        int partition, StatisticsFilter filter, IReadOnlyDictionary<CounterId, Counter>? known, long throughSequenceNr, CancellationToken cancellationToken)
    {
        await foreach (Snapshot snapshot in snapshots.ListAsync(partition, SnapshotKind.Counter, [], cancellationToken))
        {
            Try(partition, SnapshotKind.Counter, snapshot, () =>
            {
                CounterId id = SnapshotKeys.CounterId(snapshot.Key);
                Page page = catalog.PageById(id.PageId) ?? throw new StoredFormatException($"page number {id.PageId} is not in this program's catalog.");
                if (!filter.Matches(page.Name, id.Topic.Type, id.Topic.Id, id.Day))
                {
                    return;
                }

                long sequenceNr = CounterCodec.Decode(id, page, snapshot.Bytes).SequenceNr;
                if (sequenceNr != snapshot.SequenceNr)
                {
                    throw new StoredFormatException($"the state of Counter {id} is of SequenceNr {sequenceNr}.");
                }

                if (known is not null && sequenceNr <= throughSequenceNr && !known.ContainsKey(id))
                {
                    throw new StoredFormatException($"no event in the journal is of Counter {id}, so that its key is damaged.");
                }
            });
        }
    }

    /// <summary>Reads the pages of the parts of Counters that a filter means.</summary>
    public async Task CheckPartsAsync(int partition, StatisticsFilter filter, CancellationToken cancellationToken)
    {
        await foreach (Snapshot snapshot in snapshots.ListAsync(partition, SnapshotKind.CounterParts, [], cancellationToken))
        {
            Try(partition, SnapshotKind.CounterParts, snapshot, () =>
            {
                (CounterId id, _, int number) = SnapshotKeys.PartsOf(snapshot.Key);
                Page page = catalog.PageById(id.PageId) ?? throw new StoredFormatException($"page number {id.PageId} is not in this program's catalog.");
                if (filter.Matches(page.Name, id.Topic.Type, id.Topic.Id, id.Day)
                    && PartPageCodec.Decode(id, page, number, snapshot.Bytes).LoadedSequenceNr is var sequenceNr && sequenceNr != snapshot.SequenceNr)
                {
                    throw new StoredFormatException($"the state of Counter {id} has a page of parts of SequenceNr {sequenceNr}.");
                }
            });
        }
    }

    public async Task CheckIdentitiesAsync(int partition, CancellationToken cancellationToken)
    {
        await foreach (Snapshot snapshot in snapshots.ListAsync(partition, SnapshotKind.SeenKeys, [], cancellationToken))
        {
            Try(partition, SnapshotKind.SeenKeys, snapshot, () => KeyChunk.Decode(KeyChunkId.Parse(snapshot.Key), snapshot.Bytes));
        }

        var segments = new Dictionary<SegmentKey, (Segment Segment, int Pages)>();
        var reported = new HashSet<SegmentKey>();
        var orphans = new HashSet<SegmentKey>();
        UInt128[] ids = new UInt128[SeenHashesOptions.PageIdsLimit];

        // Directories come before pages. A page without its directory belongs to a segment that came or went meanwhile, to
        // one whose directory is damaged and reported already, or to one that has lost it.
        await foreach (Snapshot snapshot in snapshots.ListAsync(partition, SnapshotKind.SeenHashes, [], cancellationToken))
        {
            try
            {
                if (!SegmentKey.TryParse(snapshot.Key, out SegmentKey key, out int page))
                {
                    throw SegmentFault.UnknownKey(partition, snapshot.Key);
                }

                if (page == PagedRow.DirectoryPage)
                {
                    segments.Add(key, (SegmentRows.DecodeDirectory(partition, key, snapshot.Bytes), 0));
                }
                else if (segments.TryGetValue(key, out (Segment Segment, int Pages) found) && page < found.Segment.PageCount)
                {
                    segments[key] = found with { Pages = found.Pages + 1 };
                    SegmentRows.DecodePage(partition, found.Segment, page, snapshot.Bytes, ids.AsSpan(0, found.Segment.IdsOfPage(page)));
                }
                else if (found.Segment is null && !reported.Contains(key))
                {
                    orphans.Add(key);
                }
            }
            catch (StoredFormatException e)
            {
                if (e is SegmentDamageException { Segment: var damaged })
                {
                    reported.Add(damaged);
                }

                report(new Damage(partition, $"{SnapshotFault.Place(partition, SnapshotKind.SeenHashes, snapshot.SequenceNr)}: {e.Message}"));
            }
        }

        foreach ((Segment segment, int pages) in segments.Values)
        {
            if (pages < segment.PageCount)
            {
                await ReportMissingAsync(partition, segment, cancellationToken);
            }
        }

        foreach (SegmentKey orphan in orphans)
        {
            await ReportOrphanAsync(partition, orphan, cancellationToken);
        }
    }

    /// <summary>Names a directory that is missing though pages of its segment are still there.</summary>
    private async Task ReportOrphanAsync(int partition, SegmentKey segment, CancellationToken cancellationToken)
    {
        byte[] directory = segment.Row(PagedRow.DirectoryPage);
        IReadOnlyList<Snapshot> rows = await snapshots.LoadAsync(partition, SnapshotKind.SeenHashes, [directory, segment.Row(0)], cancellationToken);
        if (rows.Count > 0 && rows.All(row => !row.Key.AsSpan().SequenceEqual(directory)))
        {
            report(new Damage(partition, SegmentFault.Missing(partition, segment, PagedRow.DirectoryPage).Message));
        }
    }

    /// <summary>Names the pages that are missing of a segment that is still there.</summary>
    private async Task ReportMissingAsync(int partition, Segment segment, CancellationToken cancellationToken)
    {
        byte[][] keys = [.. Enumerable.Range(PagedRow.DirectoryPage, segment.PageCount + 1).Select(segment.Key.Row)];
        IReadOnlyList<Snapshot> rows = await snapshots.LoadAsync(partition, SnapshotKind.SeenHashes, keys, cancellationToken);
        var there = rows.Select(row => SegmentKey.TryParse(row.Key, out _, out int page) ? page : int.MaxValue).ToHashSet();
        foreach (int page in Enumerable.Range(0, there.Contains(PagedRow.DirectoryPage) ? segment.PageCount : 0).Where(page => !there.Contains(page)))
        {
            report(new Damage(partition, SegmentFault.Missing(partition, segment.Key, page).Message));
        }
    }

    private void Try(int partition, SnapshotKind kind, Snapshot snapshot, Action decode)
    {
        try
        {
            decode();
        }
        catch (StoredFormatException e)
        {
            report(new Damage(partition, SnapshotFault.At(partition, kind, snapshot.SequenceNr, e).Message));
        }
    }
}

/// <summary>Reads the parked deliveries beside an owner that goes on parking and removing them, and tells of each that is damaged.</summary>
internal sealed class ParkedCheck(IParkingStore parking, Action<Damage> report)
{
    private const int PageRows = 200;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Guid? after = null;
        while (true)
        {
            IReadOnlyList<ParkedDelivery> page = await parking.ListAsync(stream: null, after, PageRows, cancellationToken);
            foreach (ParkedDelivery parked in page)
            {
                Check(parked);
            }

            if (page.Count < PageRows)
            {
                return;
            }

            after = page[^1].Id;
        }
    }

    private void Check(ParkedDelivery parked)
    {
        try
        {
            ParkedContent.Decode(parked.Id, parked.Message);
        }
        catch (StoredFormatException e)
        {
            report(new Damage(Partition: null, $"Stream {parked.Stream}: {e.Message}"));
        }
    }
}
