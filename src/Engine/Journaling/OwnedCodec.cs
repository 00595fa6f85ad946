using DataLoad.Engine.Binary;

namespace DataLoad.Engine.Journaling;

/// <summary>The stored form of <see cref="Owned"/>, version 1: the version, a byte; node and time; a CRC-32C over all of it.</summary>
internal static class OwnedCodec
{
    private const byte Version = 1;
    private const int MaxNodeBytes = 1024;

    public static byte[] Encode(Owned owned)
    {
        var writer = new ByteWriter(64);
        writer.Byte(Version);
        writer.Text(owned.Node);
        writer.Unsigned((ulong)owned.AtMs);
        writer.Checksum();
        return writer.Written.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are damaged or of an unknown version.</exception>
    public static Owned Decode(byte[] bytes)
    {
        var reader = new ByteReader(ByteReader.CheckedBody(bytes));
        byte version = reader.Byte();
        if (version != Version)
        {
            throw new InvalidDataException($"version {version} is not known to this program, which reads {Version}");
        }

        var owned = new Owned(reader.Text(MaxNodeBytes), (long)reader.Unsigned());
        reader.End();
        return owned;
    }
}
