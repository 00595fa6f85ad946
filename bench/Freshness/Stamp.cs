using System.Diagnostics;
using System.Globalization;

namespace DataLoad.Bench.Freshness;

/// <summary>When a message was published, as its <c>sessionStr</c>: the 16 hexadecimal digits of a monotonic time.</summary>
internal static class Stamp
{
    /// <summary>The time now.</summary>
    public static string Now() => Stopwatch.GetTimestamp().ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>The time that a text tells.</summary>
    public static long Parse(ReadOnlySpan<byte> utf8) => long.Parse(utf8, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
