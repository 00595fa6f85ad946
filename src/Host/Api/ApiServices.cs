using DataLoad.Engine.Clustering;
using DataLoad.Engine.Contract;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage;
using DataLoad.Host.Auditing;
using DataLoad.Host.Hosting;
using DataLoad.Host.Settings;
using DataLoad.Host.Watching;
using DataLoad.Host.Web;

namespace DataLoad.Host.Api;

/// <summary>What the endpoints work with.</summary>
internal sealed class ApiServices(
    HostSettings settings,
    Catalog catalog,
    ClusterNode node,
    NodeInfo info,
    IStore store,
    ILookup lookup,
    NodeHealth health,
    EngineTallies tallies,
    TodayTotals today,
    DeadLetterDesk deadLetters,
    AuditTrail audit,
    LogLevels levels,
    TimeProvider time) : IDisposable
{
    public HostSettings Settings => settings;

    public Catalog Catalog => catalog;

    public ClusterNode Node => node;

    public NodeInfo Info => info;

    public IStore Store => store;

    public ILookup Lookup => lookup;

    public NodeHealth Health => health;

    public EngineTallies Tallies => tallies;

    public TodayTotals Today => today;

    public DeadLetterDesk DeadLetters => deadLetters;

    public AuditTrail Audit => audit;

    public LogLevels LogLevels => levels;

    public TimeProvider Time => time;

    public DateTimeOffset StartedAt { get; } = time.GetUtcNow();

    /// <summary>Bounds those that watch.</summary>
    public SemaphoreSlim Watchers { get; } = new(settings.Http.MaxWatchers);

    public long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    public void Dispose() => Watchers.Dispose();
}
