using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Seen;

/// <summary>
/// A range of 2^20 business keys of one stream and topic: the unit in which seen keys are kept and passivated. Keys
/// grow over time, so old chunks rest.
/// </summary>
/// <param name="StreamId">The stream's number.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Number">The key, divided by 2^20.</param>
internal readonly record struct KeyChunkId(byte StreamId, TopicKey Topic, int Number)
{
    public const int Bits = 20;

    public static KeyChunkId Of(byte streamId, in TopicKey topic, UInt128 key) => new(streamId, topic, (int)((ulong)key >> Bits));

    public static KeyChunkId Parse(ReadOnlySpan<byte> snapshotKey)
    {
        SnapshotKeys.Parse(snapshotKey, out byte stream, out int number, out TopicKey topic);
        return new KeyChunkId(stream, topic, number);
    }

    public static int Low(UInt128 key) => (int)((ulong)key & ((1UL << Bits) - 1));

    public byte[] SnapshotKey() => SnapshotKeys.Make(StreamId, Number, Topic);

    public override int GetHashCode() => (int)(Topic.Hash ^ ((ulong)(uint)Number * 0x9E3779B1UL) ^ ((ulong)StreamId << 24));
}
