using System.Runtime.CompilerServices;

namespace DataLoad.Engine.Counting.Sets;

/// <summary>Union and intersection of two containers of the same key. Results are new containers of the smallest kind that share no array with
/// the operands, except that of a full container.</summary>
/// <remarks>Two arrays are merged; all else goes through a bitmap of 8 KB on the stack, which is a few microseconds for any pair and spares a routine for
/// each of the nine pairs of kinds.</remarks>
[SkipLocalsInit] // What is taken of the stack is cleared or written where it is used.
internal static class ContainerAlgebra
{
    /// <summary>Ids in either.</summary>
    public static Container Union(in Container left, in Container right)
    {
        if (left.Cardinality == RoaringFormat.ContainerSpan || right.Cardinality == RoaringFormat.ContainerSpan)
        {
            return (left.Cardinality == RoaringFormat.ContainerSpan ? left : right).Clone();
        }

        int both = left.Cardinality + right.Cardinality;
        if (left.Kind == ContainerKind.Array && right.Kind == ContainerKind.Array && both <= RoaringFormat.MaxArrayCardinality)
        {
            Span<ushort> lows = stackalloc ushort[both];
            int written = SortedLows.Union(left.Lows, right.Lows, lows);
            return Container.FromLows(left.Key, lows[..written]);
        }

        Span<ulong> words = stackalloc ulong[Bitmap.WordCount];
        words.Clear();
        left.SetBits(words);
        right.SetBits(words);
        Container.TryFromWords(left.Key, words, out Container union);
        return union;
    }

    /// <summary>Ids in both; false when there are none.</summary>
    public static bool TryIntersect(in Container left, in Container right, out Container result)
    {
        if (left.Kind == ContainerKind.Array && right.Kind == ContainerKind.Array)
        {
            Span<ushort> lows = stackalloc ushort[Math.Min(left.Cardinality, right.Cardinality) + 1];
            return TryFromLows(left.Key, lows[..SortedLows.Intersect(left.Lows, right.Lows, lows)], out result);
        }

        if (left.Kind == ContainerKind.Array || right.Kind == ContainerKind.Array)
        {
            return left.Kind == ContainerKind.Array ? TryFilter(left, right, out result) : TryFilter(right, left, out result);
        }

        Span<ulong> words = stackalloc ulong[Bitmap.WordCount];
        Span<ulong> others = stackalloc ulong[Bitmap.WordCount];
        words.Clear();
        others.Clear();
        left.SetBits(words);
        right.SetBits(others);
        Bitmap.And(words, others);
        return Container.TryFromWords(left.Key, words, out result);
    }

    // The values of an array container that the other one has, too.
    private static bool TryFilter(in Container array, in Container other, out Container result)
    {
        Span<ushort> lows = stackalloc ushort[array.Cardinality];
        int written = 0;
        foreach (ushort low in array.Lows)
        {
            lows[written] = low;
            written += other.Contains(low) ? 1 : 0;
        }

        return TryFromLows(array.Key, lows[..written], out result);
    }

    private static bool TryFromLows(int key, ReadOnlySpan<ushort> lows, out Container result)
    {
        result = lows.IsEmpty ? default : Container.FromLows(key, lows);
        return !lows.IsEmpty;
    }
}
