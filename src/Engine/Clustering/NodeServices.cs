using Akka.Configuration;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Clustering;

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

    /// <summary>Told what happens.</summary>
    public required EngineMetrics Metrics { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Makes loggers.</summary>
    public required ILoggerFactory Loggers { get; init; }
}
