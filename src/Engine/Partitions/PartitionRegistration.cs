using System.Globalization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using Akka.Pattern;
using Akka.Persistence.Query;
using Akka.Streams;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Partitions;

/// <summary>Names the ShardRegion of Partitions in the actor registry.</summary>
public sealed class PartitionRegion
{
    /// <summary>The region's name.</summary>
    public const string TypeName = "partition";
}

/// <summary>Registers the Partitions of a node, and what they write through.</summary>
public static class PartitionRegistration
{
    internal static readonly TimeSpan ShortestRestartWait = TimeSpan.FromSeconds(1);

    /// <summary>How often a Partition whose write failed looks whether the node is a member still.</summary>
    internal static readonly TimeSpan MembershipPollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Starts the ShardRegion and its group writers; each Partition may take that long to stop.</summary>
    /// <remarks>Before the node joins: the coordinator waits for what most members' regions answer, the one that has just joined included.</remarks>
    public static AkkaConfigurationBuilder AddPartitions(this AkkaConfigurationBuilder builder, PartitionServices services, TimeSpan stopLimit) =>
        builder.StartActors(async (system, registry, _) =>
        {
            // As Akka.Cluster.Hosting does, which lets nobody say who places them. The other settings are those of akka.conf.
            var cluster = Cluster.Get(system);
            PartitionContext context = ContextOf(system, services) with { HasOtherNodes = cluster.HasOtherNodes };
            registry.Register<PartitionRegion>(await system.StartRegionAsync(
                entity => SupervisorProps(int.Parse(entity, CultureInfo.InvariantCulture), context), new PartitionExtractor(), new StopPartition(stopLimit)));
        });

    /// <summary>Starts the ShardRegion itself.</summary>
    internal static Task<IActorRef> StartRegionAsync(
        this ActorSystem system, Func<string, Props> propsOf, IMessageExtractor extractor, StopPartition handOffStopMessage)
    {
        ClusterSharding sharding = ClusterSharding.Get(system);
        var settings = ClusterShardingSettings.Create(system);
        var placement = new PartitionPlacement(sharding.DefaultShardAllocationStrategy(settings), settings.TuningParameters.RebalanceInterval / 2);
        return sharding.StartAsync(PartitionRegion.TypeName, propsOf, settings, extractor, placement, handOffStopMessage);
    }

    /// <summary>Keeps every Partition running, once the node has joined.</summary>
    public static void StartPartitionKeeper(this ActorSystem system, PartitionServices services)
    {
        IActorRef region = ActorRegistry.For(system).Get<PartitionRegion>();
        var cluster = Cluster.Get(system);
        IEnumerable<ICanTell> OtherKeepers() =>
            cluster.OtherNodes().Select(address => system.ActorSelection(new RootActorPath(address) / "user" / PartitionKeeper.Name));
        IActorRef keeper = system.ActorOf(PartitionKeeper.Props(region, services, OtherKeepers), PartitionKeeper.Name);

        // A region that leaves ends when no shard is left and no message waits for one; one that comes for a shard which was
        // handed off has it wait until it is given up.
        CoordinatedShutdown shutdown = CoordinatedShutdown.Get(system);
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "partitions-are-kept-no-longer", async () =>
        {
            await keeper.Ask<PartitionKeeper.KeepsNothing>(PartitionKeeper.KeepNothing.Instance, shutdown.Timeout(CoordinatedShutdown.PhaseServiceStop));
            return Akka.Done.Instance;
        });
    }

    /// <summary>A Partition under its supervisor: one that stopped, since a write failed or what it needs could not be read, is started again with growing
    /// waits; one that was told to stop, or resigned, is not.</summary>
    internal static Props SupervisorProps(int partition, PartitionContext context)
    {
        Props props = PartitionActor.Props(partition, context);
        return BackoffSupervisor.Props(
            Akka.Pattern.Backoff.OnStop(props, "partition", ShortestRestartWait, context.RestartLimit, context.RestartRandomFactor, maxNrOfRetries: -1)
                .WithManualReset()
                .WithFinalStopMessage(message => message is StopPartition));
    }

    internal static PartitionContext ContextOf(ActorSystem system, PartitionServices services, ICurrentEventsByPersistenceIdQuery? journal = null)
    {
        var reader = new JournalReader(journal ?? JournalSystem.ReadJournalOf(system), system.Materializer());
        IActorRef rows = system.ActorOf(
            GroupWriterActor<FlushRow>.Props(
                PartitionActor.StatisticsWriterName, services, services.Metrics.FlushSeconds, (rows, token) => FlushAsync(services.Statistics, rows, token)),
            "statistics-writer");
        IActorRef snapshots = system.ActorOf(
            GroupWriterActor<SnapshotWrite>.Props(
                PartitionActor.SnapshotWriterName, services, services.Metrics.SnapshotSeconds,
                (writes, token) => services.Snapshots.SaveAsync(writes, token).AsTask()),
            "snapshot-writer");
        return new PartitionContext(services, reader, rows, snapshots);
    }

    private static async Task<IReadOnlyList<int>> FlushAsync(IStatisticsStore statistics, IReadOnlyList<FlushRow> rows, CancellationToken cancellationToken)
    {
        var stale = new List<int>();
        foreach (IGrouping<(byte, Breakdown?, bool Correct), FlushRow> group in rows.GroupBy(row => (row.Page.Id, row.Row.Part?.Breakdown, row.Correct)))
        {
            stale.AddRange(await statistics.FlushAsync(group.First().Table, [.. group.Select(row => row.Row)], group.Key.Correct, cancellationToken));
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
