using System.Buffers;
using System.Runtime.CompilerServices;

namespace DataLoad.Engine.Counting.Sets;

/// <summary>The sparse half of <see cref="IdSet"/>: ids with few others near them, at 4 to 5 bytes each. One array, which is a plain list up to
/// <see cref="ListLimit"/> ids and a hash table beyond.</summary>
/// <remarks>The table keeps hashes (see <see cref="IdHash"/>) in ascending order, each at its home slot or as near behind it as those before allow. Order
/// makes a miss as short as a hit, which is what affords 92 % load; and growing by an eighth is one pass over both arrays, without a search. The home slots
/// end before the array does, so nothing wraps around.</remarks>
internal struct SparseIds
{
    /// <summary>Most ids kept as a list, where a vectorised scan is as fast as a table.</summary>
    public const int ListLimit = 128;

    // Above every hash, so that a search ends at an empty slot without asking whether it is one.
    private const uint Empty = uint.MaxValue;

    // Honest hashes at 92 % load stay some two hundred slots from home. Chosen ones could make every add
    // move the whole table; their set goes to containers instead, whose worst case is bounded.
    private const int MaxReach = 8192;

    private uint[] _slots;
    private int _count;
    private int _containers; // as last counted; there can only be more by now

    /// <summary>An empty set, which holds no memory of its own.</summary>
    public SparseIds() => _slots = [];

    private SparseIds(uint[] slots, int count)
    {
        _slots = slots;
        _count = count;
    }

    /// <summary>Number of ids.</summary>
    public readonly int Count => _count;

    /// <summary>Managed bytes of the array.</summary>
    public readonly long ResidentBytes => ManagedBytes.Array(_slots.Length, sizeof(uint));

    private readonly bool IsList => _slots.Length <= ListLimit;

    /// <summary>A set of distinct ids in any order; false when their hashes crowd, which only chosen ids do.</summary>
    public static bool TryFrom(ReadOnlySpan<uint> ids, out SparseIds set)
    {
        if (ids.Length <= ListLimit)
        {
            set = new SparseIds(ids.ToArray(), ids.Length);
            return true;
        }

        return TryHash(ids, TableLength(ids.Length), out set);
    }

    /// <summary>A copy that shares nothing.</summary>
    public readonly SparseIds Clone() => this with { _slots = _slots.AsSpan().ToArray() };

    /// <summary>Whether the id is in the set.</summary>
    public readonly bool Contains(uint id)
    {
        if (IsList)
        {
            return _slots.AsSpan(0, _count).Contains(id);
        }

        uint hash = IdHash.Of(id);
        uint[] slots = _slots;
        int at = Home(hash, Homes(slots.Length));
        while (at < slots.Length && slots[at] < hash)
        {
            at++;
        }

        return at < slots.Length && slots[at] == hash;
    }

    /// <summary>Adds the id when there is room.</summary>
    public AddOutcome TryAdd(uint id)
    {
        if (!IsList)
        {
            return TryAddToTable(IdHash.Of(id));
        }

        if (_slots.AsSpan(0, _count).Contains(id))
        {
            return AddOutcome.Present;
        }

        if (_count == _slots.Length)
        {
            return AddOutcome.Full;
        }

        _slots[_count++] = id;
        return AddOutcome.Added;
    }

    /// <summary>Makes room for at least one more id; false when a table is the wrong shape for these.</summary>
    public bool TryGrow()
    {
        if (_slots.Length < ListLimit)
        {
            int length = Math.Min(ListLimit, _slots.Length + Math.Max(4, _slots.Length >> 2 & ~1));
            Array.Resize(ref _slots, length);
            return true;
        }

        if (IsList)
        {
            if (!TryHash(_slots, TableLength(_count + (_count >> 4)), out SparseIds table))
            {
                return false;
            }

            this = table;
            return true;
        }

        // Half empty and yet no room: the hashes crowd, and a longer table would not part them.
        return _count >= _slots.Length >> 1 && TryLayOut(_slots.Length + (_slots.Length >> 3));
    }

    /// <summary>Writes the ids in no particular order; the span is <see cref="Count"/> long.</summary>
    public readonly void CopyTo(Span<uint> ids)
    {
        if (IsList)
        {
            _slots.AsSpan(0, _count).CopyTo(ids);
            return;
        }

        int written = 0;
        foreach (uint slot in _slots)
        {
            if (slot != Empty)
            {
                ids[written++] = IdHash.Invert(slot);
            }
        }
    }

    /// <summary>Whether the ids have become dense enough for containers. Counts only when they can have.</summary>
    public bool SuitsRoaring()
    {
        if (!Density.SuitsRoaring(_count, _containers))
        {
            return false;
        }

        _containers = CountContainers();
        return Density.SuitsRoaring(_count, _containers);
    }

    /// <summary>Number of Roaring containers these ids would need, in O(count).</summary>
    [SkipLocalsInit]
    public readonly int CountContainers()
    {
        Span<ulong> seen = stackalloc ulong[(RoaringFormat.MaxKey + 1) / 64];
        seen.Clear();
        int containers = 0;
        bool isList = IsList;
        foreach (uint slot in isList ? _slots.AsSpan(0, _count) : _slots)
        {
            if (slot == Empty)
            {
                continue;
            }

            uint key = (isList ? slot : IdHash.Invert(slot)) >> 16;
            ref ulong word = ref seen[(int)(key >> 6)];
            containers += (word >> (int)key & 1) == 0 ? 1 : 0;
            word |= 1UL << (int)key;
        }

        return containers;
    }

