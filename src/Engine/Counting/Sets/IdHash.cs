namespace DataLoad.Engine.Counting.Sets;

/// <summary>
/// A bijection of the 31-bit ids onto themselves that scatters neighbours. Being a bijection it lets a
/// table keep hashes only: no two ids collide, and the id comes back by <see cref="Invert"/>.
/// </summary>
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
        var hash = (id ^ id >> 16) * First & Mask;
        return (hash ^ hash >> 16) * Second & Mask;
    }

    /// <summary>The id of a hash.</summary>
    public static uint Invert(uint hash)
    {
        // Shifting by more than half the 31 bits, the exclusive or undoes itself.
        var id = hash * SecondInverse & Mask;
        id = (id ^ id >> 16) * FirstInverse & Mask;
        return id ^ id >> 16;
    }

    // Newton's iteration: each step doubles the number of right low bits, from 3 to more than 31.
    private static uint InverseOf(uint odd)
    {
        var inverse = odd;
        for (var i = 0; i < 4; i++)
        {
            inverse *= 2 - odd * inverse;
        }

        return inverse;
    }
}
