using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Journaling;

/// <summary>A Counter as it is stored: its own snapshot, and one for each page of its parts.</summary>
/// <param name="Partition">The Partition.</param>
/// <param name="Kind">What the snapshot is of.</param>
/// <param name="Whole">The Counter's own.</param>
/// <param name="Parts">The pages of its parts that are on.</param>
internal sealed record StoredCounter(int Partition, SnapshotKind Kind, Snapshot Whole, IReadOnlyList<Snapshot> Parts)
{
    /// <summary>What it takes, in bytes.</summary>
    public long Bytes => Whole.Bytes.Length + Parts.Sum(page => (long)page.Bytes.Length);

    /// <summary>Makes the Counter.</summary>
    /// <param name="id">What it counts.</param>
    /// <param name="page">Its page.</param>
    /// <param name="flushedSequenceNr">The SequenceNr up to which its rows are known to be written.</param>
    /// <exception cref="StoredFormatException">It is damaged, or pages are missing; says where, and what to do.</exception>
    public Counter Decode(in CounterId id, Page page, long flushedSequenceNr)
    {
        try
        {
            Counter counter = CounterCodec.Decode(id, page, Whole.Bytes);
            int expected = 0;
            foreach (PartPages pages in CounterCodec.DecodeBreakdowns(id, page, Whole.Bytes))
            {
                expected += pages.Count;
                foreach ((int number, Snapshot stored) in Parts
                    .Select(stored => (SnapshotKeys.PartsOf(stored.Key), stored)).Where(found => found.Item1.Breakdown == pages.Breakdown)
                    .Select(found => (found.Item1.Page, found.stored)).OrderBy(found => found.Page))
                {
                    counter.AddParts(pages.Breakdown, PartPageCodec.Decode(id, page, number, stored.Bytes), flushedSequenceNr);
                }
            }

            return Parts.Count == expected ? counter
                : throw new StoredFormatException($"the state of Counter {id} has {expected} pages of parts, of which {Parts.Count} are there.");
        }
        catch (StoredFormatException e)
        {
            throw SnapshotFault.At(Partition, Kind, Whole.SequenceNr, e);
        }
    }
}

/// <summary>Reads and writes Counters with the pages of their parts. Thread-safe.</summary>
/// <param name="snapshots">The snapshots.</param>
/// <param name="kind">Those of Counters or of baselines.</param>
internal sealed class StoredCounters(ISnapshotStore snapshots, SnapshotKind kind)
{
    private const int KeysAtOnce = 256;

    private SnapshotKind PartsKind => kind == SnapshotKind.Baseline ? SnapshotKind.BaselineParts : SnapshotKind.CounterParts;

    /// <summary>Those of some Counters; of one that is not stored there is none.</summary>
    public async Task<Dictionary<CounterId, StoredCounter>> LoadAsync(
        int partition, IReadOnlyCollection<CounterId> ids, Func<CounterId, Page> pageOf, CancellationToken cancellationToken)
    {
        byte[][] keys = [.. ids.Select(id => SnapshotKeys.Of(id))];
        return await WithPartsAsync(partition, await snapshots.LoadAsync(partition, kind, keys, cancellationToken), pageOf, cancellationToken);
    }

    /// <summary>Finds the pages of parts that belong to Counters' own snapshots.</summary>
    public async Task<Dictionary<CounterId, StoredCounter>> WithPartsAsync(
        int partition, IReadOnlyList<Snapshot> wholes, Func<CounterId, Page> pageOf, CancellationToken cancellationToken)
    {
        var keys = new List<byte[]>();
        foreach (Snapshot whole in wholes)
        {
            AddKeys(whole, pageOf, keys);
        }

        var parts = new Dictionary<CounterId, List<Snapshot>>();
        foreach (byte[][] some in keys.Chunk(KeysAtOnce))
        {
            foreach (Snapshot page in await snapshots.LoadAsync(partition, PartsKind, some, cancellationToken))
            {
                CounterId id = SnapshotKeys.PartsOf(page.Key).Id;
                if (!parts.TryGetValue(id, out List<Snapshot>? pages))
                {
                    parts.Add(id, pages = []);
                }

                pages.Add(page);
            }
        }

        var found = new Dictionary<CounterId, StoredCounter>();
        foreach (Snapshot whole in wholes)
        {
            CounterId id = SnapshotKeys.CounterId(whole.Key);
            found.Add(id, new StoredCounter(partition, kind, whole, parts.GetValueOrDefault(id) ?? []));
        }

        return found;
    }

