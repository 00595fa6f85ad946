using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DataLoad.Engine.Seen;

/// <summary>A Bloom filter in blocks of 512 bits, eight words with one bit of each id in every word, so that a question touches one cache line.</summary>
/// <remarks>At 16 bits an id about 1 of 1,000 ids that it does not hold is taken for held; none the other way.</remarks>
internal sealed unsafe class BlockedFilter
{
    /// <summary>The bytes of a block: a cache line.</summary>
    public const int BlockBytes = 64;

    private const int WordsPerBlock = BlockBytes / sizeof(ulong);

    // Kept only so that the collector leaves the words where they are; pinned, since blocks start at cache lines.
    private readonly ulong[] _owner;
    private readonly ulong* _words;

    public BlockedFilter(int blocks)
    {
        Blocks = blocks;
        _owner = GC.AllocateArray<ulong>(checked((blocks * WordsPerBlock) + WordsPerBlock - 1), pinned: true);
        ulong start = (ulong)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_owner));
        _words = (ulong*)((start + BlockBytes - 1) & ~(ulong)(BlockBytes - 1));
    }

    public int Blocks { get; }

    /// <summary>What it costs in memory.</summary>
    public long Bytes => ((long)_owner.Length * sizeof(ulong)) + 64;

    public static int BlocksFor(int ids, int bitsPerId) => (int)Math.Max(1, (((long)ids * bitsPerId) + (BlockBytes * 8) - 1) / (BlockBytes * 8));

    public void Add(in HashProbe probe)
    {
        ulong* block = Block(probe);
        FilterMask mask = probe.Mask;
        (Vector256.LoadAligned(block) | mask.Low).StoreAligned(block);
        (Vector256.LoadAligned(block + 4) | mask.High).StoreAligned(block + 4);
        GC.KeepAlive(this);
    }

    /// <summary>Has the processor fetch the block of an id that is asked for soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(in HashProbe probe)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(Block(probe));
        }
    }

    /// <summary>Whether the id may be held; false is certain.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MayContain(in HashProbe probe, in FilterMask mask)
    {
        ulong* block = Block(probe);
        Vector256<ulong> lacking = Vector256.AndNot(mask.Low, Vector256.LoadAligned(block)) | Vector256.AndNot(mask.High, Vector256.LoadAligned(block + 4));
        bool all = lacking == Vector256<ulong>.Zero;
        GC.KeepAlive(this);
        return all;
    }

    /// <summary>Writes the words, the lowest byte first.</summary>
    public void CopyTo(Span<byte> destination)
    {
        for (int i = 0; i < Blocks * WordsPerBlock; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(destination[(i * sizeof(ulong))..], _words[i]);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Reads what <see cref="CopyTo"/> wrote: as many blocks as there are bytes for.</summary>
    public static BlockedFilter From(ReadOnlySpan<byte> bytes)
    {
        var filter = new BlockedFilter(bytes.Length / BlockBytes);
        for (int i = 0; i < filter.Blocks * WordsPerBlock; i++)
        {
            filter._words[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(i * sizeof(ulong))..]);
        }

        GC.KeepAlive(filter);
        return filter;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong* Block(in HashProbe probe) => _words + ((nint)Math.BigMul(probe.Place, (ulong)Blocks, out _) * WordsPerBlock);
}

/// <summary>The bits of an id in a filter block, one in each word.</summary>
internal readonly struct FilterMask(Vector256<ulong> low, Vector256<ulong> high)
{
    public readonly Vector256<ulong> Low = low;
    public readonly Vector256<ulong> High = high;
}

/// <summary>Where an id stands in tables and filters, worked out once for all of them.</summary>
/// <remarks>It is part of the stored format (version 1 of the filter): another way to mix makes stored filters deny ids that they hold.</remarks>
internal readonly struct HashProbe
{
    /// <summary>64 well mixed bits: the low ones place an id in a table, the high ones in a filter.</summary>
    public readonly ulong Place;

    private readonly ulong _bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public HashProbe(UInt128 id)
    {
        ulong low = (ulong)id;
        ulong high = (ulong)(id >> 64);

        // Ids are hashes already; one more round keeps ids that differ in few bits (tests, poor hashes) apart.
        ulong place = (low ^ BitOperations.RotateLeft(high, 29)) * 0x9E37_79B9_7F4A_7C15;
        place ^= place >> 32;
        place *= 0xD6E8_FEB8_6659_FD93;
        Place = place ^ (place >> 32);
        ulong bits = (high + BitOperations.RotateLeft(low, 17)) * 0xC2B2_AE3D_27D4_EB4F;
        _bits = (bits ^ (bits >> 31)) * 0x9FB2_1C65_1E98_DF25;
    }

    /// <summary>One bit in each of the eight words of a filter block.</summary>
    public FilterMask Mask
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            ulong bits = _bits;
            return new FilterMask(
                Vector256.Create(1UL << (int)(bits >> 58), 1UL << (int)(bits >> 52), 1UL << (int)(bits >> 46), 1UL << (int)(bits >> 40)),
                Vector256.Create(1UL << (int)(bits >> 34), 1UL << (int)(bits >> 28), 1UL << (int)(bits >> 22), 1UL << (int)(bits >> 16)));
        }
    }
}
