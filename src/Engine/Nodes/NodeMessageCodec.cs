using DataLoad.Engine.Binary;

namespace DataLoad.Engine.Nodes;

/// <summary>The sent form of <see cref="INodeMessage"/>s, version 1 of each: the version, a byte; the fields; a CRC-32C over all of it.</summary>
internal static class NodeMessageCodec
{
    private const byte Version = 1;

    public static byte[] Encode(bool value)
    {
        var writer = new ByteWriter(8);
        writer.Byte(Version);
        writer.Byte(value ? (byte)1 : (byte)0);
        writer.Checksum();
        return writer.Written.ToArray();
    }

    public static bool Decode(byte[] bytes)
    {
        var reader = new ByteReader(ByteReader.CheckedBody(bytes));
        byte version = reader.Byte();
        if (version != Version)
        {
            throw new InvalidDataException($"version {version} is not known to this program, which reads {Version}");
        }

        byte value = reader.Byte();
        reader.End();
        return value <= 1 ? value == 1 : throw new InvalidDataException($"{value} stands where 0 or 1 is expected");
    }
}
