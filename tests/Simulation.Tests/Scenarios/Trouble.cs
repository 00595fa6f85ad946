using System.Globalization;

namespace DataLoad.Simulation.Scenarios;

/// <summary>Something that goes wrong in a run.</summary>
/// <param name="Kind">What.</param>
/// <param name="AtMs">When, after the start.</param>
/// <param name="ForMs">For how long, where it lasts.</param>
/// <param name="Amount">How much: a rate in percent, a latency or a jump in milliseconds.</param>
/// <param name="Steps">How many further tasks of the process run before it happens, so that it may come at any await.</param>
internal sealed record Trouble(TroubleKind Kind, long AtMs, long ForMs = 0, long Amount = 0, int Steps = 0)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Kind} at {AtMs} ms{(Steps > 0 ? $" + {Steps} steps" : "")}{(ForMs > 0 ? $" for {ForMs} ms" : "")}{(Amount != 0 ? $", {Amount}" : "")}");
}
