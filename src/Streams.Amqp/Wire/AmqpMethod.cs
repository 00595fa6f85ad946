using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace DataLoad.Streams.Amqp.Wire;

/// <summary>The methods of AMQP 0-9-1 that are used here: the class in the upper half, the method in the lower.</summary>
internal enum AmqpMethod : uint
{
    None = 0,
    ConnectionStart = (10 << 16) | 10,
    ConnectionStartOk = (10 << 16) | 11,
    ConnectionTune = (10 << 16) | 30,
    ConnectionTuneOk = (10 << 16) | 31,
    ConnectionOpen = (10 << 16) | 40,
    ConnectionOpenOk = (10 << 16) | 41,
    ConnectionClose = (10 << 16) | 50,
    ConnectionCloseOk = (10 << 16) | 51,
    ConnectionBlocked = (10 << 16) | 60,
    ConnectionUnblocked = (10 << 16) | 61,
    ChannelOpen = (20 << 16) | 10,
    ChannelOpenOk = (20 << 16) | 11,
    ChannelFlow = (20 << 16) | 20,
    ChannelFlowOk = (20 << 16) | 21,
    ChannelClose = (20 << 16) | 40,
    ChannelCloseOk = (20 << 16) | 41,
    ExchangeDeclare = (40 << 16) | 10,
    ExchangeDeclareOk = (40 << 16) | 11,
    QueueDeclare = (50 << 16) | 10,
    QueueDeclareOk = (50 << 16) | 11,
    QueueBind = (50 << 16) | 20,
    QueueBindOk = (50 << 16) | 21,
    BasicQos = (60 << 16) | 10,
    BasicQosOk = (60 << 16) | 11,
    BasicConsume = (60 << 16) | 20,
    BasicConsumeOk = (60 << 16) | 21,
    BasicCancel = (60 << 16) | 30,
    BasicCancelOk = (60 << 16) | 31,
    BasicPublish = (60 << 16) | 40,
    BasicReturn = (60 << 16) | 50,
    BasicDeliver = (60 << 16) | 60,
    BasicGetOk = (60 << 16) | 71,
    BasicAck = (60 << 16) | 80,
    BasicNack = (60 << 16) | 120,
    ConfirmSelect = (85 << 16) | 10,
    ConfirmSelectOk = (85 << 16) | 11,
}

/// <summary>What a frame holds.</summary>
internal enum FrameType : byte
{
    None = 0,
    Method = 1,
    Header = 2,
    Body = 3,
    Heartbeat = 8,
}

/// <summary>What was agreed on with the broker.</summary>
/// <param name="Channels">The highest channel number.</param>
/// <param name="FrameBytes">The largest frame, with its overhead.</param>
/// <param name="HeartbeatSeconds">How often each side says that it lives; at least 1.</param>
internal readonly record struct FrameLimits(ushort Channels, int FrameBytes, ushort HeartbeatSeconds);

/// <summary>Reads the arguments of a method in order, none beyond its frame.</summary>
internal ref struct MethodReader
{
    private ReadOnlySpan<byte> _left;

    /// <summary>Reads which method it is.</summary>
    /// <exception cref="AmqpException">The frame is cut short; so for each argument.</exception>
    public MethodReader(ReadOnlySpan<byte> payload)
    {
        _left = payload;
        Method = (AmqpMethod)UInt32();
    }

    public AmqpMethod Method { get; }

    public byte Byte() => Take(1)[0];
    public ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));
    public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));
    public ulong UInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));
    public ReadOnlySpan<byte> ShortBytes() => Take(Byte());
    public string ShortText() => Encoding.UTF8.GetString(ShortBytes());

    /// <summary>A long string, or a table without looking into it.</summary>
    public ReadOnlySpan<byte> LongBytes() => Take(UInt32());

    private ReadOnlySpan<byte> Take(uint length)
    {
        if (length > (uint)_left.Length)
        {
            throw new AmqpException("The broker sent a method that is cut short.");
        }

        ReadOnlySpan<byte> taken = _left[..(int)length];
        _left = _left[(int)length..];
        return taken;
    }
}

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

    public MethodWriter Byte(byte value) => Number(value);
    public MethodWriter UInt16(ushort value) => Number(value);
    public MethodWriter UInt32(uint value) => Number(value);
    public MethodWriter UInt64(ulong value) => Number(value);

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

    private MethodWriter Number<T>(T value)
        where T : IBinaryInteger<T>
    {
        _bytes.Advance(value.WriteBigEndian(_bytes.GetSpan(8)));
        return this;
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
                case bool flag: bytes.AddRange([(byte)'t', flag ? (byte)1 : (byte)0]); break;
                case int or long:
                    var number = new byte[8];
                    BinaryPrimitives.WriteInt64BigEndian(number, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                    bytes.AddRange([(byte)'l', .. number]);
                    break;
                case string text: AddLong(bytes, (byte)'S', Encoding.UTF8.GetBytes(text)); break;
                case IEnumerable<KeyValuePair<string, object?>> table: AddLong(bytes, (byte)'F', TableBytes(table)); break;
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
