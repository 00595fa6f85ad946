namespace DataLoad.Engine.Counting.Sets;

/// <summary>
/// When a set is held as a sparse table (4.4 to 4.9 bytes an id) and when in Roaring containers (about 46
/// bytes a container and 2.1 bytes an id): they cost the same near twenty ids a container.
/// </summary>
internal static class Density
{
    private const int MinRoaringIds = 32; // below, one set's fixed parts decide, and a list is the least
    private const int RoaringFromIdsPerContainer = 20;
    private const int SparseBelowIdsPerContainer = 10; // well apart, so that a set does not go back and forth

    /// <summary>Whether a sparse set should move to containers.</summary>
    public static bool SuitsRoaring(long count, int containers) =>
        count >= MinRoaringIds && count >= (long)RoaringFromIdsPerContainer * containers;

    /// <summary>Whether containers should become a sparse set.</summary>
    public static bool SuitsSparse(long count, int containers) =>
        count < MinRoaringIds / 2 || count < (long)SparseBelowIdsPerContainer * containers;
}
