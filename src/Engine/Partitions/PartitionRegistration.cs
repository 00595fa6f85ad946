using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using Akka.Persistence.Query;
using Akka.Streams;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Watching;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Partitions;

/// <summary>What the Partitions of a node work with, made by whoever hosts it.</summary>
public sealed record PartitionServices
{
    /// <summary>The node's name, for those who read the journal.</summary>
    public required string Node { get; init; }

    /// <summary>The compiled catalog.</summary>
    public required CountingPlan Plan { get; init; }

    /// <summary>Bounds and intervals.</summary>
    public required PartitionSettings Settings { get; init; }

    /// <summary>Epochs, checkpoints and baselines.</summary>
    public required IPartitionStore Positions { get; init; }

    /// <summary>Deletes of the journal what a baseline stands for.</summary>
    public required IJournalTrimmer Trimmer { get; init; }

    /// <summary>Stored states of Counters and seen identities.</summary>
    public required ISnapshotStore Snapshots { get; init; }

    /// <summary>The statistics tables.</summary>
    public required IStatisticsStore Statistics { get; init; }

    /// <summary>Whether a failed write of the journal says that its SequenceNr was taken, by another owner.</summary>
    public required Func<Exception, bool> IsConflict { get; init; }

    /// <summary>Told what each Partition says of itself.</summary>
    public required PartitionRegistry Registry { get; init; }

    /// <summary>The memory that all Partitions share.</summary>
    public required MemoryBudget Budget { get; init; }

    /// <summary>Told what happens.</summary>
    public required EngineMetrics Metrics { get; init; }

    /// <summary>Shown what is persisted.</summary>
    public required PersistedBlocks Persisted { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Told of what goes wrong.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>The waits between tries of a store call that fails.</summary>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));

    /// <summary>The longest wait before a Partition that ended is started again, 1 s or longer; it doubles from 1 s.</summary>
    public TimeSpan RestartLimit { get; init; } = TimeSpan.FromSeconds(15);
}

/// <summary>Names the ShardRegion of Partitions in the actor registry.</summary>
public sealed class PartitionRegion
{
    /// <summary>The region's name.</summary>
    public const string TypeName = "partition";
}

/// <summary>Registers the Partitions of a node, and what they write through.</summary>
public static class PartitionRegistration
{
    private static readonly TimeSpan ShortestRestartWait = TimeSpan.FromSeconds(1);

