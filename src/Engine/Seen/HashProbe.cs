using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DataLoad.Engine.Seen;

/// <summary>
/// Where an id stands in tables and filters, worked out once for all of them. It is part of the stored format
/// (version 1 of the filter): another way to mix makes stored filters deny ids that they hold.
/// </summary>
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
