using System.Runtime.CompilerServices;

namespace DataLoad.Engine.Counting.Sets;

/// <summary>Set operations on whole <see cref="RoaringIds"/>, a walk over their keys.</summary>
[SkipLocalsInit] // What is taken of the stack is cleared or written where it is used.
internal static class RoaringAlgebra
{
    /// <summary>A new set of the ids in any of <paramref name="sets"/>, of which there is at least one.</summary>
    public static RoaringIds Union(ReadOnlySpan<RoaringIds> sets)
    {
        int largest = 0;
        foreach (RoaringIds set in sets)
        {
            largest = Math.Max(largest, set.Size);
        }

        var result = new RoaringIds(Math.Max(1, largest));
        var positions = new int[sets.Length];
        Span<ulong> words = stackalloc ulong[Bitmap.WordCount];
        while (true)
        {
            // The smallest key not yet done, and how many sets have it.
            int key = int.MaxValue, owners = 0, first = 0, last = 0;
            for (int i = 0; i < sets.Length; i++)
            {
                if (positions[i] == sets[i].Size)
                {
                    continue;
                }

                int candidate = sets[i].Containers[positions[i]].Key;
                if (candidate < key)
                {
                    (key, owners, first) = (candidate, 0, i);
                }

                if (candidate == key)
                {
                    owners++;
                    last = i;
                }
            }

            if (owners == 0)
            {
                return result;
            }

            ref readonly Container one = ref sets[first].Containers[positions[first]];
            ref readonly Container other = ref sets[last].Containers[positions[last]];
            if (owners == 1)
            {
                result.Append(one.Clone());
                positions[first]++;
            }
            else if (owners == 2)
            {
                result.Append(ContainerAlgebra.Union(one, other));
                positions[first]++;
                positions[last]++;
            }
            else
            {
                words.Clear();
                for (int i = first; i <= last; i++)
                {
                    int position = positions[i];
                    if (position < sets[i].Size && sets[i].Containers[position].Key == key)
                    {
                        sets[i].Containers[position].SetBits(words);
                        positions[i]++;
                    }
                }

                Container.TryFromWords(key, words, out Container union);
                result.Append(union);
            }
        }
    }

    /// <summary>Adds the ids of <paramref name="source"/> to <paramref name="target"/>, in place.</summary>
    public static RoaringIds UnionInto(RoaringIds target, RoaringIds source)
    {
        foreach (ref readonly Container container in source.Containers)
        {
            if (target.IndexOf(container.Key) < 0)
            {
                // New keys would each move the containers behind them; one walk makes the union anew.
                return Union([target, source]);
            }
        }

        foreach (ref readonly Container container in source.Containers)
        {
            int index = target.IndexOf(container.Key);
            target.Replace(index, ContainerAlgebra.Union(target.Containers[index], container));
        }

        return target;
    }

    /// <summary>A new set of the ids in both.</summary>
    public static RoaringIds Intersect(RoaringIds left, RoaringIds right)
    {
        var result = new RoaringIds(Math.Max(1, Math.Min(left.Size, right.Size)));
        foreach (ref readonly Container container in left.Containers)
        {
            int index = right.IndexOf(container.Key);
            if (index >= 0 && ContainerAlgebra.TryIntersect(container, right.Containers[index], out Container common))
            {
                result.Append(common);
            }
        }

        return result;
    }
}
