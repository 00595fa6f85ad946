namespace DataLoad.Engine.Counting.Sets;

/// <summary>Numbers of the public portable Roaring format, little-endian throughout. Source: https://github.com/RoaringBitmap/RoaringFormatSpec.</summary>
/// <remarks>
/// <list type="number">
/// <item>Cookie. Without run containers: <c>u32</c> 12346, then <c>u32</c> number of containers. With:
/// <c>u16</c> 12347, <c>u16</c> number of containers - 1, then one bit a container (lowest bit of the
/// first byte first, padded with zeros to whole bytes) that says whether it is a run container.</item>
/// <item>Descriptive header. For each container <c>u16</c> key (the ids' high half, strictly ascending)
/// and <c>u16</c> cardinality - 1.</item>
/// <item>Offset header, left out when there are run containers and fewer than four containers: for each
/// container the <c>u32</c> position of its first byte, counted from the cookie.</item>
/// <item>Containers. Runs: <c>u16</c> number of runs, then for each <c>u16</c> start, <c>u16</c> length - 1.
/// Else, at most 4,096 ids: their sorted <c>u16</c> low halves. Else 1,024 words <c>u64</c> of a bitmap.</item>
/// </list>
/// </remarks>
internal static class RoaringFormat
{
    /// <summary>Cookie of a bitmap without run containers.</summary>
    public const int CookieWithoutRuns = 12346;

    /// <summary>Low half of the cookie of a bitmap with run containers.</summary>
    public const int CookieWithRuns = 12347;

    /// <summary>From this many containers on, a bitmap with run containers has an offset header too.</summary>
    public const int OffsetsFromContainers = 4;

    /// <summary>Most ids in an array container; one more makes it a bitmap.</summary>
    public const int MaxArrayCardinality = 4096;

    /// <summary>Bytes of a bitmap container.</summary>
    public const int BitmapBytes = 8192;

    /// <summary>Ids a container can hold: those that share a high half.</summary>
    public const int ContainerSpan = 65536;

    /// <summary>Highest key (high half) of a non-negative 32-bit id. The format itself goes to 65,535.</summary>
    public const int MaxKey = int.MaxValue >> 16;

    /// <summary>Bytes of a run container's runs, with its count.</summary>
    public static int RunBytes(int runs) => 2 + 4 * runs;

    /// <summary>Bytes of a container stored without runs.</summary>
    public static int PlainBytes(int cardinality) => cardinality <= MaxArrayCardinality ? 2 * cardinality : BitmapBytes;

    /// <summary>Whether runs are the shortest way to store a container.</summary>
    public static bool RunsAreShorter(int runs, int cardinality) => RunBytes(runs) < PlainBytes(cardinality);
}
