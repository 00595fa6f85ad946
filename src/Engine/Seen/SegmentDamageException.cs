using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Seen;

/// <summary>A stored row of a segment is damaged or missing; the segment may be made anew from the journal.</summary>
internal sealed class SegmentDamageException(SegmentKey segment, string message, Exception? inner = null) : StoredFormatException(message, inner)
{
    /// <summary>The segment.</summary>
    public SegmentKey Segment => segment;

    /// <summary>The same, with the place of the stored row.</summary>
    public SegmentDamageException At(int shard, long sequenceNr) =>
        new(segment, $"{SnapshotFault.Place(shard, SnapshotKind.SeenHashes, sequenceNr)}: {Message}", this);
}
