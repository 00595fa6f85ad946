using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace DataLoad.Streams.Amqp.Wire;

/// <summary>Writes the frame of one method, argument after argument. For what is sent seldom.</summary>
internal sealed class MethodWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new(128);

    public MethodWriter(ushort channel, AmqpMethod method)
    {
        Byte((byte)FrameType.Method);
        UInt16(channel);
        UInt32(0);
        UInt32((uint)method);
    }

    public MethodWriter Byte(byte value)
    {
        _bytes.GetSpan(1)[0] = value;
        _bytes.Advance(1);
        return this;
    }

    public MethodWriter UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_bytes.GetSpan(2), value);
        _bytes.Advance(2);
        return this;
    }

    public MethodWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
        return this;
    }

    public MethodWriter UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
        return this;
    }

    /// <exception cref="ArgumentException">It has more than 255 bytes.</exception>
    public MethodWriter ShortText(string text)
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

    public MethodWriter LongBytes(ReadOnlySpan<byte> bytes)
    {
        UInt32((uint)bytes.Length);
        _bytes.Write(bytes);
        return this;
    }

    /// <summary>A table of texts, integers, flags and tables, or empty.</summary>
    /// <exception cref="ArgumentException">A value is none of these.</exception>
    public MethodWriter Table(IEnumerable<KeyValuePair<string, object?>> entries) => LongBytes(TableBytes(entries));

    /// <summary>The whole frame.</summary>
    public byte[] ToBytes()
    {
        byte[] done = [.. _bytes.WrittenSpan, FrameBuffer.End];
        BinaryPrimitives.WriteUInt32BigEndian(done.AsSpan(3), (uint)(done.Length - FrameBuffer.Overhead));
        return done;
    }

    private static byte[] TableBytes(IEnumerable<KeyValuePair<string, object?>> entries)
    {
        var bytes = new List<byte>();
        foreach ((string name, object? value) in entries)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(name);
            bytes.AddRange([(byte)utf8.Length, .. utf8]);
            switch (value)
            {
                case bool flag:
                    bytes.AddRange([(byte)'t', flag ? (byte)1 : (byte)0]);
                    break;
                case int or long:
                    var number = new byte[8];
                    BinaryPrimitives.WriteInt64BigEndian(number, Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture));
                    bytes.AddRange([(byte)'l', .. number]);
                    break;
                case string text:
                    AddLong(bytes, (byte)'S', Encoding.UTF8.GetBytes(text));
                    break;
                case IEnumerable<KeyValuePair<string, object?>> table:
                    AddLong(bytes, (byte)'F', TableBytes(table));
                    break;
                default:
                    throw new ArgumentException($"'{name}' is {value ?? "null"}; expected a text, an integer, a flag or a table of these.", nameof(entries));
            }
        }

        return [.. bytes];
    }

    private static void AddLong(List<byte> bytes, byte type, byte[] value)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, value.Length);
        bytes.AddRange([type, .. length, .. value]);
    }
}
