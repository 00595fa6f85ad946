using DataLoad.Engine.Contract;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Node;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage;
using DataLoad.Host.Auditing;
using DataLoad.Host.Hosting;
using DataLoad.Host.Settings;
using DataLoad.Host.Watching;

namespace DataLoad.Host.Api;

/// <summary>What the endpoints work with.</summary>
internal sealed record ApiServices
{
    public required HostSettings Settings { get; init; }

    public required Catalog Catalog { get; init; }

    public required EngineNode Node { get; init; }

    public required NodeInfo Info { get; init; }

    public required IStore Store { get; init; }

    public required ILookup Lookup { get; init; }

    public required EngineTallies Tallies { get; init; }

    public required TodayTotals Today { get; init; }

    public required DeadLetterDesk DeadLetters { get; init; }

    public required AuditTrail Audit { get; init; }

    public required LogLevels LogLevels { get; init; }

    public required TimeProvider Time { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Bounds those that watch.</summary>
    public required SemaphoreSlim Watchers { get; init; }

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();
}
