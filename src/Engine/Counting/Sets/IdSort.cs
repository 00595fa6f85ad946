using System.Buffers;

namespace DataLoad.Engine.Counting.Sets;

/// <summary>Sorts 31-bit values ascending, in linear time when there are many.</summary>
internal static class IdSort
{
    private const int RadixBits = 11; // three passes cover 31 bits, and the counters stay in the first cache
    private const int RadixFrom = 512; // below, comparing is faster than three passes and their counters

    /// <summary>Sorts in place; rents a buffer of the same length.</summary>
    public static void Sort(Span<uint> values)
    {
        if (values.Length < RadixFrom)
        {
            values.Sort();
            return;
        }

        uint[] rented = ArrayPool<uint>.Shared.Rent(values.Length);
        Span<uint> other = rented.AsSpan(0, values.Length);
        Span<int> starts = stackalloc int[1 << RadixBits];
        Pass(values, other, starts, 0);
        Pass(other, values, starts, RadixBits);
        Pass(values, other, starts, 2 * RadixBits);
        other.CopyTo(values);
        ArrayPool<uint>.Shared.Return(rented);
    }

    private static void Pass(ReadOnlySpan<uint> from, Span<uint> to, Span<int> starts, int shift)
    {
        const uint Digit = (1 << RadixBits) - 1;
        starts.Clear();
        foreach (uint value in from)
        {
            starts[(int)(value >> shift & Digit)]++;
        }

        int start = 0;
        for (int i = 0; i < starts.Length; i++)
        {
            (starts[i], start) = (start, start + starts[i]);
        }

        foreach (uint value in from)
        {
            to[starts[(int)(value >> shift & Digit)]++] = value;
        }
    }
}
