using System.Buffers.Binary;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Seen;

/// <summary>
/// The stored form of a segment's rows, version 1. Each starts with the version, its kind, bucket and segment number, so that a row under another's key is
/// found out, and ends with a CRC-32C. A page: its index, how many ids, the ids ascending, 16 bytes each, the lowest first. A directory: the bucket's length
/// in milliseconds, how many ids, how many a page has, the first id of every page, how many blocks the filter has, the blocks.
/// </summary>
internal static class SegmentRows
{
    private const int IdBytes = 16;

    public static byte[] EncodePage(ByteWriter writer, SegmentKey key, int page, ReadOnlySpan<UInt128> ids)
    {
        PagedRow.Begin(writer, key.Bucket, key.Number, page);
        writer.Unsigned((ulong)page);
        writer.Unsigned((ulong)ids.Length);
        foreach (UInt128 id in ids)
        {
            writer.UInt128(id);
        }

        writer.Checksum();
        return writer.Written.ToArray();
    }

    /// <exception cref="Counting.StoredFormatException">The bytes are damaged, of an unknown version, or another row's.</exception>
    public static void DecodePage(int shard, Segment segment, int page, ReadOnlySpan<byte> bytes, Span<UInt128> ids)
    {
        try
        {
            var reader = new ByteReader(ByteReader.CheckedBody(bytes));
            PagedRow.CheckHead(ref reader, segment.Key.Bucket, segment.Key.Number, page, Name);
            int index = reader.Int32();
            int count = reader.Int32();
            if (index != page || count != segment.IdsOfPage(page))
            {
                throw new InvalidDataException($"it holds page {index} with {count} ids in place of page {page} with {segment.IdsOfPage(page)}");
            }

            ReadOnlySpan<byte> body = reader.Bytes(count * IdBytes);
            reader.End();
            ReadAscending(body, ids);
            if (segment.Directory is { } directory
                && (ids[0] != directory.PageFirsts[page] || (page + 1 < directory.PageFirsts.Length && ids[^1] >= directory.PageFirsts[page + 1])))
            {
                throw new InvalidDataException("its ids are not those that the directory says");
            }
        }
        catch (InvalidDataException e)
        {
            throw SegmentFault.Damaged(shard, segment.Key, page, e);
        }
    }

    public static byte[] EncodeDirectory(ByteWriter writer, Segment segment)
    {
        SegmentDirectory directory = segment.Directory!;
        PagedRow.Begin(writer, segment.Key.Bucket, segment.Key.Number, PagedRow.DirectoryPage);
        writer.Unsigned((ulong)segment.BucketMs);
        writer.Unsigned((ulong)segment.Count);
        writer.Unsigned((ulong)segment.PageIds);
        foreach (UInt128 first in directory.PageFirsts)
        {
            writer.UInt128(first);
        }

        int filterBytes = directory.Filter.Blocks * BlockedFilter.BlockBytes;
        writer.Unsigned((ulong)directory.Filter.Blocks);
        directory.Filter.CopyTo(writer.GetSpan(filterBytes));
        writer.Advance(filterBytes);
        writer.Checksum();
        return writer.Written.ToArray();
    }

    /// <summary>Decodes a directory, and with it what is to know of its segment.</summary>
    /// <exception cref="Counting.StoredFormatException">The bytes are damaged, of an unknown version, or another row's.</exception>
    public static Segment DecodeDirectory(int shard, SegmentKey key, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return DecodeDirectory(key, ByteReader.CheckedBody(bytes));
        }
        catch (InvalidDataException e)
        {
            throw SegmentFault.Damaged(shard, key, PagedRow.DirectoryPage, e);
        }
    }

    private static Segment DecodeDirectory(SegmentKey key, ReadOnlySpan<byte> body)
    {
        var reader = new ByteReader(body);
        PagedRow.CheckHead(ref reader, key.Bucket, key.Number, PagedRow.DirectoryPage, Name);
        long bucketMs = InRange(reader.Unsigned(), 1, SeenHashesOptions.WindowMsLimit, "a bucket's length");
        if (key.Bucket >= long.MaxValue / bucketMs)
        {
            throw new InvalidDataException($"bucket {key.Bucket} of {bucketMs} ms is beyond all time");
        }

        int count = (int)InRange(reader.Unsigned(), 1, SeenHashesOptions.SegmentIdsLimit, "a count of ids");
        int pageIds = (int)InRange(reader.Unsigned(), 1, SeenHashesOptions.PageIdsLimit, "a count of ids a page");
        int pages = Segment.PageCountOf(count, pageIds);
        ReadOnlySpan<byte> stored = reader.Bytes(pages * IdBytes);
        var firsts = new UInt128[pages];
        ReadAscending(stored, firsts);
        int blocks = (int)InRange(reader.Unsigned(), 1, BlockedFilter.BlocksFor(SeenHashesOptions.SegmentIdsLimit, 32), "a count of filter blocks");
        ReadOnlySpan<byte> words = reader.Bytes(blocks * BlockedFilter.BlockBytes);
        reader.End();
        return new Segment(key, bucketMs, count, pageIds, blocks) { Directory = new SegmentDirectory(BlockedFilter.From(words), firsts) };
    }

    private static long InRange(ulong value, long min, long max, string what) =>
        value >= (ulong)min && value <= (ulong)max ? (long)value : throw new InvalidDataException($"{what} is {value}, not from {min} to {max}");

    private static string Name(long bucket, long number) => $"segment {new SegmentKey(bucket, number)}";

    private static void ReadAscending(ReadOnlySpan<byte> bytes, Span<UInt128> ids)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = BinaryPrimitives.ReadUInt128LittleEndian(bytes[(i * IdBytes)..]);
            if (i > 0 && ids[i] <= ids[i - 1])
            {
                throw new InvalidDataException($"its ids do not ascend at number {i}");
            }
        }
    }
}

/// <summary>Collects the rows that one transaction writes and removes.</summary>
internal sealed class SegmentWriter(int shard, long epoch, long sequenceNr)
{
    private readonly ByteWriter _buffer = new((SeenHashesOptions.PageIdsLimit * 16) + 256);
    private readonly List<SnapshotWrite> _writes = [];

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

        var segment = new Segment(key, bucketMs, ids.Length, pageIds, filter.Blocks) { Directory = new SegmentDirectory(filter, firsts) };
        Put(key.Row(PagedRow.DirectoryPage), SegmentRows.EncodeDirectory(_buffer, segment));
        return segment;
    }

    public void Remove(Segment segment)
    {
        for (int page = PagedRow.DirectoryPage; page < segment.PageCount; page++)
        {
            Put(segment.Key.Row(page), null);
        }

        RemovedRows += segment.RowCount;
    }

    public void Remove(IReadOnlyList<byte[]> rows)
    {
        foreach (byte[] row in rows)
        {
            Put(row, null);
        }

        RemovedRows += rows.Count;
    }

    public SeenWrites ToWrites() => new(sequenceNr, _writes);

    private void Put(byte[] key, byte[]? bytes) => _writes.Add(new SnapshotWrite(shard, epoch, SnapshotKind.SeenHashes, key, sequenceNr, bytes));
}
