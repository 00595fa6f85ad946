using System.Runtime.CompilerServices;

namespace DataLoad.Engine.Binary;

/// <summary>
/// Integers of variable length: seven bits a byte, the lowest first, the top bit set where more follow (LEB128);
/// signed ones folded so that small magnitudes are short (zigzag), as in Protocol Buffers.
/// </summary>
internal static class Varint
{
    /// <summary>The most bytes that an integer takes.</summary>
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int WriteSigned(Span<byte> destination, long value) => Write(destination, Fold(value));

    public static ulong Fold(long value) => (ulong)((value << 1) ^ (value >> 63));

    public static long Unfold(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);
}
