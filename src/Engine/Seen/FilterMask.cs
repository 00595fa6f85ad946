using System.Runtime.Intrinsics;

namespace DataLoad.Engine.Seen;

/// <summary>The bits of an id in a filter block, one in each word.</summary>
/// <param name="low">Those of the first four words.</param>
/// <param name="high">Those of the last four words.</param>
internal readonly struct FilterMask(Vector256<ulong> low, Vector256<ulong> high)
{
    public readonly Vector256<ulong> Low = low;
    public readonly Vector256<ulong> High = high;
}
