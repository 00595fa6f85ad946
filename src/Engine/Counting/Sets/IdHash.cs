namespace DataLoad.Engine.Counting.Sets;

/// <summary>
/// A bijection of the 31-bit ids onto themselves that scatters neighbours. Being a bijection it lets a
/// table keep hashes only: no two ids collide, and the id comes back by <see cref="Invert"/>.
/// </summary>
/// <remarks>Lives in memory only; nothing stored depends on it.</remarks>
internal static class IdHash
{
    private const uint Mask = int.MaxValue;
    private const uint Multiplier = 0x1E3779B1; // odd, near 2^31 / golden ratio^3: neighbours land far apart
    private static readonly uint Inverse = InverseOf(Multiplier);

    /// <summary>The hash of an id, 0 to 2^31 - 1; its high bits are the better ones.</summary>
    public static uint Of(uint id) => (id ^ id >> 16) * Multiplier & Mask;

    /// <summary>The id of a hash.</summary>
    public static uint Invert(uint hash)
    {
        var id = hash * Inverse & Mask;
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
