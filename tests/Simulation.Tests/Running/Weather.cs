using DataLoad.Simulation.Scenarios;
using DataLoad.Simulation.Scheduling;

namespace DataLoad.Simulation.Running;

/// <summary>The troubles that last, as those whom they befall ask for them.</summary>
internal sealed class Weather(World world, IReadOnlyList<Trouble> troubles)
{
    private readonly Trouble[] _lasting = [.. troubles.Where(trouble => trouble.ForMs > 0)];

    /// <summary>Whether all is well from now on, whatever the scenario says.</summary>
    public bool IsCalm { get; set; }

    public bool BrokerIsDown => Find(TroubleKind.BrokerDown) is not null;

    public bool Reorders => Find(TroubleKind.Reorder) is not null;

    /// <summary>How long a message to or from the broker takes.</summary>
    public long Latency() => Latency(TroubleKind.BrokerSlow, 3);

    public bool LosesAcknowledgement() => Happens(TroubleKind.AcknowledgementLost);

    public bool LosesConfirm() => Happens(TroubleKind.ConfirmLost);

    public bool RefusesPublishing() => Happens(TroubleKind.PublishRefused);

    public long StoreLatency() => Latency(TroubleKind.StoreSlow, 4);

    public bool StoreFails() => Happens(TroubleKind.StoreFails);

    public bool StoreFailsAfterwards() => Happens(TroubleKind.StoreFailsAfterwards);

    public bool StoreIsLate() => Happens(TroubleKind.StoreLate);

    public bool RenewFails() => Happens(TroubleKind.RenewFails);

    public long LookupLatency() => Latency(TroubleKind.LookupSlow, 4);

    public bool LookupFails() => Happens(TroubleKind.LookupFails);

    private long Latency(TroubleKind kind, int usual) =>
        Find(kind) is { } trouble && world.Random.Next(3) == 0 ? world.Random.NextInt64(trouble.Amount + 1) : world.Random.Next(usual);

    private bool Happens(TroubleKind kind) => Find(kind) is { } trouble && world.Random.Next(100) < trouble.Amount;

    private Trouble? Find(TroubleKind kind)
    {
        if (IsCalm)
        {
            return null;
        }

        foreach (Trouble trouble in _lasting)
        {
            if (trouble.Kind == kind && trouble.AtMs <= world.ElapsedMs && world.ElapsedMs < trouble.AtMs + trouble.ForMs)
            {
                return trouble;
            }
        }

        return null;
    }
}
