using System.Buffers.Binary;
using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Journaling;

/// <summary>Kept states: Counters, seen identities, baselines.</summary>
public interface ISnapshotStore
{
    /// <summary>Writes and removes snapshots of any number of Partitions in one transaction. Those of a Partition whose Epoch is stale are left out.</summary>
    /// <returns>The Partitions whose Epoch is stale; empty where all was written.</returns>
    ValueTask<IReadOnlyList<int>> SaveAsync(IReadOnlyList<SnapshotWrite> writes, CancellationToken cancellationToken);

    /// <summary>The snapshots of these keys in one round trip, in no order; those that do not exist are left out.</summary>
    ValueTask<IReadOnlyList<Snapshot>> LoadAsync(int partition, SnapshotKind kind, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken);

    /// <summary>The same, in any number and of any size: read a bounded page at a time.</summary>
    IAsyncEnumerable<Snapshot> ReadAsync(int partition, SnapshotKind kind, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken);

    /// <summary>All snapshots of a kind whose key starts with a prefix, in key order; read a bounded page at a time.</summary>
    IAsyncEnumerable<Snapshot> ListAsync(int partition, SnapshotKind kind, byte[] keyPrefix, CancellationToken cancellationToken);
}

/// <summary>One stored snapshot.</summary>
/// <param name="Key">Its key within Partition and kind.</param>
/// <param name="SequenceNr">The SequenceNr that the state holds at.</param>
/// <param name="Bytes">The encoded state.</param>
public sealed record Snapshot(byte[] Key, long SequenceNr, byte[] Bytes);

/// <summary>What a snapshot is of.</summary>
public enum SnapshotKind : byte
{
    /// <summary>A Counter's state.</summary>
    Counter = 1,
    /// <summary>Business keys that were seen: a chunk of one stream and topic.</summary>
    SeenKeys = 2,
    /// <summary>Hashed identities that were seen: a part of a segment.</summary>
    SeenHashes = 3,
    /// <summary>A Counter's state at the journal's baseline, from which verify and rebuild start.</summary>
    Baseline = 4,
    /// <summary>Which blocks of the journal hold events of which sessions: a part of a segment.</summary>
    SessionSegments = 5,
    /// <summary>A page of a Counter's parts by a breakdown.</summary>
    CounterParts = 6,
    /// <summary>The same at the journal's baseline.</summary>
    BaselineParts = 7,
}

/// <summary>One snapshot to write or remove.</summary>
/// <param name="Shard">The Partition's number.</param>
/// <param name="Epoch">The epoch under which it is written; the write fails where it is stale.</param>
/// <param name="Kind">What it is of.</param>
/// <param name="Key">Its key within Partition and kind, at most 512 bytes; ordered as bytes.</param>
/// <param name="SequenceNr">The SequenceNr that the state holds at.</param>
/// <param name="Bytes">The encoded state, or null to remove the snapshot.</param>
public sealed record SnapshotWrite(int Shard, long Epoch, SnapshotKind Kind, byte[] Key, long SequenceNr, byte[]? Bytes);

/// <summary>The keys of stored snapshots: a byte and two numbers, big-endian so that they order as bytes, then the topic's type.</summary>
internal static class SnapshotKeys
{
    private const int HeadBytes = 9;
    private const int PartsTailBytes = 5;

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

    /// <summary>The key of a page of parts: that of its Counter, the breakdown's number, a byte, and the page's, big-endian.</summary>
    public static byte[] Of(in CounterId id, Breakdown breakdown, int page)
    {
        byte[] counter = Of(id);
        byte[] key = new byte[counter.Length + PartsTailBytes];
        counter.CopyTo(key, 0);
        key[counter.Length] = (byte)breakdown;
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(counter.Length + 1), page);
        return key;
    }

    /// <exception cref="StoredFormatException">The key is none of a page of parts.</exception>
    public static (CounterId Id, Breakdown Breakdown, int Page) PartsOf(ReadOnlySpan<byte> key)
    {
        int counter = Math.Max(key.Length - PartsTailBytes, 0);
        return (CounterId(key[..counter]), (Breakdown)key[counter], BinaryPrimitives.ReadInt32BigEndian(key[(counter + 1)..]));
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

/// <summary>Deletes of the journal what a baseline stands for.</summary>
/// <remarks>
/// What announces an owner stays for good. Of an owner that was held, or cut off, the next number is always the one that its
/// successor announced itself at: as long as that is taken, whoever has not seen all of the journal cannot write to it, however
/// much later it goes on. Akka's own deleting would take all entries, and the number would be free again.
/// </remarks>
public interface IJournalTrimmer
{
    /// <summary>Deletes a Partition's blocks in a range of SequenceNrs. Repeating it changes nothing.</summary>
    /// <param name="partition">The Partition's number, 0 and up.</param>
    /// <param name="afterSequenceNr">The number behind which deleting begins; 0 and up.</param>
    /// <param name="throughSequenceNr">The last number to delete: at most the baseline, and below the Partition's highest number, which is to stay.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask DeleteBlocksAsync(int partition, long afterSequenceNr, long throughSequenceNr, CancellationToken cancellationToken);
}
