using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Watching;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Sharding;

/// <summary>What all shards of a node share.</summary>
internal sealed record ShardContext
{
    public required CountingPlan Plan { get; init; }

    public required ShardingSettings Settings { get; init; }

    public required IJournal Journal { get; init; }

    public required ISnapshotStore Snapshots { get; init; }

    public required IStatisticsStore Statistics { get; init; }

    public required GroupWriter<JournalBlock> JournalWriter { get; init; }

    public required GroupWriter<SnapshotWrite> SnapshotWriter { get; init; }

    public required GroupWriter<FlushRow> FlushWriter { get; init; }

    public required MemoryBudget Budget { get; init; }

    public required EngineMetrics Metrics { get; init; }

    public required CountedBlocks Counted { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Logger { get; init; }

    public Backoff Backoff { get; init; } = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));
}
