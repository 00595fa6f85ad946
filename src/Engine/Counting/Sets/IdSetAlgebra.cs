using System.Buffers;
using System.Runtime.InteropServices;

namespace DataLoad.Engine.Counting.Sets;

/// <summary>Set operations across the two forms of <see cref="IdSet"/>.</summary>
internal static class IdSetAlgebra
{
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
            var union = source.Clone();
            AddAll(union, target);
            target.Become(union);
        }
    }

    /// <summary>The ids in any of the sets.</summary>
    public static IdSet Union(IReadOnlyList<IdSet> sets)
    {
        // All containers at once: each is then counted and given its final kind only once.
        var roaring = new List<RoaringIds>(sets.Count);
        foreach (var set in sets)
        {
            if (set.IsRoaring)
            {
                roaring.Add(set.ToRoaring());
            }
        }

        var result = roaring.Count == 0
            ? new IdSet()
            : IdSet.FromRoaring(RoaringAlgebra.Union(CollectionsMarshal.AsSpan(roaring)));
        foreach (var set in sets)
        {
            if (!set.IsRoaring)
            {
                AddAll(result, set);
            }
        }

        return result;
    }

    /// <summary>The ids in both sets.</summary>
    public static IdSet Intersect(IdSet left, IdSet right) =>
        left.IsRoaring && right.IsRoaring
            ? IdSet.FromRoaring(RoaringAlgebra.Intersect(left.ToRoaring(), right.ToRoaring()))
            : right.IsRoaring || (!left.IsRoaring && left.Count <= right.Count)
                ? Filter(left, right, keep: true)
                : Filter(right, left, keep: true);

    /// <summary>The ids in <paramref name="left"/> only.</summary>
    public static IdSet Except(IdSet left, IdSet right) =>
        left.IsRoaring
            ? IdSet.FromRoaring(RoaringAlgebra.Except(left.ToRoaring(), right.ToRoaring()))
            : Filter(left, right, keep: false);

    // The ids of a sparse set that the other one has (keep) or lacks.
    private static IdSet Filter(IdSet sparse, IdSet other, bool keep)
    {
        var ids = ArrayPool<int>.Shared.Rent((int)sparse.Count);
        var source = ids.AsSpan(0, (int)sparse.Count);
        sparse.CopyTo(source);
        var kept = 0;
        foreach (var id in source)
        {
            source[kept] = id;
            kept += other.Contains(id) == keep ? 1 : 0;
        }

        var result = IdSet.FromSorted(source[..kept]);
        ArrayPool<int>.Shared.Return(ids);
        return result;
    }

    private static void AddAll(IdSet target, IdSet sparse)
    {
        var ids = ArrayPool<int>.Shared.Rent((int)sparse.Count);
        var source = ids.AsSpan(0, (int)sparse.Count);
        sparse.CopyTo(source);
        foreach (var id in source)
        {
            target.Add(id);
        }

        ArrayPool<int>.Shared.Return(ids);
    }
}
