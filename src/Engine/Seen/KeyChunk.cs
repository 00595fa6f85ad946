using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Seen;

/// <summary>The seen business keys of one <see cref="KeyChunkId"/>, in memory.</summary>
internal sealed class KeyChunk(KeyChunkId id, IdSet keys)
{
    private const byte Version = 1;

    public KeyChunkId Id => id;
    public IdSet Keys => keys;

    /// <summary>Whether it holds keys that no encoded snapshot has.</summary>
    public bool IsDirty { get; set; }

    /// <summary>Whether a snapshot is on its way; until then the stored one is older than this.</summary>
    public bool IsSaving { get; set; }

    public long LastUsed { get; set; }
    public long AccountedBytes { get; set; }
    public long ResidentBytes => 120 + keys.ResidentBytes;

    /// <summary>The stored form, version 1: the version, a byte; the set; a CRC-32C.</summary>
    public byte[] Encode()
    {
        var writer = new ByteWriter(keys.SerializedBytes + 16);
        writer.Byte(Version);
        keys.WriteTo(writer);
        writer.Checksum();
        return writer.Written.ToArray();
    }

    /// <exception cref="StoredFormatException">The bytes are damaged or of an unknown version.</exception>
    public static KeyChunk Decode(KeyChunkId id, ReadOnlySpan<byte> bytes)
    {
        try
        {
            ReadOnlySpan<byte> body = ByteReader.CheckedBody(bytes);
            return body[0] == Version
                ? new KeyChunk(id, IdSet.Read(body[1..]))
                : throw new InvalidDataException($"version {body[0]} is not known to this program, which reads {Version}");
        }
        catch (InvalidDataException e)
        {
            throw new StoredFormatException($"the seen keys of stream {id.StreamId}, topic {id.Topic}, chunk {id.Number} are damaged: {e.Message}.", e);
        }
    }
}

/// <summary>A range of 2^20 business keys of one stream and topic: the unit of keeping and passivating. Keys grow over time, so old ones are idle.</summary>
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
