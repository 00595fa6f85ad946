using System.Globalization;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Seen;

/// <summary>Names a stored row that cannot be used, and what to do about it.</summary>
internal static class SegmentFault
{
    /// <summary>The row's bytes are not what was written.</summary>
    public static SegmentDamageException Damaged(int partition, SegmentKey segment, int page, InvalidDataException cause) =>
        new(segment, $"{Row(partition, segment, page)} is damaged: {cause.Message}. {Remedy(segment)}", cause);

    /// <summary>The row is not in the store.</summary>
    public static SegmentDamageException Missing(int partition, SegmentKey segment, int page) =>
        new(segment, $"{Row(partition, segment, page)} is missing from the store. {Remedy(segment)}");

    /// <summary>A key among the directories is none.</summary>
    public static StoredFormatException UnknownKey(int partition, byte[] key) =>
        new($"Among the seen identities of Partition {partition} is a snapshot with the key {Convert.ToHexString(key)}, which this program does not know. Use the program that wrote it, or delete that snapshot.");

    private static string Row(int partition, SegmentKey segment, int page) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(page == SegmentKey.DirectoryPage ? "The directory" : $"Page {page}")} of segment {segment} of the seen identities of Partition {partition}");

    private static string Remedy(SegmentKey segment)
    {
        string directory = Convert.ToHexString(segment.Row(SegmentKey.DirectoryPage));
        string pages = Convert.ToHexString(segment.Row(0).AsSpan(..^sizeof(int)));
        return $"A node makes the segment anew from the journal where that reaches back as far; else restore the store from a backup, or stop the node and delete the Partition's SeenHashes snapshots with the key {directory} and with keys that start with {pages}: that forgets the segment's identities, and a redelivery of one of them counts again.";
    }
}

/// <summary>A stored row of a segment is damaged or missing; the segment may be made anew from the journal.</summary>
internal sealed class SegmentDamageException(SegmentKey segment, string message, Exception? inner = null) : StoredFormatException(message, inner)
{
    /// <summary>The segment.</summary>
    public SegmentKey Segment => segment;

    /// <summary>The same, with the place of the stored row.</summary>
    public SegmentDamageException At(int shard, long sequenceNr) =>
        new(segment, $"{SnapshotFault.Place(shard, SnapshotKind.SeenHashes, sequenceNr)}: {Message}", this);
}