    private AddOutcome TryAddToTable(uint hash)
    {
        uint[] slots = _slots;
        int home = Home(hash, Homes(slots.Length));
        int at = home;
        while (at < slots.Length && slots[at] < hash)
        {
            at++;
        }

        if (at == slots.Length)
        {
            return AddOutcome.Full;
        }

        if (slots[at] == hash)
        {
            return AddOutcome.Present;
        }

        if (_count >= MaxCount(slots.Length))
        {
            return AddOutcome.Full;
        }

        if (slots[at] != Empty)
        {
            int free = slots.AsSpan(at).IndexOf(Empty);
            if (free < 0)
            {
                return AddOutcome.Full;
            }

            if (at + free - home > MaxReach)
            {
                return AddOutcome.Crowded;
            }

            slots.AsSpan(at, free).CopyTo(slots.AsSpan(at + 1));
        }

        slots[at] = hash;
        _count++;
        return AddOutcome.Added;
    }

    private static bool TryHash(ReadOnlySpan<uint> ids, int length, out SparseIds table)
    {
        var hashes = new uint[ids.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            hashes[i] = IdHash.Of(ids[i]);
        }

        IdSort.Sort(hashes);
        table = new SparseIds(hashes, ids.Length);

        // The last cluster may run over the end of a small table by bad luck; hardly twice.
        return table.TryLayOut(length) || table.TryLayOut(length + (length >> 3)) || table.TryLayOut(length + (length >> 2));
    }

    // Moves the hashes, which are in ascending order, to a new array; false, unchanged, when they do not fit.
    private bool TryLayOut(int length)
    {
        int homes = Homes(length);
        uint[] slots = GC.AllocateUninitializedArray<uint>(length);
        slots.AsSpan().Fill(Empty);
        int next = 0;
        foreach (uint hash in _slots)
        {
            // No branch on whether the slot is empty, as it would mispredict at each gap: an empty one is
            // written, as empty, to a place not yet reached, and does not count.
            int home = Home(hash & int.MaxValue, homes);
            int at = Math.Max(home, next);
            if (at >= slots.Length || at - home > MaxReach)
            {
                return false;
            }

            slots[at] = hash;
            next = hash == Empty ? next : at + 1;
        }

        _slots = slots;
        return true;
    }

    private static int Home(uint hash, int homes) => (int)((ulong)hash * (uint)homes >> 31);

    // Room behind the last home for hashes pushed out of theirs.
    private static int Homes(int length) => length - 8 - Math.Min(length >> 5, 56);

    // 11/12, or 92 %: an eighth more slots after that is still 81 % full, so an id costs at most 4.9 bytes.
    private static int MaxCount(int length) => length - (int)((uint)length / 12);

    private static int TableLength(int count) => Math.Max(ListLimit + 1, count + (count >> 3) + 8);
}

/// <summary>What became of an attempt to add an id to <see cref="SparseIds"/>.</summary>
internal enum AddOutcome
{
    /// <summary>The id was there.</summary>
    Present = 0,
    /// <summary>The id is new and was added.</summary>
    Added = 1,
    /// <summary>The id is new and there is no room: make some, then try again.</summary>
    Full = 2,
    /// <summary>The id is new and its hash falls among far too many others: a table is the wrong shape for these ids.</summary>
    Crowded = 3,
}

/// <summary>A bijection of the 31-bit ids that scatters neighbours. So a table keeps hashes only, and <see cref="Invert"/> gives the id back.</summary>
/// <remarks>Lives in memory only; nothing stored depends on it.</remarks>
internal static class IdHash
{
    private const uint Mask = int.MaxValue;

    // The multipliers of MurmurHash3's finalizer (public domain). Two rounds, as after one there are strides
    // between ids, if few, that leave the hashes in a narrow band.
    private const uint First = 0x85EBCA6B;
    private const uint Second = 0xC2B2AE35;
    private static readonly uint FirstInverse = InverseOf(First);
    private static readonly uint SecondInverse = InverseOf(Second);

    /// <summary>The hash of an id, 0 to 2^31 - 1; its high bits are the better ones.</summary>
    public static uint Of(uint id)
    {
        uint hash = (id ^ id >> 16) * First & Mask;
        return (hash ^ hash >> 16) * Second & Mask;
    }

    /// <summary>The id of a hash.</summary>
    public static uint Invert(uint hash)
    {
        // Shifting by more than half the 31 bits, the exclusive or undoes itself.
        uint id = hash * SecondInverse & Mask;
        id = (id ^ id >> 16) * FirstInverse & Mask;
        return id ^ id >> 16;
    }

    // Newton's iteration: each step doubles the number of right low bits, from 3 to more than 31.
    private static uint InverseOf(uint odd)
    {
        uint inverse = odd;
        for (int i = 0; i < 4; i++)
        {
            inverse *= 2 - odd * inverse;
        }

        return inverse;
    }
}

/// <summary>Sorts 31-bit values ascending, in linear time when there are many.</summary>
[SkipLocalsInit]
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
