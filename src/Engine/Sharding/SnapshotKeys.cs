using System.Buffers.Binary;
using System.Text;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Sharding;

/// <summary>The keys of stored snapshots: numbers big-endian, so that they order as bytes, then the topic's type.</summary>
internal static class SnapshotKeys
{
    public static byte[] Of(in CounterId id)
    {
        byte[] key = Make(id.Topic, out Span<byte> head);
        head[0] = id.PageId;
        BinaryPrimitives.WriteInt32BigEndian(head[1..], id.Day);
        return key;
    }

    public static byte[] Of(in KeyChunkId id)
    {
        byte[] key = Make(id.Topic, out Span<byte> head);
        head[0] = id.StreamId;
        BinaryPrimitives.WriteInt32BigEndian(head[1..], id.Number);
        return key;
    }

    public static CounterId CounterId(ReadOnlySpan<byte> key) =>
        new(key[0], Topic(key), BinaryPrimitives.ReadInt32BigEndian(key[1..]));

    private static TopicKey Topic(ReadOnlySpan<byte> key) =>
        new(Encoding.UTF8.GetString(key[9..]), BinaryPrimitives.ReadInt32BigEndian(key[5..]));

    private static byte[] Make(in TopicKey topic, out Span<byte> head)
    {
        byte[] key = new byte[9 + Encoding.UTF8.GetByteCount(topic.Type)];
        head = key;
        BinaryPrimitives.WriteInt32BigEndian(head[5..], topic.Id);
        Encoding.UTF8.GetBytes(topic.Type, head[9..]);
        return key;
    }
}
