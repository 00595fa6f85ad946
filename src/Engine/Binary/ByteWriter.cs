using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
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

    private void Grow(int count) => Array.Resize(ref _buffer, Math.Max(checked(Length + count), (int)Math.Min(Array.MaxLength, (long)_buffer.Length * 2)));
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

/// <summary>Reads what <see cref="ByteWriter"/> wrote, never past the end. Any fault is an <see cref="InvalidDataException"/>.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }
    public readonly int Remaining => _bytes.Length - Position;

    /// <summary>Checks the CRC-32C at the end and gives back what stands before it.</summary>
    public static ReadOnlySpan<byte> CheckedBody(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 5)
        {
            throw new InvalidDataException($"{bytes.Length} bytes are too few");
        }

        ReadOnlySpan<byte> body = bytes[..^4];
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]);
        uint computed = Crc32C.Compute(body);
        return stored == computed ? body : throw new InvalidDataException($"the checksum is {stored:x8} where the bytes give {computed:x8}");
    }

    public byte Byte() => Position < _bytes.Length ? _bytes[Position++] : throw Ended();

    public ulong Unsigned()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte b = Byte();
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return shift == 63 && b > 1 ? throw new InvalidDataException($"the integer before offset {Position} is beyond 64 bits") : value;
            }
        }

        throw new InvalidDataException($"the integer before offset {Position} is beyond 64 bits");
    }

    public long Signed() => Varint.Unfold(Unsigned());

    public int Int32()
    {
        ulong value = Unsigned();
        return value <= int.MaxValue ? (int)value : throw new InvalidDataException($"{value} before offset {Position} is beyond 32 bits");
    }

    public int Length(int max)
    {
        ulong value = Unsigned();
        return value <= (ulong)Math.Min(max, Remaining)
            ? (int)value
            : throw new InvalidDataException($"the length {value} before offset {Position} is more than the {Math.Min(max, Remaining)} that are left");
    }

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > Remaining)
        {
            throw Ended();
        }

        ReadOnlySpan<byte> bytes = _bytes.Slice(Position, count);
        Position += count;
        return bytes;
    }

    public UInt128 UInt128() => BinaryPrimitives.ReadUInt128LittleEndian(Bytes(16));

    public string Text(int maxBytes) => System.Text.Encoding.UTF8.GetString(Bytes(Length(maxBytes)));

    public readonly void End()
    {
        if (Remaining != 0)
        {
            throw new InvalidDataException($"{Remaining} bytes are left over");
        }
    }

    private readonly InvalidDataException Ended() => new($"the bytes end at offset {_bytes.Length}");
}

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4), by the processor's instruction where it has one.</summary>
internal static class Crc32C
{
    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
