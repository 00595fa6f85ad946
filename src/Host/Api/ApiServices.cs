using DataLoad.Engine.Clustering;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Resolving;
using DataLoad.Host.Auditing;
using DataLoad.Host.Hosting;
using DataLoad.Host.Watching;
using DataLoad.Host.Web;

namespace DataLoad.Host.Api;

/// <summary>What the endpoints work with.</summary>
internal sealed record ApiServices(HostSettings Settings, Catalog Catalog, ClusterNode Node, NodeInfo Info, IStore Store, ILookup Lookup, NodeHealth Health,
    EngineTallies Tallies, TodayTotals Today, DeadLetterDesk DeadLetters, AuditTrail Audit, LogLevels LogLevels, TimeProvider Time) : IDisposable
{
    public DateTimeOffset StartedAt { get; } = Time.GetUtcNow();

    /// <summary>Bounds those that watch.</summary>
    public SemaphoreSlim Watchers { get; } = new(Settings.Http.MaxWatchers);

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public void Dispose() => Watchers.Dispose();
}
