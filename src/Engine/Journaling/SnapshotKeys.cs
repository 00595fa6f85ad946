using System.Buffers.Binary;
using System.Text;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Journaling;

/// <summary>The keys of stored snapshots: a byte and two numbers, big-endian so that they order as bytes, then the topic's type.</summary>
internal static class SnapshotKeys
{
    private const int HeadBytes = 9;

    public static byte[] Of(in CounterId id) => Make(id.PageId, id.Day, id.Topic);

    public static byte[] Make(byte first, int number, in TopicKey topic)
    {
        byte[] key = new byte[HeadBytes + Encoding.UTF8.GetByteCount(topic.Type)];
        key[0] = first;
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(1), number);
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(5), topic.Id);
        Encoding.UTF8.GetBytes(topic.Type, key.AsSpan(HeadBytes));
        return key;
    }

    /// <exception cref="StoredFormatException">The key is not one that <see cref="Make"/> made.</exception>
    public static void Parse(ReadOnlySpan<byte> key, out byte first, out int number, out TopicKey topic)
    {
        if (key.Length <= HeadBytes)
        {
            throw new StoredFormatException(
                $"A snapshot's key has {key.Length} bytes where more than {HeadBytes} are expected; the store was changed by something else.");
        }

        first = key[0];
        number = BinaryPrimitives.ReadInt32BigEndian(key[1..]);
        topic = new TopicKey(Encoding.UTF8.GetString(key[HeadBytes..]), BinaryPrimitives.ReadInt32BigEndian(key[5..]));
    }

    public static CounterId CounterId(ReadOnlySpan<byte> key)
    {
        Parse(key, out byte page, out int day, out TopicKey topic);
        return new CounterId(page, topic, day);
    }
}
