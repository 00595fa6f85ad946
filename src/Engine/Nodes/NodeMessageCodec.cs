using DataLoad.Engine.Binary;

namespace DataLoad.Engine.Nodes;

/// <summary>The sent form of <see cref="INodeMessage"/>s: the version of <see cref="NodeProtocol"/> that it is of, a byte; the fields; a CRC-32C over all of
/// it.</summary>
internal static class NodeMessageCodec
{
    public static byte[] Encode(bool value)
    {
        var writer = new ByteWriter(8);
        writer.Byte((byte)NodeProtocol.Current);
        writer.Byte(value ? (byte)1 : (byte)0);
        writer.Checksum();
        return writer.Written.ToArray();
    }

    public static bool Decode(byte[] bytes)
    {
        var reader = new ByteReader(ByteReader.CheckedBody(bytes));
        byte version = reader.Byte();
        SentVersion.Check(version);
        byte value = reader.Byte();
        reader.End();
        return value <= 1 ? value == 1 : throw new InvalidDataException($"{value} stands where 0 or 1 is expected");
    }
}

/// <summary>The version that a sent form bears in its first byte.</summary>
internal static class SentVersion
{
    private const int ChecksumBytes = 4;

    /// <exception cref="InvalidDataException">The version is not known.</exception>
    public static void Check(byte version)
    {
        if (version < 1 || version > NodeProtocol.Current)
        {
            throw new InvalidDataException($"version {version} is not known to this program, which reads 1 to {NodeProtocol.Current}");
        }
    }

    /// <summary>A form of this program's version as one of an earlier version, whose fields are the same.</summary>
    public static byte[] As(int version, byte[] form)
    {
        if (form[0] == version)
        {
            return form;
        }

        var writer = new ByteWriter(form.Length);
        writer.Byte((byte)version);
        writer.Bytes(form.AsSpan(1..^ChecksumBytes));
        writer.Checksum();
        return writer.Written.ToArray();
    }
}
