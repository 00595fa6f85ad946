using System.Text.Json.Serialization;
using DataLoad.Host.Watching;

namespace DataLoad.Host.Api;

/// <summary>The rates of the last minutes, of all nodes together.</summary>
internal static class RateEndpoint
{
    private const string Path = "/rates";

    public static void Map(RouteGroupBuilder api, ApiServices services) => api.MapRead(Path, ApiJson.Default.PastRates, async context =>
    {
        var own = new PastRates((long)services.RateHistory.Interval.TotalMilliseconds, services.RateHistory.Points);
        return new ApiQuery(context.Request.Query).Flag(PeerEvents.LocalParameter) ? own : await WithOthersAsync(services, context, own);
    });

    private static async Task<PastRates> WithOthersAsync(ApiServices services, HttpContext context, PastRates own)
    {
        (IReadOnlyList<PastRates> others, IReadOnlyDictionary<string, string>? away) = await PeerAnswers.AskAsync(services, context, Path, ApiJson.Default.PastRates);
        return PastRates.Sum([own, .. others]) with { Away = away };
    }
}

/// <summary>Rates of the last minutes, the oldest first.</summary>
/// <param name="IntervalMs">How far apart they are.</param>
/// <param name="Points">The rates.</param>
/// <param name="Away">Nodes whose rates are not among them, and why; null where all are.</param>
internal sealed record PastRates(long IntervalMs, IReadOnlyList<RatePoint> Points,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string>? Away = null)
{
    /// <summary>The rates of nodes together, of which the first says how far apart they are. A node that has nothing of a time adds nothing to it.</summary>
    public static PastRates Sum(IReadOnlyList<PastRates> nodes)
    {
        long step = nodes[0].IntervalMs;
        var sums = new SortedDictionary<long, RatePoint>(nodes.SelectMany(node => node.Points).Select(point => point.At / step).Distinct()
            .ToDictionary(slot => slot, slot => new RatePoint(slot * step, 0, 0, 0)));
        foreach (PastRates node in nodes)
        {
            int next = 0;
            foreach (long slot in sums.Keys.ToArray())
            {
                while (next < node.Points.Count && node.Points[next].At < (slot + 1) * step)
                {
                    next++;
                }

                // Clocks are never quite in step: a node that said nothing just then is as it was a moment before.
                if (next > 0 && node.Points[next - 1] is var point && point.At >= (slot * step) - Math.Max(step, node.IntervalMs))
                {
                    RatePoint sum = sums[slot];
                    sums[slot] = sum with
                    {
                        Events = Math.Round(sum.Events + point.Events, 2),
                        Duplicates = Math.Round(sum.Duplicates + point.Duplicates, 2),
                        DeadLetters = Math.Round(sum.DeadLetters + point.DeadLetters, 2),
                    };
                }
            }
        }

        return new PastRates(step, [.. sums.Values]);
    }
}
