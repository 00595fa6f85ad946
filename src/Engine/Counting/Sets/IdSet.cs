using System.Buffers;
using System.Collections;
using System.Runtime.InteropServices;

namespace DataLoad.Engine.Counting.Sets;

/// <summary>An exact set of non-negative 32-bit ids, 0 to <see cref="int.MaxValue"/>, made to be held by the thousand: a few ids cost tens of bytes,
/// scattered ones 4 to 5 bytes each, dense ones a fraction of a bit to 2 bytes each.</summary>
/// <remarks>Scattered ids live in <see cref="SparseIds"/>, dense ones in <see cref="RoaringIds"/>; the set changes over by itself. Not thread-safe: one owner
/// at a time. The stored form is that of <see cref="IdSetFormat"/>: public portable Roaring (https://github.com/RoaringBitmap/RoaringFormatSpec) after one
/// leading byte, or sorted deltas.</remarks>
public sealed class IdSet : IEnumerable<int>
{
    private SparseIds _sparse; // empty while there is _roaring
    private RoaringIds? _roaring;

    /// <summary>An empty set.</summary>
    public IdSet() => _sparse = new SparseIds();

    private IdSet(SparseIds sparse, RoaringIds? roaring)
    {
        _sparse = sparse;
        _roaring = roaring;
    }

    /// <summary>Number of ids, 0 to 2^31.</summary>
    public long Count => _roaring?.Count ?? _sparse.Count;

    /// <summary>Whether there are no ids.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>Bytes of managed memory held, with object headers and slack. O(1).</summary>
    public long ResidentBytes => ManagedBytes.Object(24) + _sparse.ResidentBytes + (_roaring?.ResidentBytes ?? 0);

    /// <summary>Bytes that <see cref="WriteTo"/> will write. Costs about as much as writing.</summary>
    public int SerializedBytes => IdSetFormat.SizeOf(this);

    /// <summary>Whether the set is held in Roaring containers; for tests of the changeover.</summary>
    internal bool IsRoaring => _roaring is not null;

    /// <summary>The ids in any of the sets, as a new set; empty for no sets.</summary>
    public static IdSet Union(IReadOnlyList<IdSet> sets) => IdSetAlgebra.Union(sets);

    /// <summary>The ids in both sets, as a new set.</summary>
    public static IdSet Intersect(IdSet left, IdSet right) => IdSetAlgebra.Intersect(left, right);

    /// <summary>Reads what <see cref="WriteTo"/> wrote, in this or an earlier version.</summary>
    /// <param name="bytes">The whole stored form and nothing else. Any content is safe to try.</param>
    /// <exception cref="InvalidDataException">The bytes are not a set; the message names what is wrong.</exception>
    public static IdSet Read(ReadOnlySpan<byte> bytes) => IdSetFormat.Read(bytes);

    /// <summary>Adds an id, in amortised O(1) and without allocation but for growth.</summary>
    /// <param name="id">0 to <see cref="int.MaxValue"/>.</param>
    /// <returns>True when the id is new.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The id is negative.</exception>
    public bool Add(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        if (_roaring is not null)
        {
            return _roaring.Add(id);
        }

        AddOutcome outcome = _sparse.TryAdd((uint)id);
        return outcome <= AddOutcome.Added ? outcome == AddOutcome.Added : AddAfterGrowth(id, outcome);
    }

    /// <summary>Whether an id is in the set; false for a negative one.</summary>
    public bool Contains(int id) => id >= 0 && (_roaring is not null ? _roaring.Contains(id) : _sparse.Contains((uint)id));

    /// <summary>Adds all ids of another set.</summary>
    public void UnionWith(IdSet other) => IdSetAlgebra.UnionWith(this, other);

    /// <summary>A copy that shares nothing with this set.</summary>
    public IdSet Clone() => new(_sparse.Clone(), _roaring?.Clone());

    /// <summary>Writes the stored form, <see cref="SerializedBytes"/> long. Equal sets write equal bytes.</summary>
    public void WriteTo(IBufferWriter<byte> output) => IdSetFormat.Write(this, output);

    /// <summary>Writes all ids, ascending.</summary>
    /// <param name="ids">At least <see cref="Count"/> long; what is beyond stays as it is.</param>
    /// <exception cref="ArgumentException">The span is too short.</exception>
    public void CopyTo(Span<int> ids)
    {
        if (ids.Length < Count)
        {
            throw new ArgumentException(FormattableString.Invariant($"Room for {ids.Length} ids, and the set has {Count}."), nameof(ids));
        }

        if (_roaring is not null)
        {
            _roaring.CopyTo(ids);
            return;
        }

        Span<int> values = ids[.._sparse.Count];
        CopyUnsortedTo(values);
        IdSort.Sort(MemoryMarshal.Cast<int, uint>(values));
    }

