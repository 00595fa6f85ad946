using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace DataLoad.Engine.Binary;

/// <summary>A growing buffer that is written front to back and reused. Not thread-safe.</summary>
internal sealed class ByteWriter(int capacity = 1024) : IBufferWriter<byte>
{
    private byte[] _buffer = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Byte(byte value)
    {
        Reserve(1);
        _buffer[Length++] = value;
    }

    public void Unsigned(ulong value)
    {
        Reserve(Varint.MaxBytes);
        Length += Varint.Write(_buffer.AsSpan(Length), value);
    }

    public void Signed(long value) => Unsigned(Varint.Fold(value));

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(Length));
        Length += bytes.Length;
    }

    public void UInt128(UInt128 value)
    {
        Reserve(16);
        BinaryPrimitives.WriteUInt128LittleEndian(_buffer.AsSpan(Length), value);
        Length += 16;
    }

    public void Text(string value)
    {
        int count = System.Text.Encoding.UTF8.GetByteCount(value);
        Unsigned((ulong)count);
        Reserve(count);
        Length += System.Text.Encoding.UTF8.GetBytes(value, _buffer.AsSpan(Length));
    }

    /// <summary>Ends what was written with a CRC-32C over all of it.</summary>
    public void Checksum()
    {
        uint crc = Crc32C.Compute(Written);
        Reserve(4);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(Length), crc);
        Length += 4;
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsSpan(Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Reserve(int count)
    {
        if (_buffer.Length - Length < count)
        {
            Grow(count);
        }
    }

    private void Grow(int count) =>
        Array.Resize(ref _buffer, Math.Max(checked(Length + count), (int)Math.Min(Array.MaxLength, (long)_buffer.Length * 2)));
}

/// <summary>Integers as in Protocol Buffers: seven bits a byte, the lowest first (LEB128); signed ones folded so that small ones are short (zigzag).</summary>
internal static class Varint
{
    public const int MaxBytes = 10;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(Span<byte> destination, ulong value)
    {
        int i = 0;
        while (value >= 0x80)
        {
            destination[i++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[i++] = (byte)value;
        return i;
    }

    public static ulong Fold(long value) => (ulong)((value << 1) ^ (value >> 63));

    public static long Unfold(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);
}
