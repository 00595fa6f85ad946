using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace DataLoad.Engine.Seen;

/// <summary>The ids of one time bucket that are not sealed yet: an open-addressed set, 26 to 51 bytes an id.</summary>
internal sealed class IdTable
{
    private const int SmallestCapacity = 64;

    // 0 marks an empty slot; the id 0 is kept apart.
    private UInt128[] _slots = new UInt128[SmallestCapacity];
    private bool _holdsZero;
    private int _inSlots;

    public long StartMs { get; private set; }
    public long EndMs { get; private set; }
    public long Bucket { get; private set; }
    public int Count => _inSlots + (_holdsZero ? 1 : 0);

    /// <summary>What it costs in memory.</summary>
    public long Bytes => (_slots.Length * 16L) + 96;

    /// <summary>Whether it is worth keeping for another bucket: it was put to use, or is small.</summary>
    public bool WorthKeeping => _slots.Length == SmallestCapacity || Count >= _slots.Length / 8;

    public void Assign(long bucket, long bucketMs)
    {
        Debug.Assert(Count == 0);
        Bucket = bucket;
        StartMs = bucket * bucketMs;
        EndMs = StartMs + bucketMs;
    }

    /// <summary>Forgets all ids and keeps the memory.</summary>
    public void Clear()
    {
        Array.Clear(_slots);
        _holdsZero = false;
        _inSlots = 0;
    }

    /// <summary>Has the processor fetch the slots of an id that is asked for soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Prefetch(in HashProbe probe)
    {
        if (Sse.IsSupported)
        {
            // Should the collector move the table, the hint misses and nothing else.
            Sse.Prefetch0(Unsafe.AsPointer(ref _slots[(int)probe.Place & (_slots.Length - 1)]));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(UInt128 id, in HashProbe probe)
    {
        if (id == 0)
        {
            return _holdsZero;
        }

        UInt128[] slots = _slots;
        int mask = slots.Length - 1;
        for (int i = (int)probe.Place & mask; ; i = (i + 1) & mask)
        {
            UInt128 slot = slots[i];
            if (slot == id)
            {
                return true;
            }

            if (slot == 0)
            {
                return false;
            }
        }
    }

    public bool Add(UInt128 id, in HashProbe probe)
    {
        if (id == 0)
        {
            bool added = !_holdsZero;
            _holdsZero = true;
            return added;
        }

        UInt128[] slots = _slots;
        int mask = slots.Length - 1;
        for (int i = (int)probe.Place & mask; ; i = (i + 1) & mask)
        {
            UInt128 slot = slots[i];
            if (slot == id)
            {
                return false;
            }

            if (slot == 0)
            {
                slots[i] = id;
                break;
            }
        }

        if (++_inSlots * 8L > slots.Length * 5L)
        {
            Grow();
        }

        return true;
    }

    public UInt128[] Sorted()
    {
        var ids = new UInt128[Count];
        int at = _holdsZero ? 1 : 0;
        HashSort.CopySorted(_slots, ids.AsSpan(at));
        return ids;
    }

    private void Grow()
    {
        UInt128[] old = _slots;
        var slots = new UInt128[checked(old.Length * 2)];
        int mask = slots.Length - 1;
        foreach (UInt128 id in old)
        {
            if (id != 0)
            {
                int i = (int)new HashProbe(id).Place & mask;
                while (slots[i] != 0)
                {
                    i = (i + 1) & mask;
                }

                slots[i] = id;
            }
        }

        _slots = slots;
    }
}