    /// <summary>The ids, ascending. The set must not change meanwhile. Takes a buffer of up to 256 KB, or of a sparse set's size.</summary>
    public IEnumerator<int> GetEnumerator() => (_roaring is null ? EnumerateSparse() : EnumerateRoaring(_roaring)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>A set of ascending, distinct, non-negative ids.</summary>
    internal static IdSet FromSorted(ReadOnlySpan<int> ids)
    {
        int containers = 0;
        int key = -1;
        foreach (int id in ids)
        {
            containers += id >> 16 != key ? 1 : 0;
            key = id >> 16;
        }

        return !Density.SuitsRoaring(ids.Length, containers)
            && SparseIds.TryFrom(MemoryMarshal.Cast<int, uint>(ids), out SparseIds sparse)
                ? new IdSet(sparse, null) : new IdSet(new SparseIds(), RoaringIds.FromSorted(ids, containers));
    }

    /// <summary>A set that takes over these containers, or turns them into the sparse form when that is smaller.</summary>
    internal static IdSet FromRoaring(RoaringIds roaring)
    {
        if (!Density.SuitsSparse(roaring.Count, roaring.Size))
        {
            roaring.Trim();
            return new IdSet(new SparseIds(), roaring);
        }

        var ids = new int[roaring.Count];
        roaring.CopyTo(ids);
        return SparseIds.TryFrom(MemoryMarshal.Cast<int, uint>(ids), out SparseIds sparse)
            ? new IdSet(sparse, null) : new IdSet(new SparseIds(), roaring);
    }

    /// <summary>Number of Roaring containers the ids take.</summary>
    internal int CountContainers() => _roaring?.Size ?? _sparse.CountContainers();

    /// <summary>Writes the ids of a sparse set in no particular order; the span is <see cref="Count"/> long.</summary>
    internal void CopyUnsortedTo(Span<int> ids) => _sparse.CopyTo(MemoryMarshal.Cast<int, uint>(ids));

    /// <summary>The containers of this set: its own when it has some, else made for the occasion.</summary>
    internal RoaringIds ToRoaring()
    {
        if (_roaring is not null)
        {
            return _roaring;
        }

        var ids = new int[_sparse.Count];
        CopyTo(ids);
        return RoaringIds.FromSorted(ids, Math.Max(1, _sparse.CountContainers()));
    }

    /// <summary>Takes over the content of a set that nobody else will use.</summary>
    internal void Become(IdSet other) => (_sparse, _roaring) = (other._sparse, other._roaring);

    private bool AddAfterGrowth(int id, AddOutcome outcome)
    {
        if (outcome == AddOutcome.Crowded || _sparse.SuitsRoaring() || !_sparse.TryGrow())
        {
            _roaring = ToRoaring();
            _sparse = new SparseIds();
        }

        return Add(id); // Ends: growth makes room, and containers always have it.
    }

    private IEnumerable<int> EnumerateSparse()
    {
        var ids = new int[_sparse.Count];
        CopyTo(ids);
        return ids;
    }

    private static IEnumerable<int> EnumerateRoaring(RoaringIds roaring)
    {
        var lows = new ushort[roaring.LargestCardinality];
        for (int i = 0; i < roaring.Size; i++)
        {
            int high = roaring.Containers[i].Key << 16;
            int count = roaring.Containers[i].Cardinality;
            roaring.Containers[i].CopyLows(lows.AsSpan(0, count));
            for (int j = 0; j < count; j++)
            {
                yield return high | lows[j];
            }
        }
    }
}

/// <summary>When a set is held as a sparse table (4.4 to 4.9 bytes an id) and when in Roaring containers (about 46 bytes a container and 2.1 bytes an id):
/// they cost the same near twenty ids a container.</summary>
internal static class Density
{
    private const int MinRoaringIds = 32; // below, one set's fixed parts decide, and a list is the least
    private const int RoaringFromIdsPerContainer = 20;
    private const int SparseBelowIdsPerContainer = 10; // well apart, so that a set does not go back and forth

    /// <summary>Whether a sparse set should move to containers.</summary>
    public static bool SuitsRoaring(long count, int containers) => count >= MinRoaringIds && count >= (long)RoaringFromIdsPerContainer * containers;

    /// <summary>Whether containers should become a sparse set.</summary>
    public static bool SuitsSparse(long count, int containers) => count < MinRoaringIds / 2 || count < (long)SparseBelowIdsPerContainer * containers;
}

/// <summary>Sizes of managed objects on a 64-bit runtime, in bytes, with headers and alignment.</summary>
internal static class ManagedBytes
{
    private const long ObjectHeader = 16; // object header and method table
    private const long ArrayHeader = ObjectHeader + 8; // and the padded length

    /// <summary>An object with this many bytes of fields.</summary>
    public static long Object(int fieldBytes) => Aligned(ObjectHeader + fieldBytes);

    /// <summary>An array; 0 for an empty one, which is shared.</summary>
    public static long Array(int length, int elementBytes) => length == 0 ? 0 : Aligned(ArrayHeader + (long)length * elementBytes);

    private static long Aligned(long bytes) => (bytes + 7) & ~7;
}
