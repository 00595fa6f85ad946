using System.Security.Cryptography;
using Akka.Actor;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Statistics;
using DataLoad.Host.Api;
using DataLoad.Host.Auditing;
using DataLoad.Host.Questions;
using DataLoad.Host.Watching;
using DataLoad.Host.Web;

namespace DataLoad.Host.Hosting;

/// <summary>Composes a node and its HTTP interface as a host, and runs it. The node runs its actor system in a host within, which it makes anew when
/// it has to.</summary>
internal static class NodeHost
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    // Beyond what the orderly stop may take: time to let go of leases and connections.
    private static readonly TimeSpan ClosingLimit = TimeSpan.FromMilliseconds(600);

    /// <summary>Runs a node until it is told to stop; then it ends within the orderly stop's timeout, come what may.</summary>
    /// <exception cref="StartException">It cannot start, or ended without having been told to.</exception>
    public static async Task RunAsync(HostSettings settings, CancellationToken stop)
    {
        if (settings.Http.Refusal is { } refusal)
        {
            throw new StartException(refusal);
        }

        ClusterTls? tls = ClusterStart.Check(settings.Engine.Cluster);
        IHost host = Build(settings);
        ILoggerFactory loggers = host.Services.GetRequiredService<ILoggerFactory>();
        ILogger logger = loggers.CreateLogger(typeof(NodeHost));
        foreach (HoconProblem problem in settings.Akka.FindUnknownKeys())
        {
            HostLog.UnknownAkkaKey(logger, problem.Origin.ToString(), problem.Message);
        }

        foreach (string warning in ClusterStart.FindWarnings(settings.Engine.Cluster, tls))
        {
            HostLog.ClusterWarning(logger, warning);
        }

        if (!await StopLimit.RunAsync(token => RunAsync(host, token), settings.Engine.StopTimeout + ClosingLimit, TimeProvider.System, stop))
        {
            HostLog.LeftAtLimit(logger);

            // What is left to itself is not disposed, but the last line must get out.
            loggers.Dispose();
        }
    }

    /// <summary>Composes a node; tests put other services in the place of some.</summary>
    public static IHost Build(HostSettings settings, Action<IServiceCollection>? replace = null)
    {
        if (settings.Http.Urls.Count == 0)
        {
            HostApplicationBuilder bare = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            Compose(bare, settings);
            replace?.Invoke(bare.Services);
            return bare.Build();
        }

        WebApplicationBuilder builder = WebServer.CreateBuilder(settings.Http);
        Compose(builder, settings);
        builder.Services.AddApi(settings);
        replace?.Invoke(builder.Services);
        WebApplication app = builder.Build();
        app.UseAccess();
        app.MapNode();
        return app;
    }

    /// <summary>What counts events, without what runs it or shows it; the address, where other commands reach the node, is empty for nowhere.</summary>
    public static IServiceCollection AddNode(this IServiceCollection services, HostSettings settings, string address)
    {
        var info = new NodeInfo(
            $"{Environment.MachineName}-{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}",
            address,
            RandomNumberGenerator.GetHexString(64, lowercase: true));
        return services.AddSingleton(settings).AddSingleton(info).AddSingleton(Catalog.Default.WithBreakdowns(settings.Engine.Breakdowns)).AddSingleton(TimeProvider.System)
            .AddSingleton(_ => Databases.OpenStore(settings.Store, info.Id))
            .AddSingleton(provider => new ShownCatalog(
                provider.GetRequiredService<Catalog>(), provider.GetRequiredService<IStore>().Declarations, provider.GetRequiredService<ILogger<ShownCatalog>>()))
            .AddSingleton(_ => Databases.OpenLookup(settings.Business))
            .AddSingleton<EngineMetrics>()
            .AddSingleton(provider =>
            {
                var node = new ClusterNode(settings.Engine, new NodeServices
                {
                    Info = provider.GetRequiredService<NodeInfo>(),
                    Catalog = provider.GetRequiredService<Catalog>(),
                    Store = provider.GetRequiredService<IStore>(),
                    Lookup = provider.GetRequiredService<ILookup>(),
                    Akka = settings.Akka.Config,
                    Metrics = provider.GetRequiredService<EngineMetrics>(),
                    Time = provider.GetRequiredService<TimeProvider>(),
                    Loggers = provider.GetRequiredService<ILoggerFactory>(),
                });
                NodeGauges.Register(provider.GetRequiredService<EngineMetrics>(), node);
                return node;
            });
    }

    private static void Compose(IHostApplicationBuilder builder, HostSettings settings)
    {
        // Where HTTP answers nowhere, nobody can ask for the log.
        builder.Logging.AddNodeLog(settings.Log.Level, settings.Http.Urls.Count > 0 ? settings.Log.KeptLines : 0);
        builder.Services
            .AddSingleton<IHostLifetime, CommandLifetime>()
            .AddNode(settings, settings.Http.Urls.Count > 0 ? settings.Http.Urls[0] : "")
            .AddTelemetry(settings)
            .AddNodeHealth(settings)
            .AddSingleton<NodeService>()
            .AddHostedService(provider => provider.GetRequiredService<NodeService>());
    }

    private static IServiceCollection AddApi(this IServiceCollection services, HostSettings settings) => services
        .AddSingleton(provider => provider.GetRequiredService<IStore>().Queries)
        .AddSingleton(provider => provider.GetRequiredService<IStore>().Audit)
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<EngineTallies>(provider, settings.Http.LiveInterval))
        .AddSingleton(provider => new RateHistory(
            provider.GetRequiredService<EngineTallies>(), provider.GetRequiredService<TimeProvider>(), settings.Http.LiveInterval, settings.Http.RateHistory))
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<QuestionDesk>(provider, settings))
        .AddSingleton<RowUnions>()
        .AddSingleton<PartUnions>()
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<TodayTotals>(
            provider, TimeZoneInfo.FindSystemTimeZoneById(settings.Engine.TimeZone), settings.Http.TotalsInterval))
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<DeadLetterDesk>(
            provider, settings.Engine.Amqp.ToConnectionSettings(), (Func<ActorSystem?>)(() => provider.GetRequiredService<ClusterNode>().System),
            settings.DeadLetters, provider.GetRequiredService<IStore>().Parking, DeskLease(provider, settings)))
        .AddSingleton<AuditTrail>()
        .AddSingleton<ApiServices>();

    private static WorkLease DeskLease(IServiceProvider provider, HostSettings settings) => new(
        provider.GetRequiredService<IStore>().Nodes, provider.GetRequiredService<NodeInfo>().Id, "dead-letter desk", settings.Engine.Cluster.TimeToLive,
        provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<WorkLease>>());

    /// <summary>Runs a composed node until it is told to stop, and disposes of it.</summary>
    /// <exception cref="StartException">It cannot start, or ended without having been told to.</exception>
    internal static async Task RunAsync(IHost host, CancellationToken stop)
    {
        await using var disposing = (IAsyncDisposable)host;
        NodeService node = host.Services.GetRequiredService<NodeService>();
        IHostApplicationLifetime lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        try
        {
            await host.StartAsync(stop);
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using (stop.UnsafeRegister(_ => ended.TrySetResult(), state: null))
            await using (lifetime.ApplicationStopping.UnsafeRegister(_ => ended.TrySetResult(), state: null))
            {
                await Task.WhenAny(ended.Task, node.ExecuteTask!);
            }

            // HTTP is the last to go: until then it says that the node is stopping.
            await node.StopAsync(CancellationToken.None);
            using var patience = new CancellationTokenSource(CloseTimeout);
            await host.StopAsync(patience.Token);
            if (node.ExecuteTask!.IsFaulted || stop.IsCancellationRequested)
            {
                await node.ExecuteTask;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // A node that is serving ends without an exception: this one was looking whether it can.
            HostLog.StoppedAtStart(host.Services.GetRequiredService<ILogger<NodeService>>());
        }
        catch (OperationCanceledException) when (node.ExecuteTask is { IsFaulted: true })
        {
            // What failed before the host had started cancels its start.
            await node.ExecuteTask;
        }

        if (!stop.IsCancellationRequested)
        {
            throw new StartException("The node ended without having been told to, which only a fault can make it: the log says why.");
        }
    }

    /// <summary>The command line takes the signals, for all commands alike, and passes them on as a token.</summary>
    private sealed class CommandLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>Log messages 8100 to 8199.</summary>
internal static partial class HostLog
{
    [LoggerMessage(8100, LogLevel.Warning,
        "A server does not answer, and is not waited for any longer: the next start recovers from the journal what was not flushed and checkpointed")]
    public static partial void LeftAtLimit(ILogger logger);

    [LoggerMessage(8101, LogLevel.Information, "Stopped before it had started")]
    public static partial void StoppedAtStart(ILogger logger);

    [LoggerMessage(8102, LogLevel.Warning, "{Place}: {Problem}")]
    public static partial void UnknownAkkaKey(ILogger logger, string place, string problem);

    [LoggerMessage(8103, LogLevel.Warning, "{Warning}")]
    public static partial void ClusterWarning(ILogger logger, string warning);

    [LoggerMessage(8104, LogLevel.Warning, "{Warning}")]
    public static partial void StoreWarning(ILogger logger, string warning);
}

/// <summary>Bounds a stop as a whole. An orderly stop bounds its own steps, but closing what a server holds may wait for one that neither answers nor
/// refuses, and a process that is told to stop must end.</summary>
internal static class StopLimit
{
    /// <summary>Runs work until it ends, or is left to itself when a limit has passed since it was told to stop.</summary>
    /// <returns>Whether it ended by itself.</returns>
    public static async Task<bool> RunAsync(Func<CancellationToken, Task> work, TimeSpan limit, TimeProvider time, CancellationToken stop)
    {
        // Apart from this call, so that work which blocks cannot hold up the limit either.
        Task running = Task.Run(() => work(stop), CancellationToken.None);
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = stop.Register(stopping.SetResult);
        if (await Task.WhenAny(running, stopping.Task) != running && await Task.WhenAny(running, Task.Delay(limit, time, CancellationToken.None)) != running)
        {
            return false;
        }

        await running;
        return true;
    }
}
