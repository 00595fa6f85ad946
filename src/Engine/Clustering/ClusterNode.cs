using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Hosting.Logging;
using Akka.Persistence.Hosting;
using Akka.Streams;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Watching;
using DataLoad.Streams.Amqp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Clustering;

/// <summary>One node: makes sure of what a start needs, runs an actor system with Partitions and intake, and stops it in order. Thread-safe.</summary>
/// <remarks>Where the cluster removed it, or its actor system ended, it runs anew in the same process.</remarks>
public sealed class ClusterNode
{
    /// <summary>The actor system's name.</summary>
    public const string SystemName = "dataload";

    private const string Live = "live";
    private const string Ready = "ready";

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly EngineSettings _settings;
    private readonly NodeServices _services;
    private readonly ILogger _logger;
    private readonly NodeStart _start;
    private volatile Life? _life;
    private volatile ActorSystem? _system;
    private volatile bool _isStopping;

    /// <summary>Makes a node; <see cref="RunAsync"/> runs it.</summary>
    /// <exception cref="TimeZoneNotFoundException">The machine does not know the zone.</exception>
    /// <exception cref="FormatException">The broker's URL is none.</exception>
    public ClusterNode(EngineSettings settings, NodeServices services)
    {
        _settings = settings;
        _services = services;
        _logger = services.Loggers.CreateLogger<ClusterNode>();
        Zone = TimeZoneInfo.FindSystemTimeZoneById(settings.TimeZone);
        Budget = new MemoryBudget(settings.Partitions.MemoryBudgetBytes);
        _start = new NodeStart(settings, services);
        Events = new ClusterEvents(services.Time);
        Registry.Moved = Events.Show;
    }

    /// <summary>The zone that days are counted in.</summary>
    public TimeZoneInfo Zone { get; }

    /// <summary>The memory that the Partitions share.</summary>
    public MemoryBudget Budget { get; }

    /// <summary>Shows what is persisted to whoever watches.</summary>
    public Broadcast<PersistedBlock> Persisted { get; } = new();

    /// <summary>What the Partitions say of themselves.</summary>
    public PartitionRegistry Registry { get; } = new();

    /// <summary>Shows what happens in the cluster to whoever watches.</summary>
    public ClusterEvents Events { get; }

    /// <summary>The cluster as this node sees it, while its actor system runs, or null.</summary>
    public ClusterView? Cluster => _system is { } system ? ClusterView.Of(system, Events) : null;

    /// <summary>What a start waits for, in a sentence, or null.</summary>
    public string? WaitingFor => _start.WaitingFor;

    /// <summary>Whether all Partitions serve, here or on other nodes, and events are taken in.</summary>
    public bool IsServing => !_isStopping && _life is { Intake: not null } && ArePartitionsServing;

    /// <summary>Asks the Partitions, wherever they are, while the node is a member, or null.</summary>
    public PartitionClient? Partitions => _life?.Client;

    /// <summary>Reads the journal, while the node runs, or null.</summary>
    public JournalReader? Journal => _life?.Journal;

    /// <summary>The intake while events are taken in, or null.</summary>
    public StreamIntake? Intake => _life?.Intake;

    /// <summary>Whether Akka's own health check says that the actor system is alive; so is a node that waits for the store.</summary>
    public async Task<bool> IsAliveAsync(CancellationToken cancellationToken) =>
        _life is not { } life || (await life.CheckAsync(Live, cancellationToken)).Status != HealthStatus.Unhealthy;

    /// <summary>What Akka.Persistence says of the journal, by the name of the check; empty while the actor system does not run.</summary>
    public async Task<IReadOnlyDictionary<string, HealthReportEntry>> CheckJournalAsync(CancellationToken cancellationToken) =>
        _life is { } life ? (await life.CheckAsync(Ready, cancellationToken)).Entries : ImmutableDictionary<string, HealthReportEntry>.Empty;

