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

    /// <summary>What the nodes over the store agree to count.</summary>
    public required IDeclarationStore Declarations { get; init; }

    /// <summary>Whether it is known, from after a moment of the clock's timestamps, that the node belongs to the cluster over the store.</summary>
    public Func<long, bool> IsMemberSince { get; init; } = _ => true;

    /// <summary>Whether a failed write of the journal says that its SequenceNr was taken, by another owner.</summary>
    public required Func<Exception, bool> IsConflict { get; init; }

    /// <summary>Whether a failed write of rows may be that of a few of them, while the others could be written.</summary>
    public Func<Exception, bool> IsOfRow { get; init; } = _ => false;

    /// <summary>Told what each Partition says of itself.</summary>
    public required PartitionRegistry Registry { get; init; }

    /// <summary>The memory that all Partitions share.</summary>
    public required MemoryBudget Budget { get; init; }

    /// <summary>Told what happens.</summary>
    public required EngineMetrics Metrics { get; init; }

    /// <summary>Shown what is persisted.</summary>
    public required Broadcast<PersistedBlock> Persisted { get; init; }

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
        : base(services)
    {
        (Journal, StatisticsWriter, SnapshotWriter) = (journal, statisticsWriter, snapshotWriter);
        BackfillSwitch = new BackfillSwitch(Declarations, Time, Settings.BackfillCheckInterval);
        Pace = new BlockPace(Settings.BlockInterval, Settings.LongestBlockInterval);
    }

    /// <summary>Reads the journal.</summary>
    public JournalReader Journal { get; init; }

    /// <summary>The <see cref="GroupWriterActor{T}"/> of rows.</summary>
    public IActorRef StatisticsWriter { get; }

    /// <summary>The <see cref="GroupWriterActor{T}"/> of snapshots.</summary>
    public IActorRef SnapshotWriter { get; }

    /// <summary>How far apart the node's Partitions begin their blocks.</summary>
    public BlockPace Pace { get; }

    /// <summary>Lets one Partition of the node at a time read its past.</summary>
    public SemaphoreSlim FillGate { get; } = new(1);

    /// <summary>Whether the past is to be computed.</summary>
    public BackfillSwitch BackfillSwitch { get; }

    /// <summary>Whether other nodes can take a Partition that stops here.</summary>
    public Func<bool> HasOtherNodes { get; init; } = () => false;

    /// <summary>How much the waits before a Partition is started again are varied at random, 0 to 1; 0 in a simulation.</summary>
    public double RestartRandomFactor { get; init; } = 0.2;
}

/// <summary>The bounds and intervals of Partitions.</summary>
public sealed record PartitionSettings
{
    /// <summary>How many Partitions there are, 1 to 1024; fixed at the first start. Few suit SQLite, whose journal writes one block at a time.</summary>
    public int Partitions { get; init; } = 4;

    /// <summary>The size in bytes at which a journal block takes no further batch.</summary>
    public int MaxBlockBytes { get; init; } = 256 * 1024;

    /// <summary>The time at whose multiples all Partitions of a node begin their blocks where events come fast, so that many share a block, blocks share a
    /// write, and Counters are sent little; otherwise what comes is persisted at once. Zero is none.</summary>
    public TimeSpan BlockInterval { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>What <see cref="BlockInterval"/> is doubled up to, once or more often, while writes to the journal take long.</summary>
    public TimeSpan LongestBlockInterval { get; init; } = TimeSpan.FromMilliseconds(160);

    /// <summary>How many events a block must hold for the next one to wait for its interval, 1 and up: fewer show that none would come meanwhile.</summary>
    public int BusyBlockEvents { get; init; } = 4;

    /// <summary>How often every Partition is asked how it is, which has it run somewhere though no event comes for it; four times as often while one does not
    /// serve.</summary>
    public TimeSpan KeepRunningInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a Partition that moves to another node flushes and checkpoints; what it has not done by then is left to its new owner's replay.</summary>
    public TimeSpan HandOffLimit { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often changed Counters are written to the statistics tables.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often changed rows of breakdowns are written while events come; a round of flushing is the least.</summary>
    public TimeSpan BreakdownFlushInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many rows one Partition flushes in one write.</summary>
    public int MaxFlushRows { get; init; } = 1000;

    /// <summary>How many rows of one Partition may be refused by their tables while its others are written, 0 and up; one more holds up all of them.</summary>
    public int MaxRefusedRows { get; init; } = 50;

    /// <summary>How many events a Partition holds Counters of at a time while it computes the past of metrics and breakdowns, 1 and up.</summary>
    public int MaxFillEvents { get; init; } = 500_000;

    /// <summary>How often it is looked whether the computing of the past was stopped, or may go on.</summary>
    public TimeSpan BackfillCheckInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often a checkpoint is made.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After how many events of a Partition a checkpoint is made though the interval has not passed.</summary>
    public long CheckpointEvents { get; init; } = 200_000;

    /// <summary>How many bytes of snapshots one Partition writes at once.</summary>
    public int MaxSnapshotBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>How long identities that are not business keys are remembered from their journaling.</summary>
    public TimeSpan IdentityWindow { get; init; } = TimeSpan.FromDays(7);

    /// <summary>In what portions sessions are indexed.</summary>
    public Tracing.SessionIndexSettings Sessions { get; init; } = new();

    /// <summary>The memory that Counters and seen identities may hold, in bytes.</summary>
    public long MemoryBudgetBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>How many batches that were accepted last a Partition remembers, so that copies of them are answered at once; 0 and up.</summary>
    public int RememberedBatches { get; init; } = 1024;

    /// <summary>How many bytes of slices a Partition's Counters may not have applied yet; beyond it the Partition takes nothing in.</summary>
    public long MaxUnappliedBytes { get; init; } = 8L * 1024 * 1024;

    /// <summary>How many Counters one statement loads.</summary>
    public int MaxLoadedCounters { get; init; } = 2000;

    /// <summary>How many journal rows one deletion takes while the journal is trimmed.</summary>
    public int TrimSlice { get; init; } = 1000;

    /// <summary>How long journal entries are kept beyond what recovery needs; null is for good.</summary>
    public TimeSpan? JournalRetention { get; init; }

    /// <summary>How often the journal is looked at for entries past their retention.</summary>
    public TimeSpan TrimInterval { get; init; } = TimeSpan.FromMinutes(10);
}
