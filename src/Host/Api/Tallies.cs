using DataLoad.Host.Watching;

namespace DataLoad.Host.Api;

/// <summary>Counts since the node started.</summary>
internal sealed record Tallies(long Deliveries, long Events, long Duplicates, long Unidentified, long Retries, long Parked, long DeadLetters)
{
    public static Tallies Of(long[] counts) => new(
        counts[(int)TallyKind.Deliveries],
        counts[(int)TallyKind.Events],
        counts[(int)TallyKind.Duplicates],
        counts[(int)TallyKind.Unidentified],
        counts[(int)TallyKind.Retries],
        counts[(int)TallyKind.Parked],
        counts[(int)TallyKind.DeadLetters]);
}
