using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DataLoad.Engine.Counting.Sets;

/// <summary>Operations on sorted, distinct 16-bit values: the content of an array container.</summary>
internal static class SortedLows
{
    /// <summary>Index of the first value that is at least <paramref name="low"/>; the length when all are smaller.</summary>
    public static int LowerBound(ReadOnlySpan<ushort> lows, int low)
    {
        // Branch-free on purpose: a random low would mispredict every other step of an ordinary binary
        // search. The mask is all ones when the probed value is smaller, else zero.
        ref var first = ref MemoryMarshal.GetReference(lows);
        var start = 0;
        var length = lows.Length;
        while (length > 1)
        {
            var half = length >> 1;
            start += half & (Unsafe.Add(ref first, start + half - 1) - low) >> 31;
            length -= half;
        }

        return length == 1 && Unsafe.Add(ref first, start) < low ? start + 1 : start;
    }

    /// <summary>Whether <paramref name="low"/> is among the values.</summary>
    public static bool Contains(ReadOnlySpan<ushort> lows, int low)
    {
        var at = LowerBound(lows, low);
        return at < lows.Length && lows[at] == low;
    }

    /// <summary>Number of maximal runs of consecutive values.</summary>
    public static int CountRuns(ReadOnlySpan<ushort> lows)
    {
        if (lows.IsEmpty)
        {
            return 0;
        }

        var runs = 1;
        for (var i = 1; i < lows.Length; i++)
        {
            // Distinct and ascending, so the gap is at least 1; a gap of 2 or more starts a run.
            runs += 1 - (lows[i] - lows[i - 1]) >>> 31;
        }

        return runs;
    }

    /// <summary>Writes the maximal runs as pairs (start, length - 1). <paramref name="pairs"/> must hold all of them.</summary>
    public static void CopyRuns(ReadOnlySpan<ushort> lows, Span<ushort> pairs)
    {
        var written = 0;
        for (var i = 0; i < lows.Length;)
        {
            var from = i++;
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

        var rest = i < left.Length ? left[i..] : right[j..];
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
