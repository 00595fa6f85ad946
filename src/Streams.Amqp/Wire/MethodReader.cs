using System.Buffers.Binary;
using System.Text;

namespace DataLoad.Streams.Amqp.Wire;

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
