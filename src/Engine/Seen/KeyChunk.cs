using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;

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
