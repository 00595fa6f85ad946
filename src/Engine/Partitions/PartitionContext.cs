using Akka.Actor;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Watching;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Partitions;

/// <summary>What all Partitions of a node share.</summary>
internal sealed record PartitionContext
{
    /// <summary>The node's name, for those who read the journal.</summary>
    public required string Node { get; init; }

    /// <summary>The compiled catalog.</summary>
    public required CountingPlan Plan { get; init; }

    /// <summary>Bounds and intervals.</summary>
    public required PartitionSettings Settings { get; init; }

    /// <summary>Reads the journal.</summary>
    public required JournalReader Journal { get; init; }

    /// <summary>Epochs, checkpoints and baselines.</summary>
    public required IPartitionStore Positions { get; init; }

    /// <summary>Deletes of the journal what a baseline stands for.</summary>
    public required IJournalTrimmer Trimmer { get; init; }

    /// <summary>Stored states of Counters and seen identities.</summary>
    public required ISnapshotStore Snapshots { get; init; }

    /// <summary>The statistics tables.</summary>
    public required IStatisticsStore Statistics { get; init; }

    /// <summary>The <see cref="GroupWriterActor{T}"/> of rows.</summary>
    public required IActorRef StatisticsWriter { get; init; }

    /// <summary>The <see cref="GroupWriterActor{T}"/> of snapshots.</summary>
    public required IActorRef SnapshotWriter { get; init; }

    /// <summary>Told what each Partition says of itself.</summary>
    public required PartitionRegistry Registry { get; init; }

    /// <summary>The memory that Counters, slices and seen identities share.</summary>
    public required MemoryBudget Budget { get; init; }

    /// <summary>Told what happens.</summary>
    public required EngineMetrics Metrics { get; init; }

    /// <summary>Shown what is persisted.</summary>
    public required PersistedBlocks Persisted { get; init; }

    /// <summary>Whether a failed write says that its SequenceNr was taken, by another owner.</summary>
    public required Func<Exception, bool> IsConflict { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Told of what goes wrong.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>How much the waits before a Partition is started again are varied at random, 0 to 1; 0 in a simulation.</summary>
    public double RestartRandomFactor { get; init; } = 0.2;

    /// <summary>The waits between tries of a store call that fails.</summary>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));

    /// <summary>The longest wait before a Partition that ended is started again, 1 s or longer.</summary>
    public TimeSpan RestartLimit { get; init; } = TimeSpan.FromSeconds(15);
}