    /// <summary>The actor system, while it runs, also while it joins the cluster, or null.</summary>
    public ActorSystem? System => _system;

    /// <summary>How many deliveries are parked; null while no events are taken in.</summary>
    public long? Parked => _life?.Intake?.Parking.Count;

    // One that moves is between two owners for a moment, which is no reason to send nobody here.
    private bool ArePartitionsServing => Registry.GivenUp is var moving && Enumerable.Range(0, _settings.Partitions.Partitions)
        .All(partition => Registry.Serves(partition) || moving.Any(status => status.Partition == partition));

    /// <summary>Pauses or resumes a stream: notes it in the store, so that it outlives this node, and does it.</summary>
    public async Task SetPausedAsync(string stream, bool paused, CancellationToken cancellationToken)
    {
        await _services.Store.PausedStreams.SetAsync(stream, paused, cancellationToken);
        _ = paused ? Intake?.Pause(stream) : Intake?.Resume(stream);
    }

    /// <summary>Runs until the token ends, and then stops in order: intake, drain, flush, checkpoint.</summary>
    /// <remarks>An actor system that ends by itself or by a fault is made anew, with growing waits.</remarks>
    /// <exception cref="StoreException">The store cannot be used as it is.</exception>
    /// <exception cref="Exception">The first actor system could not be made, which trying again does not help; or it could not be stopped in order.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        Backoff backoff = _settings.Intake.Backoff;
        bool hasLived = false;
        int failures = 0;
        while (!stop.IsCancellationRequested)
        {
            long? startedAt = null;
            Exception? fault = null;
            try
            {
                await _start.PrepareAsync(stop);
                startedAt = _services.Time.GetTimestamp();
                await LiveAsync(
                    withIntake: true,
                    life =>
                    {
                        hasLived = true;
                        return WaitForEndAsync(life, stop);
                    },
                    stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                ClusterLog.StoppedEarly(_logger);
            }
            catch (Exception e) when (hasLived && startedAt is not null && !stop.IsCancellationRequested)
            {
                fault = e;
            }

            _start.WaitingFor = "the node is stopped";
            if (!stop.IsCancellationRequested)
            {
                failures = _services.Time.GetElapsedTime(startedAt!.Value) > backoff.Limit ? 1 : failures + 1;
                TimeSpan wait = backoff.After(failures);
                _start.WaitingFor = $"the actor system ended, and is made anew in {wait.TotalSeconds:0.0##} s";
                ClusterLog.Anew(_logger, fault, failures, wait);
                await Task.WhenAny(Task.Delay(wait, _services.Time, stop));
            }
        }
    }

    /// <summary>Owns the Partitions, without taking in events, and runs a piece of work on them.</summary>
    /// <exception cref="StoreException">Another node runs over the store, or it cannot be used as it is.</exception>
    public async Task RunOfflineAsync(Func<PartitionClient, Task> work, CancellationToken cancellationToken)
    {
        await _start.PrepareOnceAsync(cancellationToken);
        bool hasRun = false;
        await LiveAsync(
            withIntake: false,
            async life =>
            {
                while (!ArePartitionsServing)
                {
                    Registry.ThrowIfDamaged();
                    await Task.Delay(PollInterval, cancellationToken);
                }

                await work(life.Client);
                hasRun = true;
            },
            cancellationToken);
        if (!hasRun)
        {
            throw new StoreException($"Another node took {_services.Store.Name} over meanwhile: ask that one, by running the command again.");
        }
    }

