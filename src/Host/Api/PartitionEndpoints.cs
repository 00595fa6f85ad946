using DataLoad.Engine.Partitions;

namespace DataLoad.Host.Api;

/// <summary>All Partitions wherever they are, as far as the node knows.</summary>
internal static class PartitionEndpoints
{
    private const string Unknown = "unknown";

    public static void Map(RouteGroupBuilder api, ApiServices services)
    {
        api.MapRead("/partitions", ApiJson.Default.PartitionList, _ => List(services));
        api.MapRead("/partitions/stats", ApiJson.Default.PartitionStats, _ => StatsOf(List(services)));
    }

    /// <summary>By node; those that nobody is known to run come last.</summary>
    public static PartitionStats StatsOf(PartitionList list) => new(list.Partitions.Count, [.. list.Partitions
        .GroupBy(partition => partition.Node, StringComparer.Ordinal)
        .OrderBy(group => group.Key is null).ThenBy(group => group.Key, StringComparer.Ordinal)
        .Select(group => new PartitionStats.NodeShare(
            group.Key,
            string.Equals(group.Key, list.Node, StringComparison.Ordinal),
            group.Count(),
            group.Count(partition => partition.Phase is "serving"),
            group.Sum(partition => (long)partition.Counters),
            group.Sum(partition => partition.ResidentBytes),
            group.Sum(partition => partition.Uncheckpointed)))]);

    private static PartitionList List(ApiServices services)
    {
        PartitionRegistry registry = services.Node.Registry;
        Dictionary<int, PartitionStatus> known = registry.Everywhere.ToDictionary(status => status.Partition);
        return new PartitionList(services.Info.Id, services.NowMs, [.. Enumerable.Range(0, services.Settings.Engine.Partitions.Partitions)
            .Select(partition => EntryOf(partition, known.GetValueOrDefault(partition), registry.FailingOf(partition)))]);
    }

    private static PartitionList.PartitionEntry EntryOf(int partition, PartitionStatus? status, string? failing) => status is null
        ? new PartitionList.PartitionEntry(partition, Node: null, Unknown, 0, 0, 0, 0, 0, 0, 0, 0, 0, Since: null, failing)
        : new PartitionList.PartitionEntry(partition, status.Node, status.Phase.ToString().ToLowerInvariant(), status.Epoch, status.SequenceNr,
            status.Checkpoint, Math.Max(0, status.SequenceNr - status.Checkpoint), status.EventsSinceCheckpoint, status.Counters, status.ResidentBytes,
            status.Unflushed, status.Damaged, status.SinceMs, status.Failing ?? failing);
}

/// <summary>All Partitions, and the node that says so; of those of other nodes it is what they answered last.</summary>
internal sealed record PartitionList(string Node, long Now, IReadOnlyList<PartitionList.PartitionEntry> Partitions)
{
    /// <summary>A Partition; its node is null where none is known to run it. Its lag is how many SequenceNrs of the journal its checkpoint is behind.</summary>
    internal sealed record PartitionEntry(int Partition, string? Node, string Phase, long Epoch, long SequenceNr, long CheckpointSequenceNr, long Lag,
        long Uncheckpointed, int Counters, long ResidentBytes, int Unflushed, int Damaged, long? Since, string? Failing);
}

/// <summary>Sums over the Partitions of each node.</summary>
internal sealed record PartitionStats(int Partitions, IReadOnlyList<PartitionStats.NodeShare> Nodes)
{
    /// <summary>A node; its id is null for Partitions that none is known to run.</summary>
    internal sealed record NodeShare(string? Node, bool IsSelf, int Partitions, int Serving, long Counters, long ResidentBytes, long Uncheckpointed);
}
