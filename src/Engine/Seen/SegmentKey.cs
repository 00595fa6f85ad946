using System.Globalization;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Seen;

/// <summary>A segment's name, and the store keys of its rows: those of a directory and pages, named by bucket and number.</summary>
/// <param name="Bucket">The time bucket, counted in lengths of the segment's bucket.</param>
/// <param name="Number">The segment's number, unlike any other of its Partition.</param>
internal readonly record struct SegmentKey(long Bucket, long Number)
{
    /// <summary>The key of a page, or of the directory for <see cref="PagedRow.DirectoryPage"/>.</summary>
    public byte[] Row(int page) => PagedRow.Key(Bucket, Number, page);

    /// <summary>What the keys of all rows of the segment start with: that of its directory, and those of its pages.</summary>
    public byte[][] RowPrefixes() => [Row(PagedRow.DirectoryPage), PagedRow.PagePrefix(Bucket, Number)];

    /// <summary>Reads a row's key; false where it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> key, out SegmentKey segment, out int page)
    {
        bool isKey = PagedRow.TryParse(key, out long bucket, out long number, out page);
        segment = new SegmentKey(bucket, number);
        return isKey && segment is { Bucket: >= 0, Number: >= 0 };
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number} of bucket {Bucket}");
}

/// <summary>Names a stored row that cannot be used, and what to do about it.</summary>
internal static class SegmentFault
{
    /// <summary>The row's bytes are not what was written.</summary>
    public static SegmentDamageException Damaged(int partition, SegmentKey segment, int page, InvalidDataException cause) =>
        new(segment, $"{Row(partition, segment, page)} is damaged: {cause.Message}. {Remedy(segment)}", cause);

    public static SegmentDamageException Missing(int partition, SegmentKey segment, int page) =>
        new(segment, $"{Row(partition, segment, page)} is missing from the store. {Remedy(segment)}");

    /// <summary>A key among the directories is none.</summary>
    public static StoredFormatException UnknownKey(int partition, byte[] key) =>
        new(
            $"Among the seen identities of Partition {partition} is a snapshot with the key {Convert.ToHexString(key)}, which this program does not know. "
            + "Use the program that wrote it, or delete that snapshot.");

    private static string Row(int partition, SegmentKey segment, int page) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(page == PagedRow.DirectoryPage ? "The directory" : $"Page {page}")} of segment {segment} of the seen identities of Partition {partition}");

    private static string Remedy(SegmentKey segment)
    {
        string directory = Convert.ToHexString(segment.Row(PagedRow.DirectoryPage));
        string pages = Convert.ToHexString(PagedRow.PagePrefix(segment.Bucket, segment.Number));
        return "A node makes the segment anew from the journal where that reaches back as far; else restore the store from a backup, "
            + $"or stop the node and delete the Partition's SeenHashes snapshots with the key {directory} and with keys that start with {pages}: "
            + "that forgets the segment's identities, and a redelivery of one of them counts again.";
    }
}

/// <summary>A stored row of a segment is damaged or missing; the segment may be made anew from the journal.</summary>
internal sealed class SegmentDamageException(SegmentKey segment, string message, Exception? inner = null) : StoredFormatException(message, inner)
{
    public SegmentKey Segment => segment;

    /// <summary>The same, with the place of the stored row.</summary>
    public SegmentDamageException At(int shard, long sequenceNr) =>
        new(segment, $"{SnapshotFault.Place(shard, SnapshotKind.SeenHashes, sequenceNr)}: {Message}", this);
}
