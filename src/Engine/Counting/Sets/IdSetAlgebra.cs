using System.Buffers;
using System.Runtime.InteropServices;

namespace DataLoad.Engine.Counting.Sets;

/// <summary>Set operations across the two forms of <see cref="IdSet"/>.</summary>
internal static class IdSetAlgebra
{
    private const int MaxBatch = 1 << 20; // ids, 4 MB

    /// <summary>Adds all ids of <paramref name="source"/> to <paramref name="target"/>.</summary>
    public static void UnionWith(IdSet target, IdSet source)
    {
        if (ReferenceEquals(target, source))
        {
            return;
        }

        if (!source.IsRoaring)
        {
            AddAll(target, source);
        }
        else if (target.IsRoaring)
        {
            target.Become(IdSet.FromRoaring(RoaringAlgebra.UnionInto(target.ToRoaring(), source.ToRoaring())));
        }
        else
        {
            IdSet union = source.Clone();
            AddAll(union, target);
            target.Become(union);
        }
    }

    /// <summary>The ids in any of the sets.</summary>
    public static IdSet Union(IReadOnlyList<IdSet> sets)
    {
        // All containers at once: each is then counted and given its final kind only once.
        var roaring = new List<RoaringIds>(sets.Count);
        foreach (IdSet set in sets)
        {
            if (set.IsRoaring)
            {
                roaring.Add(set.ToRoaring());
            }
        }

        IdSet result = roaring.Count == 0 ? new IdSet() : IdSet.FromRoaring(RoaringAlgebra.Union(CollectionsMarshal.AsSpan(roaring)));
        AddSparse(result, sets);
        return result;
    }

    /// <summary>The ids in both sets.</summary>
    public static IdSet Intersect(IdSet left, IdSet right) =>
        left.IsRoaring && right.IsRoaring
            ? IdSet.FromRoaring(RoaringAlgebra.Intersect(left.ToRoaring(), right.ToRoaring()))
            : right.IsRoaring || (!left.IsRoaring && left.Count <= right.Count) ? Filter(left, right) : Filter(right, left);

    // The ids of a sparse set that the other one has, too.
    private static IdSet Filter(IdSet sparse, IdSet other)
    {
        int[] ids = ArrayPool<int>.Shared.Rent((int)sparse.Count);
        Span<int> source = ids.AsSpan(0, (int)sparse.Count);
        sparse.CopyTo(source);
        int kept = 0;
        foreach (int id in source)
        {
            source[kept] = id;
            kept += other.Contains(id) ? 1 : 0;
        }

        IdSet result = IdSet.FromSorted(source[..kept]);
        ArrayPool<int>.Shared.Return(ids);
        return result;
    }

    private static void AddAll(IdSet target, IdSet sparse)
    {
        int[] ids = ArrayPool<int>.Shared.Rent((int)sparse.Count);
        Span<int> source = ids.AsSpan(0, (int)sparse.Count);
        sparse.CopyTo(source);
        foreach (int id in source)
        {
            target.Add(id);
        }

        ArrayPool<int>.Shared.Return(ids);
    }

    // The sparse ones of the sets, many at a time: sorting all of them once is cheaper than finding each id's place in a set that grows.
    private static void AddSparse(IdSet target, IReadOnlyList<IdSet> sets)
    {
        long total = 0, largest = 0;
        foreach (IdSet set in sets)
        {
            total += set.IsRoaring ? 0 : set.Count;
            largest = Math.Max(largest, set.IsRoaring ? 0 : set.Count);
        }

        int[] buffer = ArrayPool<int>.Shared.Rent((int)Math.Min(total, Math.Max(largest, MaxBatch)));
        int used = 0;
        foreach (IdSet set in sets)
        {
            if (set.IsRoaring)
            {
                continue;
            }

            if (set.Count > buffer.Length - used)
            {
                AddBatch(target, buffer.AsSpan(0, used));
                used = 0;
            }

            set.CopyUnsortedTo(buffer.AsSpan(used, (int)set.Count));
            used += (int)set.Count;
        }

        AddBatch(target, buffer.AsSpan(0, used));
        ArrayPool<int>.Shared.Return(buffer);
    }

    private static void AddBatch(IdSet target, Span<int> ids)
    {
        IdSort.Sort(MemoryMarshal.Cast<int, uint>(ids));
        int distinct = 0;
        foreach (int id in ids)
        {
            if (distinct == 0 || ids[distinct - 1] != id)
            {
                ids[distinct++] = id;
            }
        }

        IdSet batch = IdSet.FromSorted(ids[..distinct]);
        if (target.IsEmpty)
        {
            target.Become(batch);
        }
        else
        {
            UnionWith(target, batch);
        }
    }
}
