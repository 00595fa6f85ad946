using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DataLoad.Engine.Counting.Sets;

/// <summary>Operations on sorted, distinct 16-bit values: the content of an array container.</summary>
internal static class SortedLows
{
    // Two cache lines: about as far as a guess is off in a full array of random values.
    private const int FirstStride = 32;

    /// <summary>Index of the first value that is at least <paramref name="low"/>; the length when all are smaller.</summary>
    /// <remarks>Guesses the place from the value, as if values were spread evenly, and gallops from there. For random ids that touches two or three cache
    /// lines where a binary search would touch seven, one after another; for any others it takes O(log n) steps still.</remarks>
    public static int LowerBound(ReadOnlySpan<ushort> lows, int low)
    {
        ref ushort first = ref MemoryMarshal.GetReference(lows);
        int from = 0, to = lows.Length;
        int guess = low * lows.Length >>> 16;
        int stride = FirstStride;
        if (guess < to && Unsafe.Add(ref first, guess) < low)
        {
            from = guess + 1;
            for (int probe = guess + stride; probe < to; probe += stride)
            {
                if (Unsafe.Add(ref first, probe) >= low)
                {
                    to = probe;
                    break;
                }

                from = probe + 1;
                stride <<= 1;
            }
        }
        else
        {
            to = guess;
            for (int probe = guess - stride; probe >= 0; probe -= stride)
            {
                if (Unsafe.Add(ref first, probe) < low)
                {
                    from = probe + 1;
                    break;
                }

                to = probe;
                stride <<= 1;
            }
        }

        return LowerBoundWithin(ref first, from, to, low);
    }

    private static int LowerBoundWithin(ref ushort first, int start, int end, int low)
    {
        // Branch-free on purpose: a random low would mispredict every other step of an ordinary binary
        // search. The mask is all ones when the probed value is smaller, else zero.
        int length = end - start;
        while (length > 1)
        {
            int half = length >> 1;
            start += half & (Unsafe.Add(ref first, start + half - 1) - low) >> 31;
            length -= half;
        }

        return length == 1 && Unsafe.Add(ref first, start) < low ? start + 1 : start;
    }

    /// <summary>Whether <paramref name="low"/> is among the values.</summary>
    public static bool Contains(ReadOnlySpan<ushort> lows, int low)
    {
        int at = LowerBound(lows, low);
        return at < lows.Length && lows[at] == low;
    }

    /// <summary>Number of maximal runs of consecutive values.</summary>
    public static int CountRuns(ReadOnlySpan<ushort> lows)
    {
        if (lows.IsEmpty)
        {
            return 0;
        }

        // Each run begins with a value that does not follow the one before it by exactly one.
        int following = 0;
        int i = 1;
        if (lows.Length > Vector<ushort>.Count)
        {
            Vector<ushort> counts = Vector<ushort>.Zero;
            for (; i <= lows.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
            {
                Vector<ushort> gaps = new Vector<ushort>(lows[i..]) - new Vector<ushort>(lows[(i - 1)..]);
                counts -= Vector.Equals(gaps, Vector<ushort>.One); // a match is all ones, that is -1
            }

            following = Vector.Sum(counts); // at most 65,535
        }

        for (; i < lows.Length; i++)
        {
            following += lows[i] - lows[i - 1] == 1 ? 1 : 0;
        }

        return lows.Length - following;
    }

    /// <summary>Writes the maximal runs as pairs (start, length - 1). <paramref name="pairs"/> must hold all of them.</summary>
    public static void CopyRuns(ReadOnlySpan<ushort> lows, Span<ushort> pairs)
    {
        int written = 0;
        for (int i = 0; i < lows.Length;)
        {
            int from = i++;
            while (i < lows.Length && lows[i] == lows[i - 1] + 1)
            {
                i++;
            }

            pairs[written++] = lows[from];
            pairs[written++] = (ushort)(i - from - 1);
        }
    }

    /// <summary>Merges two arrays and returns how many values were written; <paramref name="into"/> holds the sum of both lengths.</summary>
    public static int Union(ReadOnlySpan<ushort> left, ReadOnlySpan<ushort> right, Span<ushort> into)
    {
        int i = 0, j = 0, written = 0;
        while (i < left.Length && j < right.Length)
        {
            int a = left[i], b = right[j];
            into[written++] = (ushort)Math.Min(a, b);
            i += a <= b ? 1 : 0;
            j += b <= a ? 1 : 0;
        }

        ReadOnlySpan<ushort> rest = i < left.Length ? left[i..] : right[j..];
        rest.CopyTo(into[written..]);
        return written + rest.Length;
    }

    /// <summary>Writes the common values and returns how many; <paramref name="into"/> holds the shorter length plus one.</summary>
    public static int Intersect(ReadOnlySpan<ushort> left, ReadOnlySpan<ushort> right, Span<ushort> into)
    {
        int i = 0, j = 0, written = 0;
        while (i < left.Length && j < right.Length)
        {
            int a = left[i], b = right[j];
            // Always stored, kept only on a match: no branch to mispredict.
            into[written] = (ushort)a;
            written += a == b ? 1 : 0;
            i += a <= b ? 1 : 0;
            j += b <= a ? 1 : 0;
        }

        return written;
    }
}