    /// <summary>On which pages the parts of Counters are stored whose place others take; of one that is not stored nothing.</summary>
    public async Task<Dictionary<CounterId, IReadOnlyList<PartPages>>> PagesAsync(int partition, IEnumerable<Counter> counters, CancellationToken cancellationToken)
    {
        var found = new Dictionary<CounterId, IReadOnlyList<PartPages>>();
        foreach (Counter[] some in counters.Where(counter => counter.Breakdowns.Length > 0).Chunk(KeysAtOnce))
        {
            Dictionary<CounterId, Page> pages = some.ToDictionary(counter => counter.Id, counter => counter.Page);
            await foreach (Snapshot whole in snapshots.ReadAsync(partition, kind, [.. pages.Keys.Select(id => SnapshotKeys.Of(id))], cancellationToken))
            {
                CounterId id = SnapshotKeys.CounterId(whole.Key);
                found.Add(id, Told(id, pages[id], whole.Bytes) ?? await ListPagesAsync(partition, id, whole.Key, cancellationToken));
            }
        }

        return found;
    }

    /// <summary>Null where the state cannot tell: it is damaged, or was set aside.</summary>
    private static IReadOnlyList<PartPages>? Told(in CounterId id, Page page, byte[] whole)
    {
        try
        {
            return CounterCodec.IsSetAside(whole) ? null : CounterCodec.DecodeBreakdowns(id, page, whole);
        }
        catch (StoredFormatException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<PartPages>> ListPagesAsync(int partition, CounterId id, byte[] key, CancellationToken cancellationToken)
    {
        var numbers = new List<(Breakdown Breakdown, int Page)>();
        await foreach (Snapshot page in snapshots.ListAsync(partition, PartsKind, key, cancellationToken))
        {
            // A topic type may begin as another does.
            if (SnapshotKeys.PartsOf(page.Key) is var found && found.Id.Equals(id))
            {
                numbers.Add((found.Breakdown, found.Page));
            }
        }

        return [.. numbers.GroupBy(one => one.Breakdown, one => one.Page).Select(pages => new PartPages(pages.Key, pages.Min(), pages.Max() - pages.Min() + 1))];
    }

    /// <summary>What stores a Counter whole.</summary>
    public IEnumerable<SnapshotWrite> WritesOf(int partition, long epoch, Counter counter) =>
    [
        .. counter.Breakdowns.SelectMany(breakdown => breakdown.Pages.Select(page =>
            PartsWrite(partition, epoch, counter.Id, breakdown.Breakdown, page.Number, counter.SequenceNr, PartPageCodec.Encode(counter.Page, page, counter.SequenceNr)))),
        new SnapshotWrite(partition, epoch, kind, SnapshotKeys.Of(counter.Id), counter.SequenceNr, CounterCodec.Encode(counter)),
    ];

    private SnapshotWrite PartsWrite(int partition, long epoch, in CounterId id, Breakdown breakdown, int page, long sequenceNr, byte[] bytes) =>
        new(partition, epoch, PartsKind, SnapshotKeys.Of(id, breakdown, page), sequenceNr, bytes);

    private static void AddKeys(Snapshot whole, Func<CounterId, Page> pageOf, List<byte[]> keys)
    {
        CounterId id = SnapshotKeys.CounterId(whole.Key);
        try
        {
            foreach (PartPages pages in CounterCodec.DecodeBreakdowns(id, pageOf(id), whole.Bytes))
            {
                keys.AddRange(pages.Numbers.Select(number => SnapshotKeys.Of(id, pages.Breakdown, number)));
            }
        }
        catch (StoredFormatException)
        {
            // Damaged: whoever decodes it says so, with its place.
        }
    }
}
