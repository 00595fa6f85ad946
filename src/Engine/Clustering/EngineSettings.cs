using DataLoad.Engine.Intake;
using DataLoad.Engine.Intake.Amqp;
using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Clustering;

/// <summary>All that an engine is set by.</summary>
public sealed record EngineSettings
{
    /// <summary>The broker.</summary>
    public AmqpSettings Amqp { get; init; } = new();

    /// <summary>The bounds of intake.</summary>
    public IntakeSettings Intake { get; init; } = new();

    /// <summary>Partitions, flush, checkpoints, memory.</summary>
    public PartitionSettings Partitions { get; init; } = new();

    /// <summary>The IANA name of the zone that days are told in; fixed at the first start.</summary>
    public string TimeZone { get; init; } = "Asia/Shanghai";

    /// <summary>How long a lease lasts without being renewed.</summary>
    public TimeSpan LeaseTimeToLive { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often leases are renewed, and how often a node that has none tries again.</summary>
    public TimeSpan LeaseRenewInterval { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Whether rows that the engine did not write are taken as a baseline that its counts add to.</summary>
    public bool AdoptExistingRows { get; init; }

    /// <summary>How long an orderly stop may take.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(8);
}
