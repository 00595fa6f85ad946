using System.Buffers.Binary;

namespace DataLoad.Engine.Journaling;

/// <summary>
/// The head of a stored block, 25 bytes: the version, a byte; then, little-endian, Partition (4 bytes), SequenceNr (8), time of
/// journaling (8) and the number of events (4). Of a fixed size, so that it is written once the events are known.
/// </summary>
/// <param name="Partition">The Partition.</param>
/// <param name="SequenceNr">The number that the block is persisted at.</param>
/// <param name="JournaledAtMs">When the block was made, in epoch milliseconds.</param>
/// <param name="Count">How many events it holds.</param>
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
