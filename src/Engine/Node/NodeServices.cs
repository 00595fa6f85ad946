using DataLoad.Engine.Contract;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace DataLoad.Engine.Node;

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

    /// <summary>Makes a connection to the broker under a name; null for the client library's own.</summary>
    public Func<string, CancellationToken, Task<IConnection>>? ConnectBroker { get; init; }

    /// <summary>Told what happens.</summary>
    public required EngineMetrics Metrics { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Makes loggers.</summary>
    public required ILoggerFactory Loggers { get; init; }
}
