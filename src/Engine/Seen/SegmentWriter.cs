using DataLoad.Engine.Binary;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Seen;

/// <summary>Collects the rows that one transaction writes and removes.</summary>
internal sealed class SegmentWriter(int shard, long epoch, long sequenceNr)
{
    private readonly ByteWriter _buffer = new((SeenHashesOptions.PageIdsLimit * 16) + 256);
    private readonly List<SnapshotWrite> _writes = [];

    /// <summary>How many rows are removed.</summary>
    public int RemovedRows { get; private set; }

    /// <summary>Makes a segment of ids that ascend, with its directory in memory, and writes all its rows.</summary>
    public Segment Write(SegmentKey key, long bucketMs, ReadOnlySpan<UInt128> ids, SeenHashesOptions options)
    {
        int pageIds = options.PageIds;
        var filter = new BlockedFilter(BlockedFilter.BlocksFor(ids.Length, options.FilterBitsPerId));
        foreach (UInt128 id in ids)
        {
            filter.Add(new HashProbe(id));
        }

        var firsts = new UInt128[Segment.PageCountOf(ids.Length, pageIds)];
        for (int page = 0; page < firsts.Length; page++)
        {
            ReadOnlySpan<UInt128> part = ids[(page * pageIds)..Math.Min(ids.Length, (page + 1) * pageIds)];
            firsts[page] = part[0];
            Put(key.Row(page), SegmentRows.EncodePage(_buffer, key, page, part));
        }

        var segment = new Segment
        {
            Key = key,
            BucketMs = bucketMs,
            Count = ids.Length,
            PageIds = pageIds,
            FilterBlocks = filter.Blocks,
            Directory = new SegmentDirectory(filter, firsts),
        };
        Put(key.Row(SegmentKey.DirectoryPage), SegmentRows.EncodeDirectory(_buffer, segment));
        return segment;
    }

    /// <summary>Removes all rows of a segment.</summary>
    public void Remove(Segment segment)
    {
        for (int page = SegmentKey.DirectoryPage; page < segment.PageCount; page++)
        {
            Put(segment.Key.Row(page), null);
        }

        RemovedRows += segment.RowCount;
    }

    /// <summary>Removes rows by their keys.</summary>
    public void Remove(IReadOnlyList<byte[]> rows)
    {
        foreach (byte[] row in rows)
        {
            Put(row, null);
        }

        RemovedRows += rows.Count;
    }

    /// <summary>What was collected.</summary>
    public SeenWrites ToWrites() => new(sequenceNr, _writes);

    private void Put(byte[] key, byte[]? bytes) => _writes.Add(new SnapshotWrite
    {
        Shard = shard,
        Epoch = epoch,
        Kind = SnapshotKind.SeenHashes,
        Key = key,
        SequenceNr = sequenceNr,
        Bytes = bytes,
    });
}
