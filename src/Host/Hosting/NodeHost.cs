using System.Globalization;
using System.Security.Cryptography;
using DataLoad.Engine.Contract;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Intake.Amqp;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Node;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage;
using DataLoad.Host.Access;
using DataLoad.Host.Api;
using DataLoad.Host.Auditing;
using DataLoad.Host.Hocon;
using DataLoad.Host.Settings;
using DataLoad.Host.Watching;
using DataLoad.Host.Web;

namespace DataLoad.Host.Hosting;

/// <summary>Runs a node with its HTTP interface until it is told to stop.</summary>
internal static class NodeHost
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    // Beyond what the orderly stop may take: time to let go of leases and connections.
    private static readonly TimeSpan ClosingLimit = TimeSpan.FromMilliseconds(600);

    /// <summary>Runs a node until it is told to stop; then it ends within the orderly stop's timeout, come what may.</summary>
    public static async Task RunAsync(HostSettings settings, CancellationToken stop)
    {
        if (settings.Http.Refusal is { } refusal)
        {
            throw new StartException(refusal);
        }

        var levels = new LogLevels(settings.LogLevel);
        using ILoggerFactory loggers = Logging.Create(levels);
        ILogger logger = loggers.CreateLogger(typeof(NodeHost));
        foreach (HoconProblem problem in settings.Akka.FindUnknownKeys())
        {
            HostLog.UnknownAkkaKey(logger, problem.Origin.ToString(), problem.Message);
        }

        try
        {
            if (!await StopLimit.RunAsync(token => ServeAsync(settings, levels, loggers, token), settings.Engine.StopTimeout + ClosingLimit, TimeProvider.System, stop).ConfigureAwait(false))
            {
                HostLog.LeftAtLimit(logger);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // A node that is serving ends without an exception: this one was looking whether it can.
            HostLog.StoppedAtStart(logger);
        }
    }

    private static async Task ServeAsync(HostSettings settings, LogLevels levels, ILoggerFactory loggers, CancellationToken stop)
    {
        var info = new NodeInfo
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}-{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}"),
            Address = settings.Http.Urls.Count > 0 ? settings.Http.Urls[0] : "",
            Secret = RandomNumberGenerator.GetHexString(64, lowercase: true),
        };
        await using IStore store = Databases.OpenStore(settings.Store, info.Id);
        await using ILookup lookup = Databases.OpenLookup(settings.Business);
        using var metrics = new EngineMetrics();
        var node = new EngineNode(settings.Engine, new NodeServices
        {
            Info = info,
            Catalog = Catalog.Default,
            Store = store,
            Lookup = lookup,
            Metrics = metrics,
            Time = TimeProvider.System,
            Loggers = loggers,
        });
        NodeGauges.Register(metrics, node);
        using IDisposable? telemetry = Telemetry.Start(settings);
        using var exposition = new PrometheusExposition(EngineMetrics.MeterName);
        using var tallies = new EngineTallies(metrics, Catalog.Default, TimeProvider.System, settings.Http.LiveInterval);
        using var today = new TodayTotals(store.Queries, Catalog.Default, TimeZoneInfo.FindSystemTimeZoneById(settings.Engine.TimeZone), TimeProvider.System, settings.Http.TotalsInterval);
        using var deadLetters = new DeadLetterDesk(new AmqpConnector(settings.Engine.Amqp), Catalog.Default, settings.DeadLetters, TimeProvider.System, loggers.CreateLogger<DeadLetterDesk>());
        using var watchers = new SemaphoreSlim(settings.Http.MaxWatchers);
        await using var limits = new RateLimits(settings.Http);
        var services = new ApiServices
        {
            Settings = settings,
            Catalog = Catalog.Default,
            Node = node,
            Info = info,
            Store = store,
            Lookup = lookup,
            Tallies = tallies,
            Today = today,
            DeadLetters = deadLetters,
            Audit = new AuditTrail(store.Audit, info, TimeProvider.System, loggers.CreateLogger<AuditTrail>()),
            LogLevels = levels,
            Time = TimeProvider.System,
            StartedAt = TimeProvider.System.GetUtcNow(),
            Watchers = watchers,
        };
        await using WebApplication? web = settings.Http.Urls.Count == 0 ? null : WebHost.Build(settings.Http, loggers, limits, app => WebHost.Map(app, services, exposition));
        if (web is not null)
        {
            await web.StartAsync(stop).ConfigureAwait(false);
        }

        try
        {
            // Health answers already: a server that hangs may take the check as long as connecting may take.
            await StartCheck.RunAsync(store, lookup, new AmqpConnector(settings.Engine.Amqp), stop).ConfigureAwait(false);
            await node.RunAsync(stop).ConfigureAwait(false);
        }
        finally
        {
            if (web is not null)
            {
                using var patience = new CancellationTokenSource(CloseTimeout);
                await web.StopAsync(patience.Token).ConfigureAwait(false);
            }
        }
    }
}
