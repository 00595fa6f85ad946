using System.Buffers.Binary;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Journaling;

/// <summary>What a Partition persists.</summary>
public interface IJournalEntry;

/// <summary>Announces an owner: the SequenceNr that it is persisted at is the Epoch of this ownership. Holds no events.</summary>
/// <param name="Node">Who owns, for those who read the journal.</param>
/// <param name="AtMs">When, in epoch milliseconds.</param>
public sealed record Owned(string Node, long AtMs) : IJournalEntry;

/// <summary>Accepted events of one Partition, encoded together.</summary>
/// <remarks>Immutable: nobody changes the bytes once the block is made, so that Counters read their parts of it without copies.</remarks>
/// <param name="bytes">The block's stored form, with its checksum.</param>
public sealed class Block(byte[] bytes) : IJournalEntry
{
    /// <summary>The stored form (<c>docs/ARCHITECTURE.md</c>, "Journal block").</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;
}

/// <summary>An entry as it was persisted.</summary>
/// <param name="Partition">The Partition.</param>
/// <param name="SequenceNr">The number it was persisted at; 1 and up.</param>
/// <param name="Entry">The entry: a <see cref="Block"/> or <see cref="Owned"/>.</param>
public readonly record struct PersistedEntry(int Partition, long SequenceNr, IJournalEntry Entry);

/// <summary>A block as it was persisted.</summary>
/// <param name="Partition">The Partition.</param>
/// <param name="SequenceNr">The number it was persisted at; 1 and up.</param>
/// <param name="Block">The block.</param>
public readonly record struct PersistedBlock(int Partition, long SequenceNr, Block Block);

/// <summary>Stands for an entry whose bytes do not read, until <see cref="JournalReader"/>, which knows its place, refuses it by name.</summary>
internal sealed record UnreadableEntry(Exception Fault) : IJournalEntry;

/// <summary>Writes blocks, version 2: a <see cref="BlockHead"/>; the entries; a CRC-32C over all of it. Reused from block to block; not thread-safe.</summary>
/// <remarks>
/// An entry begins with the stream's number, its topic's type as a reference to an earlier one in the block (0 and the text for a new one), the topic's id,
/// and time and day as differences from the entry before; <see cref="EntryWriter"/> writes the rest, its payload.
/// </remarks>
internal sealed class BlockEncoder
{
    private readonly ByteWriter _bytes = new(4096);
    private readonly TopicTypeWriter _types = new();
    private BlockHead _head;
    private long _lastTimeMs;
    private int _lastDay;

    public int Count { get; private set; }

    /// <summary>The size of the block if it were finished now, in bytes.</summary>
    public int Length => _bytes.Length + sizeof(uint);

    /// <summary>Starts a block, made now, that is going to be persisted at a SequenceNr; identities that expire do so counting from now.</summary>
    public void Start(int partition, long sequenceNr, long journaledAtMs)
    {
        _head = new BlockHead(partition, sequenceNr, journaledAtMs, 0);
        _bytes.Clear();
        _bytes.GetSpan(BlockHead.Size);
        _bytes.Advance(BlockHead.Size);
        _types.Clear();
        _lastTimeMs = journaledAtMs;
        _lastDay = 0;
        Count = 0;
    }

    /// <summary>Adds an event: what its entry begins with, and its payload as <see cref="EntryWriter"/> wrote it. The bytes are copied.</summary>
    /// <returns>Where the payload begins in the finished block, for <see cref="EntryDecoder.ReadCounted"/>.</returns>
    public int Add(in EventHead head, ReadOnlySpan<byte> payload)
    {
        _bytes.Byte(head.StreamId);
        _types.Write(_bytes, head.Topic.Type);
        _bytes.Unsigned((ulong)head.Topic.Id);
        _bytes.Signed(head.TimeMs - _lastTimeMs);
        _bytes.Signed(head.Day - _lastDay);
        int offset = _bytes.Length;
        _bytes.Bytes(payload);
        _lastTimeMs = head.TimeMs;
        _lastDay = head.Day;
        Count++;
        return offset;
    }

    /// <summary>Makes the block of what was added.</summary>
    public Block Finish()
    {
        byte[] block = GC.AllocateUninitializedArray<byte>(Length);
        _bytes.Written.CopyTo(block);
        (_head with { Count = Count }).Write(block);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(_bytes.Length), Crc32C.Compute(block.AsSpan(0, _bytes.Length)));
        return new Block(block);
    }
}

/// <summary>The head of a stored block, 25 bytes: of a fixed size, so that it is written once the events are known.</summary>
/// <remarks>The version, a byte; then, little-endian, Partition (4 bytes), SequenceNr (8), time of journaling (8) and the number of events (4).</remarks>
internal readonly record struct BlockHead(int Partition, long SequenceNr, long JournaledAtMs, int Count)
{
    public const byte Version = 2;

    public const int Size = 25;

    /// <summary>The fewest bytes that an entry takes.</summary>
    private const int MinEntryBytes = 8;

    public void Write(Span<byte> bytes)
    {
        bytes[0] = Version;
        BinaryPrimitives.WriteInt32LittleEndian(bytes[1..], Partition);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[5..], SequenceNr);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[13..], JournaledAtMs);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[21..], Count);
    }

    /// <summary>Reads the head of a block whose checksum is good, or which is only to be named.</summary>
    /// <exception cref="InvalidDataException">There is no head of this version.</exception>
    public static BlockHead Read(ReadOnlySpan<byte> body)
    {
        if (body.Length > 0 && body[0] != Version)
        {
            throw new InvalidDataException($"version {body[0]} is not known to this program, which reads {Version}");
        }

        if (body.Length < Size)
        {
            throw new InvalidDataException($"{body.Length} bytes are too few");
        }

        var head = new BlockHead(
            BinaryPrimitives.ReadInt32LittleEndian(body[1..]),
            BinaryPrimitives.ReadInt64LittleEndian(body[5..]),
            BinaryPrimitives.ReadInt64LittleEndian(body[13..]),
            BinaryPrimitives.ReadInt32LittleEndian(body[21..]));
        return (uint)head.Count <= (uint)(body.Length - Size) / MinEntryBytes
            ? head
            : throw new InvalidDataException($"{head.Count} events do not fit into {body.Length - Size} bytes");
    }
}
