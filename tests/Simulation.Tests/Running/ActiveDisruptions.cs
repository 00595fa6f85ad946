using DataLoad.Simulation.Tests.Scenarios;
using DataLoad.Simulation.Tests.Scheduling;

namespace DataLoad.Simulation.Tests.Running;

/// <summary>The disruptions that last, as those whom they concern ask for them.</summary>
internal sealed class ActiveDisruptions(World world, IReadOnlyList<Disruption> disruptions)
{
    private readonly Disruption[] _lasting = [.. disruptions.Where(disruption => disruption.ForMs > 0)];

    /// <summary>Whether nothing goes wrong from now on, whatever the scenario says.</summary>
    public bool AreOver { get; set; }

    public long StoreLatency() => Latency(DisruptionKind.StoreSlow, 4);

    public bool StoreFails() => Happens(DisruptionKind.StoreFails);

    public bool StoreFailsAfterwards() => Happens(DisruptionKind.StoreFailsAfterwards);

    public bool StoreIsLate() => Happens(DisruptionKind.StoreLate);

    /// <summary>How long a message takes through the region.</summary>
    public long MessageLatency() => Latency(DisruptionKind.MessagesSlow, 2);

    public bool MessageIsLost() => Happens(DisruptionKind.MessagesLost);

    /// <summary>Whether the broker refuses a dead letter, or loses its confirm.</summary>
    public bool LettersFail() => Happens(DisruptionKind.LettersFail);

    public bool LookupFails() => Happens(DisruptionKind.LookupFails);

    public long LookupLatency() => Latency(DisruptionKind.LookupSlow, 3);

    private long Latency(DisruptionKind kind, int usual) =>
        Find(kind) is { } disruption && world.Random.Next(3) == 0 ? world.Random.NextInt64(disruption.Amount + 1) : world.Random.Next(usual);

    private bool Happens(DisruptionKind kind) => Find(kind) is { } disruption && world.Random.Next(100) < disruption.Amount;

    private Disruption? Find(DisruptionKind kind)
    {
        if (AreOver)
        {
            return null;
        }

        foreach (Disruption disruption in _lasting)
        {
            if (disruption.Kind == kind && disruption.AtMs <= world.ElapsedMs && world.ElapsedMs < disruption.AtMs + disruption.ForMs)
            {
                return disruption;
            }
        }

        return null;
    }
}