    /// <summary>One life of an actor system: from its start to its coordinated shutdown.</summary>
    private async Task LiveAsync(bool withIntake, Func<Life, Task> run, CancellationToken cancellationToken)
    {
        await using AmqpConnections? connections = withIntake ? new AmqpConnections(_settings.Amqp.ToConnectionSettings(), _services.Time) : null;
        await using var membership = new ClusterMembership(_settings, _services, _start);
        StreamIntake? intake = connections is null ? null : MakeIntake(connections);
        PartitionServices partitions = PartitionServicesOf(membership);
        using IHost host = BuildHost(partitions, membership);
        _isStopping = false;
        bool hasStarted = false;
        try
        {
            await host.StartAsync(cancellationToken);
            hasStarted = true;
            ActorSystem system = _system = host.Services.GetRequiredService<ActorSystem>();
            if (!await membership.JoinAsync(system, isAlone: intake is null, cancellationToken))
            {
                ClusterLog.Lost(_logger);
                return;
            }

            system.StartPartitionKeeper(partitions);
            if (intake is not null)
            {
                await PauseAsync(intake, cancellationToken);
                system.StartIntake(intake, await ActorRegistry.For(system).GetAsync<PartitionRegion>(cancellationToken));
            }

            Life life = _life = LifeOf(host.Services, intake);
            await await Task.WhenAny(run(life), LostAsync(membership.Lost));
        }
        finally
        {
            _isStopping = true;
            ClusterLog.Stopping(_logger);
            try
            {
                await host.StopAsync(CancellationToken.None);
            }
            catch (Exception e) when (!hasStarted)
            {
                // Why it could not start is what matters.
                ClusterLog.NotStopped(_logger, e.Message);
            }
            finally
            {
                (_life, _system) = (null, null);
                SayHowItStopped(intake?.LeftUnacknowledged ?? 0);
            }
        }
    }

    /// <summary>What an operator paused is paused from the first moment on.</summary>
    private async Task PauseAsync(StreamIntake intake, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> paused = [];
        await _start.RetryAsync(async token => paused = await _services.Store.PausedStreams.ListAsync(token), cancellationToken);
        foreach (string stream in paused)
        {
            intake.Pause(stream);
        }
    }

    private Life LifeOf(IServiceProvider services, StreamIntake? intake)
    {
        ActorSystem system = services.GetRequiredService<ActorSystem>();
        return new Life(
            new PartitionClient(services.GetRequiredService<IRequiredActor<PartitionRegion>>().ActorRef, _settings.Partitions),
            intake,
            new JournalReader(JournalSystem.ReadJournalOf(system), system.Materializer()),
            services.GetRequiredService<HealthCheckService>(),
            system);
    }

    private void SayHowItStopped(long unacknowledged)
    {
        PartitionStatus[] partitions = [.. Registry.Partitions, .. Registry.GivenUp];
        Registry.Clear();
        if (unacknowledged > 0)
        {
            ClusterLog.StoppedUnacknowledged(_logger, unacknowledged);
        }

        if (partitions.Any(partition => partition.EventsSinceCheckpoint > 0 || partition.Unflushed > 0))
        {
            ClusterLog.StoppedInPart(_logger);
        }
        else if (unacknowledged == 0)
        {
            ClusterLog.Stopped(_logger);
        }
    }

    private async Task LostAsync(Task lost)
    {
        await lost;
        ClusterLog.Lost(_logger);
    }

    private static async Task WaitForEndAsync(Life life, CancellationToken stop)
    {
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = stop.Register(() => stopping.TrySetResult());
        await Task.WhenAny(stopping.Task, life.System.WhenTerminated);
    }

    private StreamIntake MakeIntake(AmqpConnections connections)
    {
        var intake = new StreamIntake(new IntakeSetup
        {
            Options = new IntakeOptions
            {
                Settings = _settings.Intake,
                Catalog = _services.Catalog,
                Partitions = _settings.Partitions.Partitions,
                Zone = Zone,
                Lookup = _services.Lookup,
                QueriesOf = stream => [.. stream.Lookups.Select(step => QueryOf(stream, step))],
                Metrics = _services.Metrics,
                Time = _services.Time,
                Logger = _services.Loggers.CreateLogger<StreamIntake>(),
            },
            Connections = connections,
            SettingsOf = _settings.Amqp.Of,
            Parking = _services.Store.Parking,
            PausedStreams = _services.Store.PausedStreams,
            CheckInterval = _settings.Amqp.LagInterval,
            ConfirmWindow = _settings.Amqp.ConfirmWindow,
        });
        return intake;
    }

