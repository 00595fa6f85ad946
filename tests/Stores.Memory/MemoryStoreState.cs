using DataLoad.Engine.Contract;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Operating;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Storage.Memory;

/// <summary>
/// What a <see cref="MemoryStore"/> keeps: as durable as the disk of a simulated machine. It outlives the stores over it,
/// so that a crash is to drop a store and make another; several stores over one state are several nodes. A call takes
/// effect whole or not at all. Thread-safe.
/// </summary>
public sealed class MemoryStoreState
{
    /// <summary>Makes an empty database.</summary>
    /// <param name="timeProvider">The clock of leases; null stands for the system's.</param>
    public MemoryStoreState(TimeProvider? timeProvider = null) => TimeProvider = timeProvider ?? TimeProvider.System;

    /// <summary>The version of the schema; 0 before it was migrated.</summary>
    public int SchemaVersion { get; set; }

    internal TimeProvider TimeProvider { get; }

    internal Lock Gate { get; } = new();

    internal Dictionary<string, string> Fixed { get; } = new(StringComparer.Ordinal);

    internal long Generation { get; set; }

    internal Dictionary<string, (string NodeId, DateTimeOffset Until)> Leases { get; } = new(StringComparer.Ordinal);

    internal Dictionary<string, MemoryNode> Nodes { get; } = new(StringComparer.Ordinal);

    internal Dictionary<(int Shard, SnapshotKind Kind), SortedList<byte[], Snapshot>> Snapshots { get; } = [];

    internal Dictionary<int, PartitionPositions> Partitions { get; } = [];

    internal Dictionary<string, MemoryTable> Tables { get; } = new(StringComparer.Ordinal);

    internal SortedDictionary<string, (int Generation, bool IsOn, bool IsComplete)> Breakdowns { get; } = new(StringComparer.Ordinal);

    internal SortedDictionary<(string Table, string Column), (bool IsComplete, long SinceMs)> Metrics { get; } = [];

    internal Dictionary<int, BackfillMarks> Backfilled { get; } = [];

    internal long? BackfillStopMs { get; set; }

    internal Dictionary<Guid, ParkedDelivery> Parked { get; } = [];

    internal Dictionary<Guid, Guid> Claims { get; } = [];

    internal List<AuditEntry> Audit { get; } = [];

    internal SortedSet<string> PausedStreams { get; } = new(StringComparer.Ordinal);

    /// <summary>Puts rows into a page's table that the engine did not write: without SequenceNr, whatever theirs is.</summary>
    public void PutForeign(Page page, params IReadOnlyList<StatisticsRow> rows)
    {
        lock (Gate)
        {
            MemoryTable table = Table(page);
            foreach (StatisticsRow row in rows)
            {
                table.Put(page, row, sequenceNr: null);
            }
        }
    }

    /// <summary>Makes a node known to be gone, as a database does that sees its connection end.</summary>
    public void EndSession(string nodeId)
    {
        lock (Gate)
        {
            Nodes.Remove(nodeId);
        }
    }

    internal MemoryTable Table(StatisticsTable of)
    {
        if (!Tables.TryGetValue(of.Name, out MemoryTable? table))
        {
            throw new StoreException($"There is no table {of.Name}; ensure it first.");
        }

        return table;
    }

    internal PartitionPositions PositionsOf(int partition) => Partitions.GetValueOrDefault(partition);

    /// <summary>Whether a shard's epoch is the current one; notes the shard where it is not.</summary>
    internal bool Admits(int shard, long epoch, List<int> stale)
    {
        if (Fault.Is(FaultPoint.EpochNotChecked) || (Partitions.TryGetValue(shard, out PartitionPositions found) && found.Epoch == epoch))
        {
            return true;
        }

        if (!stale.Contains(shard))
        {
            stale.Add(shard);
        }

        return false;
    }
}
