using System.Runtime.InteropServices;

namespace DataLoad.Engine.Counting.Sets;

/// <summary>The ids of a set that share their high half. Holds at least one id. Sixteen bytes in the owner's array and one array on the heap, whatever its
/// kind: a bitmap is a view of the same 16-bit elements.</summary>
/// <remarks><see cref="Data"/> is written by <see cref="Add"/> only; set operations make new arrays, so that all can share that of a full container.</remarks>
[StructLayout(LayoutKind.Auto)]
internal partial struct Container
{
    /// <summary>Elements by <see cref="Kind"/>; may be longer than what is used.</summary>
    public ushort[] Data;

    /// <summary>High half of the ids, 0 to <see cref="RoaringFormat.MaxKey"/>.</summary>
    public ushort Key;

    // A full container has 65,536 ids, one more than fits, and an empty one does not exist.
    private ushort _cardinalityLess1;
    private ushort _runCount;

    /// <summary>What <see cref="Data"/> holds.</summary>
    public ContainerKind Kind;

    private static readonly ushort[] FullData = [0, ushort.MaxValue];

    /// <summary>Number of ids, 1 to 65,536.</summary>
    public readonly int Cardinality => _cardinalityLess1 + 1;

    /// <summary>The sorted values of an array container.</summary>
    public readonly ReadOnlySpan<ushort> Lows => Data.AsSpan(0, Cardinality);

    /// <summary>The pairs of a run container.</summary>
    public readonly ReadOnlySpan<ushort> Pairs => Data.AsSpan(0, 2 * _runCount);

    /// <summary>The words of a bitmap container.</summary>
    public readonly ReadOnlySpan<ulong> Words => Bitmap.Words(Data);

    /// <summary>Managed bytes of <see cref="Data"/>; 0 for a full container, whose array all sets share.</summary>
    public readonly long DataBytes => ReferenceEquals(Data, FullData) ? 0 : ManagedBytes.Array(Data.Length, sizeof(ushort));

    /// <summary>A container of one id.</summary>
    public static Container Of(int key, int low)
    {
        var data = new ushort[4]; // An array of one element would take as much room.
        data[0] = (ushort)low;
        return Create(key, 1, ContainerKind.Array, data);
    }

    /// <summary>A container that takes over data, which must hold as many values as the cardinality says, in the way of its kind.</summary>
    public static Container Create(int key, int cardinality, ContainerKind kind, ushort[] data, int runs = 0) => new()
    {
        Key = (ushort)key,
        _cardinalityLess1 = (ushort)(cardinality - 1),
        _runCount = (ushort)runs,
        Kind = kind,
        Data = cardinality == RoaringFormat.ContainerSpan ? FullData : data,
    };

    /// <summary>The smallest container of these sorted values, at least one.</summary>
    public static Container FromLows(int key, ReadOnlySpan<ushort> lows)
    {
        int runs = SortedLows.CountRuns(lows);
        if (PrefersRuns(runs, lows.Length))
        {
            var pairs = new ushort[2 * runs];
            SortedLows.CopyRuns(lows, pairs);
            return Create(key, lows.Length, ContainerKind.Runs, pairs, runs);
        }

        if (lows.Length <= RoaringFormat.MaxArrayCardinality)
        {
            return Create(key, lows.Length, ContainerKind.Array, lows.ToArray());
        }

        var data = new ushort[RoaringFormat.MaxArrayCardinality];
        Bitmap.SetAll(Bitmap.Words(data), lows);
        return Create(key, lows.Length, ContainerKind.Bitmap, data);
    }

    /// <summary>The smallest container of the set bits; false when there are none.</summary>
    public static bool TryFromWords(int key, ReadOnlySpan<ulong> words, out Container container)
    {
        int cardinality = Bitmap.CountBits(words);
        if (cardinality == 0)
        {
            container = default;
            return false;
        }

        int runs = Bitmap.CountRuns(words);
        if (PrefersRuns(runs, cardinality))
        {
            var pairs = new ushort[2 * runs];
            Bitmap.CopyRuns(words, pairs);
            container = Create(key, cardinality, ContainerKind.Runs, pairs, runs);
        }
        else if (cardinality <= RoaringFormat.MaxArrayCardinality)
        {
            ushort[] lows = GC.AllocateUninitializedArray<ushort>(cardinality);
            Bitmap.CopyLows(words, lows);
            container = Create(key, cardinality, ContainerKind.Array, lows);
        }
        else
        {
            ushort[] data = GC.AllocateUninitializedArray<ushort>(RoaringFormat.MaxArrayCardinality);
            words.CopyTo(Bitmap.Words(data));
            container = Create(key, cardinality, ContainerKind.Bitmap, data);
        }

        return true;
    }

    /// <summary>A copy that shares nothing that changes, without slack.</summary>
    public readonly Container Clone()
    {
        Container copy = this;
        if (!ReferenceEquals(Data, FullData))
        {
            copy.Data = Data.AsSpan(0, UsedLength).ToArray();
        }

        return copy;
    }

    /// <summary>Whether the low half is in the container.</summary>
    public readonly bool Contains(int low) => Kind switch
    {
        ContainerKind.Array => SortedLows.Contains(Lows, low),
        ContainerKind.Bitmap => Bitmap.Contains(Words, low),
        _ => RunPairs.Contains(Pairs, low),
    };

    /// <summary>Number of maximal runs of consecutive values.</summary>
    public readonly int CountRuns() => Kind switch
    {
        ContainerKind.Array => SortedLows.CountRuns(Lows),
        ContainerKind.Bitmap => Bitmap.CountRuns(Words),
        _ => _runCount,
    };

    /// <summary>Sets the container's bits; others stay.</summary>
    public readonly void SetBits(Span<ulong> words)
    {
        switch (Kind)
        {
            case ContainerKind.Array: Bitmap.SetAll(words, Lows); break;
            case ContainerKind.Bitmap: Bitmap.Or(words, Words); break;
            default: RunPairs.SetAll(Pairs, words); break;
        }
    }

    /// <summary>Writes the low halves, ascending; <paramref name="lows"/> is <see cref="Cardinality"/> long.</summary>
    public readonly void CopyLows(Span<ushort> lows)
    {
        switch (Kind)
        {
            case ContainerKind.Array: Lows.CopyTo(lows); break;
            case ContainerKind.Bitmap: Bitmap.CopyLows(Words, lows); break;
            default: RunPairs.CopyLows(Pairs, lows); break;
        }
    }

    // Half the room of the other kinds, so that a container does not go back and forth with each id.
    private static bool PrefersRuns(int runs, int cardinality) => 2 * RoaringFormat.RunBytes(runs) <= RoaringFormat.PlainBytes(cardinality) + 4;

    private readonly int UsedLength => Kind switch
    {
        ContainerKind.Array => Cardinality,
        ContainerKind.Bitmap => RoaringFormat.MaxArrayCardinality,
        _ => 2 * _runCount,
    };
}

/// <summary>How a <see cref="Container"/> holds its low halves; the three kinds of the Roaring format.</summary>
internal enum ContainerKind : byte
{
    /// <summary>Sorted, distinct values; at most <see cref="RoaringFormat.MaxArrayCardinality"/> of them.</summary>
    Array = 0,
    /// <summary>One bit for each of the 65,536 values; always more than <see cref="RoaringFormat.MaxArrayCardinality"/> set.</summary>
    Bitmap = 1,
    /// <summary>Sorted pairs (start, length - 1) that neither overlap nor touch.</summary>
    Runs = 2,
}
