using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace DataLoad.Engine.Intake.Amqp.Wire;

/// <summary>Writes the frame of one method, argument after argument. For what is sent seldom.</summary>
internal sealed class MethodFrame
{
    private readonly ArrayBufferWriter<byte> _bytes = new(128);
    private byte[]? _done;

    public MethodFrame(ushort channel, WireMethod method)
    {
        Byte((byte)WireFrameType.Method);
        UInt16(channel);
        UInt32(0);
        UInt32((uint)method);
    }

    public MethodFrame Byte(byte value)
    {
        _bytes.GetSpan(1)[0] = value;
        _bytes.Advance(1);
        return this;
    }

    public MethodFrame UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_bytes.GetSpan(2), value);
        _bytes.Advance(2);
        return this;
    }

    public MethodFrame UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
        return this;
    }

    public MethodFrame UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
        return this;
    }

    /// <exception cref="ArgumentException">It has more than 255 bytes.</exception>
    public MethodFrame ShortText(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > byte.MaxValue)
        {
            throw new ArgumentException($"'{text}' has {bytes.Length} bytes; AMQP takes at most 255.", nameof(text));
        }

        Byte((byte)bytes.Length);
        _bytes.Write(bytes);
        return this;
    }

    public MethodFrame LongBytes(ReadOnlySpan<byte> bytes)
    {
        UInt32((uint)bytes.Length);
        _bytes.Write(bytes);
        return this;
    }

    /// <summary>A table of texts, of tables of flags, or empty.</summary>
    public MethodFrame Table(params ReadOnlySpan<(string Name, object Value)> entries) => LongBytes(TableBytes(entries));

    /// <summary>The whole frame.</summary>
    public byte[] ToBytes()
    {
        if (_done is null)
        {
            Byte(FrameBuffer.End);
            _done = _bytes.WrittenSpan.ToArray();
            BinaryPrimitives.WriteUInt32BigEndian(_done.AsSpan(3), (uint)(_done.Length - FrameBuffer.Overhead));
        }

        return _done;
    }

    private static byte[] TableBytes(ReadOnlySpan<(string Name, object Value)> entries)
    {
        var bytes = new List<byte>();
        foreach ((string name, object value) in entries)
        {
            bytes.Add((byte)name.Length);
            bytes.AddRange(Encoding.ASCII.GetBytes(name));
            switch (value)
            {
                case bool flag:
                    bytes.AddRange([(byte)'t', flag ? (byte)1 : (byte)0]);
                    break;
                case (string, object)[] table:
                    bytes.Add((byte)'F');
                    AddLong(bytes, TableBytes(table));
                    break;
                default:
                    bytes.Add((byte)'S');
                    AddLong(bytes, Encoding.UTF8.GetBytes((string)value));
                    break;
            }
        }

        return [.. bytes];
    }

    private static void AddLong(List<byte> bytes, byte[] value)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, value.Length);
        bytes.AddRange(length);
        bytes.AddRange(value);
    }
}
