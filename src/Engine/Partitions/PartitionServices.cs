using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Watching;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Partitions;

/// <summary>What the Partitions of a node work with, made by whoever hosts it.</summary>
public record PartitionServices
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

/// <summary>What all Partitions of a node share: its services, and what was made of them for the actor system.</summary>
internal sealed record PartitionContext : PartitionServices
{
    [SetsRequiredMembers]
    public PartitionContext(PartitionServices services, JournalReader journal, IActorRef statisticsWriter, IActorRef snapshotWriter)
        : base(services) => (Journal, StatisticsWriter, SnapshotWriter) = (journal, statisticsWriter, snapshotWriter);

    /// <summary>Reads the journal.</summary>
    public JournalReader Journal { get; init; }

    /// <summary>The <see cref="GroupWriterActor{T}"/> of rows.</summary>
    public IActorRef StatisticsWriter { get; }

    /// <summary>The <see cref="GroupWriterActor{T}"/> of snapshots.</summary>
    public IActorRef SnapshotWriter { get; }

    /// <summary>How much the waits before a Partition is started again are varied at random, 0 to 1; 0 in a simulation.</summary>
    public double RestartRandomFactor { get; init; } = 0.2;
}
