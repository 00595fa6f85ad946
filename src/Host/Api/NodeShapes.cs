using DataLoad.Engine.Partitions;

namespace DataLoad.Host.Api;

/// <summary>The node in one look.</summary>
internal sealed record NodeStatus
{
    public required string Node { get; init; }

    public required string Version { get; init; }

    public required long StartedAt { get; init; }

    public required long Now { get; init; }

    public required long UptimeSeconds { get; init; }

    public required string State { get; init; }

    public required bool Ready { get; init; }

    public required string TimeZone { get; init; }

    public required DateOnly Today { get; init; }

    public required DependencyHealth Broker { get; init; }

    public required DependencyHealth Store { get; init; }

    public required DependencyHealth Business { get; init; }

    public required ShardCount Shards { get; init; }

    public required MemoryUsage Memory { get; init; }

    public required long Unflushed { get; init; }

    public required long Uncheckpointed { get; init; }

    public required long Parked { get; init; }

    public required long Lag { get; init; }

    public required long? DeadLetters { get; init; }

    public required Tallies Totals { get; init; }

    public required Rates Rates { get; init; }

    public required IReadOnlyList<string> Paused { get; init; }

    public required IReadOnlyDictionary<string, string> Failing { get; init; }

    /// <summary>How many Partitions run here, of how many.</summary>
    internal sealed record ShardCount(int Owned, int Total);

    /// <summary>What is held in memory.</summary>
    internal sealed record MemoryUsage(long ResidentBytes, long BudgetBytes, long ProcessBytes, long Counters, long Damaged);
}

/// <summary>Whether something that the node needs is there.</summary>
internal sealed record DependencyHealth(bool Ok, string? Detail, string? Name);

/// <summary>The nodes that are known.</summary>
internal sealed record NodeList(IReadOnlyList<NodeList.NodeEntry> Nodes)
{
    /// <summary>A node.</summary>
    internal sealed record NodeEntry(string Id, string Address, bool IsSelf, int Shards, string State);
}

/// <summary>The Partitions that the node owns.</summary>
internal sealed record ShardList(IReadOnlyList<ShardList.ShardEntry> Shards)
{
    /// <summary>A Partition. Its SequenceNr is that of its last block; what is uncheckpointed is counted in events.</summary>
    internal sealed record ShardEntry(int Shard, string Phase, long Epoch, long SequenceNr, long CheckpointSequenceNr, long Uncheckpointed, int Counters,
        long ResidentBytes, int Unflushed, int Damaged, string? Failing)
    {
        public static ShardEntry Of(PartitionStatus status) => new(
            status.Partition,
            status.Phase.ToString().ToLowerInvariant(),
            status.Epoch,
            status.SequenceNr,
            status.Checkpoint,
            status.EventsSinceCheckpoint,
            status.Counters,
            status.ResidentBytes,
            status.Unflushed,
            status.Damaged,
            status.Failing);
    }
}

/// <summary>The pages and streams.</summary>
internal sealed record CatalogDescription(IReadOnlyList<CatalogDescription.PageEntry> Pages, IReadOnlyList<CatalogDescription.StreamEntry> Streams)
{
    /// <summary>A page.</summary>
    internal sealed record PageEntry(string Name, string Table, IReadOnlyList<MetricEntry> Metrics);

    /// <summary>A metric.</summary>
    internal sealed record MetricEntry(string Column, string Kind);

    /// <summary>A stream.</summary>
    internal sealed record StreamEntry(string Name, string Page, string Exchange, string Queue, bool Enabled);
}

/// <summary>A caller's role.</summary>
internal sealed record WhoAmI(string Role, string Authentication, bool TokensConfigured);
