using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;

namespace DataLoad.Simulation.Tests.Stores;

/// <summary>What the store keeps beside the journal: as durable as the disk of a machine. A change takes effect whole or not at all.</summary>
internal sealed class StoreState
{
    private readonly Dictionary<(int Partition, SnapshotKind Kind), SortedList<byte[], Snapshot>> _snapshots = [];
    private readonly Dictionary<string, SortedDictionary<RowKey, StoredRow>> _tables = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, PartitionPositions> _partitions = [];

    /// <summary>The deliveries that are parked.</summary>
    public Dictionary<Guid, ParkedDelivery> Parked { get; } = [];

    /// <summary>The tokens of those that are claimed.</summary>
    public Dictionary<Guid, Guid> Claims { get; } = [];

    /// <summary>A Partition's row.</summary>
    public PartitionPositions PositionsOf(int partition) => _partitions.GetValueOrDefault(partition);

    /// <summary>Puts an Epoch in force, unless a higher one is, or its number was trimmed.</summary>
    public bool RaiseEpoch(int partition, long epoch)
    {
        PartitionPositions row = PositionsOf(partition);
        if (_partitions.ContainsKey(partition) && (epoch < row.Epoch || epoch <= row.Baseline))
        {
            return false;
        }

        _partitions[partition] = row with { Epoch = epoch };
        return true;
    }

    /// <summary>Moves a checkpoint forward.</summary>
    public bool SaveCheckpoint(int partition, long epoch, long sequenceNr)
    {
        if (!Admits(partition, epoch, []))
        {
            return false;
        }

        PartitionPositions row = PositionsOf(partition);
        _partitions[partition] = row with { Checkpoint = Math.Max(row.Checkpoint, sequenceNr) };
        return true;
    }

    /// <summary>Writes kept states with the SequenceNr that the journal may be deleted through.</summary>
    public bool SaveBaseline(int partition, long epoch, long sequenceNr, IReadOnlyList<SnapshotWrite> states)
    {
        if (!Admits(partition, epoch, []))
        {
            return false;
        }

        SaveSnapshots(states);
        PartitionPositions row = PositionsOf(partition);
        _partitions[partition] = row with { Baseline = Math.Max(row.Baseline, sequenceNr) };
        return true;
    }

    /// <summary>Whether an Epoch is the one in force; notes the Partition where it is not.</summary>
    public bool Admits(int partition, long epoch, List<int> stale)
    {
        if (Fault.Is(FaultPoint.EpochNotChecked) || PositionsOf(partition).Epoch == epoch)
        {
            return true;
        }

        if (!stale.Contains(partition))
        {
            stale.Add(partition);
        }

        return false;
    }

    /// <summary>The kept states of a kind, by key.</summary>
    public SortedList<byte[], Snapshot> SnapshotsOf(int partition, SnapshotKind kind)
    {
        if (!_snapshots.TryGetValue((partition, kind), out SortedList<byte[], Snapshot>? kept))
        {
            _snapshots.Add((partition, kind), kept = new SortedList<byte[], Snapshot>(ByteOrder.Instance));
        }

        return kept;
    }

    /// <summary>Writes and removes snapshots; returns the Partitions whose Epoch is stale.</summary>
    public IReadOnlyList<int> SaveSnapshots(IReadOnlyList<SnapshotWrite> writes)
    {
        var stale = new List<int>();
        foreach (SnapshotWrite write in writes)
        {
            if (!Admits(write.Shard, write.Epoch, stale))
            {
                continue;
            }

            SortedList<byte[], Snapshot> kept = SnapshotsOf(write.Shard, write.Kind);
            if (write.Bytes is null)
            {
                kept.Remove(write.Key);
            }
            else if (!kept.TryGetValue(write.Key, out Snapshot? stored) || stored.SequenceNr <= write.SequenceNr || Fault.Is(FaultPoint.SnapshotIgnoresVersion))
            {
                // A write that lands late does not replace what was written since.
                kept[write.Key] = new Snapshot(write.Key, write.SequenceNr, write.Bytes);
            }
        }

        return stale;
    }

    /// <summary>A table's rows in key order.</summary>
    public SortedDictionary<RowKey, StoredRow> RowsOf(StatisticsTable table)
    {
        if (!_tables.TryGetValue(table.Name, out SortedDictionary<RowKey, StoredRow>? rows))
        {
            _tables.Add(table.Name, rows = new SortedDictionary<RowKey, StoredRow>());
        }

        return rows;
    }

    /// <summary>Writes rows; returns the Partitions whose Epoch is stale.</summary>
    public IReadOnlyList<int> Flush(StatisticsTable table, IReadOnlyList<StatisticsRow> rows, bool correct)
    {
        var stale = new List<int>();
        SortedDictionary<RowKey, StoredRow> stored = RowsOf(table);
        foreach (StatisticsRow row in rows)
        {
            var key = RowKey.Of(table, row);
            if (!Admits(row.Shard, row.Epoch, stale))
            {
                continue;
            }

            bool stays = !Fault.Is(FaultPoint.FlushIgnoresVersion) && stored.TryGetValue(key, out StoredRow? old)
                && (old.SequenceNr > row.SequenceNr || (old.SequenceNr == row.SequenceNr && !correct));
            if (!stays)
            {
                stored[key] = new StoredRow(row.SequenceNr!.Value, row.Values);
            }
        }

        return stale;
    }

    /// <summary>Removes rows that still hold at the SequenceNr that was read; returns the Partitions whose Epoch is stale.</summary>
    public IReadOnlyList<int> Remove(StatisticsTable table, IReadOnlyList<StatisticsRow> rows)
    {
        var stale = new List<int>();
        SortedDictionary<RowKey, StoredRow> stored = RowsOf(table);
        foreach (StatisticsRow row in rows)
        {
            var key = RowKey.Of(table, row);
            if (Admits(row.Shard, row.Epoch, stale) && stored.TryGetValue(key, out StoredRow? old) && old.SequenceNr == row.SequenceNr)
            {
                stored.Remove(key);
            }
        }

        return stale;
    }

    private sealed class ByteOrder : IComparer<byte[]>
    {
        public static ByteOrder Instance { get; } = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}

/// <summary>A row of a statistics table.</summary>
internal readonly record struct RowKey(string Page, string TopicType, int TopicId, int Day, BreakdownValue? Part = null) : IComparable<RowKey>
{
    /// <summary>The table that it is of.</summary>
    public StatisticsTable Table => new(Catalog.Default.PageNamed(Page), Part?.Breakdown);

    public static RowKey Of(StatisticsTable table, StatisticsRow row) => new(table.Page.Name, row.TopicType, row.TopicId, row.Day, row.Part);

    public int CompareTo(RowKey other)
    {
        int order = string.CompareOrdinal(TopicType, other.TopicType);
        order = order != 0 ? order : TopicId.CompareTo(other.TopicId);
        order = order != 0 ? order : Day.CompareTo(other.Day);
        return order != 0 || Part is not { } part || other.Part is not { } than ? order
            : string.CompareOrdinal(part.Text, than.Text) is var text && text != 0 ? text : part.Id.CompareTo(than.Id);
    }

    public override string ToString() => $"{Page} {TopicType}/{TopicId} {DateOnly.FromDayNumber(Day):yyyy-MM-dd}{(Part is { } part ? $" {part}" : "")}";
}

/// <summary>What a row holds, and the SequenceNr that it holds at.</summary>
internal sealed record StoredRow(long SequenceNr, long[] Values);