    private string QueryOf(StreamDefinition stream, LookupStep step) =>
        _settings.Amqp.Of(stream).Queries.TryGetValue(step.Name, out string? query) ? query : DefaultQueries.Of(step);

    private IHost BuildHost(PartitionServices partitions, ClusterMembership membership)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton(_services.Loggers);
        builder.Services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = _settings.StopTimeout);
        builder.Services.AddHealthChecks();
        builder.Services.AddAkka(SystemName, akka =>
        {
            akka
                .AddHocon(ConfigOf(), HoconAddMode.Replace)
                .AddSetup(new LoggerFactorySetup(_services.Loggers))
                .AddSetup(new StoreLeaseSetup(_services.Store.Nodes, _services.Info.Id, _services.Time))
                .AddSetup(membership.Protocol)
                .AddTls(ClusterTls.Load(_settings.Cluster, _services.Time))
                .ConfigureLoggers(loggers => loggers.ClearLoggers().AddLogger<ForwardingLogger>())
                .WithActorSystemLivenessCheck(tags: [Live])
                .WithClustering()
                .AddPartitions(partitions, _settings.StopTimeout / 2)
                .WithActors((system, _) => system.ActorOf(MembershipProps(membership), MembershipActor.Name))
                .WithActors((system, _) => system.ActorOf(ClusterEventsActor.Props(Events), "cluster-events"));
#pragma warning disable CS0618 // The other overload takes options, which would write over what akka.conf says of the journal.
            akka.WithJournal("sql", journal => journal.WithHealthCheck(HealthStatus.Unhealthy, "journal", [Ready]));
#pragma warning restore CS0618
        });
        return builder.Build();
    }

    private Props MembershipProps(ClusterMembership membership) => MembershipActor.Props(
        _services.Store.Nodes, membership, _settings.Cluster, _settings.Intake.Backoff, _services.Loggers.CreateLogger<ClusterNode>());

    private Config ConfigOf()
    {
        JournalConnection journal = _services.Store.JournalConnection;
        return JournalConfig.For(journal.ProviderName, journal.ConnectionString).WithFallback(_services.Akka).WithFallback(JournalConfig.Defaults);
    }

    private PartitionServices PartitionServicesOf(ClusterMembership membership) => new()
    {
        Node = _services.Info.Id,
        Plan = new CountingPlan(_services.Catalog),
        Declarations = _services.Store.Declarations,
        Settings = _settings.Partitions,
        Positions = _services.Store.Partitions,
        Trimmer = _services.Store.JournalTrimmer,
        Snapshots = _services.Store.Snapshots,
        Statistics = _services.Store.Statistics,
        IsMemberSince = membership.IsConfirmedSince,
        IsConflict = _services.Store.IsConflict,
        IsOfRow = _services.Store.IsOfRow,
        Registry = Registry,
        Budget = Budget,
        Metrics = _services.Metrics,
        Persisted = Persisted,
        Time = _services.Time,
        Logger = _services.Loggers.CreateLogger<PartitionRegion>(),
        Backoff = _settings.Intake.Backoff,
        RestartLimit = TimeSpan.FromSeconds(Math.Max(1, _settings.Intake.Backoff.Limit.TotalSeconds)),
    };

    /// <summary>Signals are the program's, not one life's.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed record Life(PartitionClient Client, StreamIntake? Intake, JournalReader Journal, HealthCheckService Health, ActorSystem System)
    {
        public Task<HealthReport> CheckAsync(string tag, CancellationToken cancellationToken) =>
            Health.CheckHealthAsync(check => check.Tags.Contains(tag), cancellationToken);
    }
}
