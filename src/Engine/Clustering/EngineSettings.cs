using System.Collections.Immutable;
using Akka.Configuration;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage;
using Microsoft.Extensions.Logging;

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

    /// <summary>The node's place in the cluster.</summary>
    public ClusterSettings Cluster { get; init; } = new();

    /// <summary>The IANA name of the zone that days are counted in; fixed at the first start.</summary>
    public string TimeZone { get; init; } = "Asia/Shanghai";

    /// <summary>By what the statistics of each page, by its name, are broken down.</summary>
    public IReadOnlyDictionary<string, ImmutableArray<Breakdown>> Breakdowns { get; init; } = ImmutableDictionary<string, ImmutableArray<Breakdown>>.Empty;

    /// <summary>Whether rows that the engine did not write are taken as a baseline that its counts add to.</summary>
    public bool AdoptExistingRows { get; init; }

    /// <summary>How long an orderly stop may take.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(8);
}

/// <summary>What a node works with, made by whoever hosts it.</summary>
public sealed record NodeServices
{
    /// <summary>Who the node is.</summary>
    public required NodeInfo Info { get; init; }

    /// <summary>The declaration it runs by.</summary>
    public required Catalog Catalog { get; init; }

    /// <summary>The store.</summary>
    public required IStore Store { get; init; }

    /// <summary>The business database.</summary>
    public required ILookup Lookup { get; init; }

    /// <summary>The user's settings of Akka, laid over those of <c>hocon/akka.conf</c>.</summary>
    public Config Akka { get; init; } = Config.Empty;

    /// <summary>What the engine measures.</summary>
    public required EngineMetrics Metrics { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Makes loggers.</summary>
    public required ILoggerFactory Loggers { get; init; }
}
