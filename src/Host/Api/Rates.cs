using DataLoad.Host.Watching;

namespace DataLoad.Host.Api;

/// <summary>Counts a second, over the last seconds.</summary>
internal sealed record Rates(double Deliveries, double Events, double Duplicates, double Retries, double Parked, double DeadLetters)
{
    public static Rates Of(double[] rates) => new(
        rates[(int)TallyKind.Deliveries],
        rates[(int)TallyKind.Events],
        rates[(int)TallyKind.Duplicates],
        rates[(int)TallyKind.Retries],
        rates[(int)TallyKind.Parked],
        rates[(int)TallyKind.DeadLetters]);
}
