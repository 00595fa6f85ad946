using System.Numerics;

namespace DataLoad.Engine.Seen;

/// <summary>Orders hashes: a Partition does so at each checkpoint, between two batches, so it must be quick.</summary>
internal static class HashSort
{
    private const int ScatterFrom = 512;
    private const int MaxBits = 18;

    /// <summary>Puts the ids of a table's slots (0 marks an empty one) into <paramref name="sorted"/>, which they fill, in ascending order.</summary>
    /// <remarks>Hashes are even, so that their top bits tell a place within a few; uneven ones only take longer.</remarks>
    public static void CopySorted(ReadOnlySpan<UInt128> slots, Span<UInt128> sorted)
    {
        if (sorted.Length < ScatterFrom)
        {
            int at = 0;
            foreach (UInt128 id in slots)
            {
                if (id != 0)
                {
                    sorted[at++] = id;
                }
            }

            sorted.Sort();
            return;
        }

        int shift = 128 - Math.Min(MaxBits, BitOperations.Log2((uint)sorted.Length) - 2);
        int[] next = new int[(1 << (128 - shift)) + 1];
        foreach (UInt128 id in slots)
        {
            if (id != 0)
            {
                next[(int)(id >> shift) + 1]++;
            }
        }

        for (int i = 1; i < next.Length; i++)
        {
            next[i] += next[i - 1];
        }

        foreach (UInt128 id in slots)
        {
            if (id != 0)
            {
                sorted[next[(int)(id >> shift)]++] = id;
            }
        }

        // Each entry has moved to where its range ends, which is where the next one starts.
        int start = 0;
        foreach (int end in next)
        {
            if (end - start > 1)
            {
                sorted[start..end].Sort();
            }

            start = Math.Max(start, end);
        }
    }

    /// <summary>Merges ascending runs that stand one after another in <paramref name="ids"/>, which is overwritten; an id of several runs once.</summary>
    /// <returns>The merged ids, in one of two buffers.</returns>
    public static ReadOnlySpan<T> Merge<T>(T[] ids, IReadOnlyList<int> ends)
        where T : struct, IComparisonOperators<T, T, bool>
    {
        var runs = new List<(int Start, int End)>(ends.Count);
        int from = 0;
        foreach (int end in ends)
        {
            runs.Add((from, end));
            from = end;
        }

        T[] source = ids;
        var target = new T[ids.Length];
        while (runs.Count > 1)
        {
            int written = 0;
            var merged = new List<(int Start, int End)>((runs.Count + 1) / 2);
            for (int i = 0; i < runs.Count; i += 2)
            {
                ReadOnlySpan<T> left = source.AsSpan(runs[i].Start..runs[i].End);
                ReadOnlySpan<T> right = i + 1 < runs.Count ? source.AsSpan(runs[i + 1].Start..runs[i + 1].End) : default;
                int count = Merge(left, right, target.AsSpan(written));
                merged.Add((written, written + count));
                written += count;
            }

            runs = merged;
            (source, target) = (target, source);
        }

        return runs.Count == 0 ? default : source.AsSpan(runs[0].Start..runs[0].End);
    }

    private static int Merge<T>(ReadOnlySpan<T> left, ReadOnlySpan<T> right, Span<T> target)
        where T : struct, IComparisonOperators<T, T, bool>
    {
        int l = 0;
        int r = 0;
        int count = 0;
        while (l < left.Length && r < right.Length)
        {
            T a = left[l];
            T b = right[r];
            bool takeLeft = a <= b;
            target[count++] = takeLeft ? a : b;
            l += takeLeft ? 1 : 0;
            r += b <= a ? 1 : 0;
        }

        left[l..].CopyTo(target[count..]);
        count += left.Length - l;
        right[r..].CopyTo(target[count..]);
        return count + right.Length - r;
    }
}