    /// <summary>Starts the ShardRegion, its group writers, and keeps every Partition running.</summary>
    /// <param name="builder">The actor system that is being built.</param>
    /// <param name="services">What the Partitions work with.</param>
    /// <param name="stopLimit">How long a Partition may take to stop.</param>
    public static AkkaConfigurationBuilder AddPartitions(this AkkaConfigurationBuilder builder, PartitionServices services, TimeSpan stopLimit) => builder
        .WithShardRegion<PartitionRegion>(
            PartitionRegion.TypeName,
            (system, _, _) =>
            {
                PartitionContext context = ContextOf(system, services);
                return entity => SupervisorProps(int.Parse(entity, System.Globalization.CultureInfo.InvariantCulture), context);
            },
            new PartitionExtractor(),
            new ShardOptions
            {
                StateStoreMode = StateStoreMode.DData,
                RememberEntities = false,
                HandOffStopMessage = new StopPartition(stopLimit),
                ShouldPassivateIdleEntities = false,
            })
        .WithActors((system, registry) =>
        {
            IActorRef keeper = system.ActorOf(PartitionKeeper.Props(registry.Get<PartitionRegion>(), services.Settings), "partition-keeper");
            registry.Register<PartitionKeeper>(keeper);

            // A region that leaves ends when no shard is left and no message waits for one; one that comes for a shard which was
            // handed off has it wait until it is given up.
            CoordinatedShutdown shutdown = CoordinatedShutdown.Get(system);
            shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "partitions-are-kept-no-longer", async () =>
            {
                await keeper.GracefulStop(shutdown.Timeout(CoordinatedShutdown.PhaseServiceStop));
                return Akka.Done.Instance;
            });
        });

    /// <summary>
    /// A Partition under its supervisor: one that stopped, since a write failed or what it needs could not be read, is started
    /// again with growing waits; one that was told to stop, or resigned, is not.
    /// </summary>
    internal static Props SupervisorProps(int partition, PartitionContext context) => Akka.Pattern.BackoffSupervisor.Props(
        Akka.Pattern.Backoff.OnStop(PartitionActor.Props(partition, context), "partition", ShortestRestartWait, context.RestartLimit, randomFactor: context.RestartRandomFactor, maxNrOfRetries: -1)
            .WithManualReset()
            .WithFinalStopMessage(message => message is StopPartition));

    internal static PartitionContext ContextOf(ActorSystem system, PartitionServices services) =>
        ContextOf(system, services, JournalSystem.ReadJournalOf(system));

    internal static PartitionContext ContextOf(ActorSystem system, PartitionServices services, ICurrentEventsByPersistenceIdQuery journal) => new()
    {
        Node = services.Node,
        Plan = services.Plan,
        Settings = services.Settings,
        Journal = new JournalReader(journal, system.Materializer()),
        Positions = services.Positions,
        Trimmer = services.Trimmer,
        Snapshots = services.Snapshots,
        Statistics = services.Statistics,
        StatisticsWriter = system.ActorOf(
            GroupWriterActor<FlushRow>.Props(
                WriterSettings<FlushRow>(services, PartitionActor.StatisticsWriterName, services.Metrics.FlushSeconds, (rows, token) => FlushAsync(services.Statistics, rows, token)),
                services.Logger),
            "statistics-writer"),
        SnapshotWriter = system.ActorOf(
            GroupWriterActor<SnapshotWrite>.Props(
                WriterSettings<SnapshotWrite>(services, PartitionActor.SnapshotWriterName, services.Metrics.SnapshotSeconds, (writes, token) => services.Snapshots.SaveAsync(writes, token).AsTask()),
                services.Logger),
            "snapshot-writer"),
        Registry = services.Registry,
        Budget = services.Budget,
        Metrics = services.Metrics,
        Persisted = services.Persisted,
        IsConflict = services.IsConflict,
        Time = services.Time,
        Logger = services.Logger,
        Backoff = services.Backoff,
        RestartLimit = services.RestartLimit,
    };

    private static GroupWriterSettings<T> WriterSettings<T>(
        PartitionServices services,
        string name,
        System.Diagnostics.Metrics.Histogram<double> seconds,
        Func<IReadOnlyList<T>, CancellationToken, Task<IReadOnlyList<int>>> write) => new()
        {
            Name = name,
            Write = write,
            Backoff = services.Backoff,
            Time = services.Time,
            Observe = (took, _) => seconds.Record(took.TotalSeconds),
            Failing = error => services.Registry.ReportWriter(name, error),
        };

    private static async Task<IReadOnlyList<int>> FlushAsync(IStatisticsStore statistics, IReadOnlyList<FlushRow> rows, CancellationToken cancellationToken)
    {
        var stale = new List<int>();
        foreach (IGrouping<(Contract.Page Page, bool Correct), FlushRow> group in rows.GroupBy(row => (row.Page, row.Correct)))
        {
            stale.AddRange(await statistics.FlushAsync(group.Key.Page, [.. group.Select(row => row.Row)], group.Key.Correct, cancellationToken));
        }

        return stale;
    }

    /// <summary>EntityId and ShardId are the Partition's number.</summary>
    private sealed class PartitionExtractor : IMessageExtractor
    {
        public string? EntityId(object message) => message is IPartitionMessage partition ? JournalReader.PersistenceIdOf(partition.Partition) : null;

        public object? EntityMessage(object message) => message;

        public string? ShardId(object message) => EntityId(message);

        public string ShardId(string entityId, object? messageHint = null) => entityId;
    }
}

/// <summary>
/// Has every Partition run somewhere though no event comes for it: sends each a <see cref="KeepRunning"/> at the start and
/// every few seconds, so that one whose node went starts elsewhere.
/// </summary>
internal sealed class PartitionKeeper : UntypedActor, IWithTimers
{
    private readonly IActorRef _region;
    private readonly PartitionSettings _settings;

    public PartitionKeeper(IActorRef region, PartitionSettings settings)
    {
        _region = region;
        _settings = settings;
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IActorRef region, PartitionSettings settings) => Akka.Actor.Props.Create(() => new PartitionKeeper(region, settings));

    protected override void PreStart() => Timers.StartPeriodicTimer(Wake.Instance, Wake.Instance, TimeSpan.Zero, _settings.KeepRunningInterval);

    protected override void OnReceive(object message)
    {
        if (message is not Wake)
        {
            Unhandled(message);
            return;
        }

        for (int partition = 0; partition < _settings.Partitions; partition++)
        {
            _region.Tell(new KeepRunning(partition), ActorRefs.NoSender);
        }
    }

    private sealed record Wake : INoSerializationVerificationNeeded
    {
        public static Wake Instance { get; } = new();
    }
}
