using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;
using LinqToDB;
using LinqToDB.Async;

namespace DataLoad.Engine.Storage;

/// <summary>The Partitions' rows.</summary>
internal sealed class SqlPartitionStore(SqlDatabase database) : IPartitionStore
{
    private static readonly RowShape RaiseShape = new(IsFenced: false, ["partition_id", "epoch"]);
    private static readonly RowShape CheckpointShape = new(IsFenced: false, ["partition_id", "epoch", "checkpoint"]);
    private static readonly RowShape BaselineShape = new(IsFenced: true, ["partition_id", "epoch", "baseline"]);

    private readonly SqlSnapshotWrites _snapshots = new(database.Dialect);

    private readonly string _raise = database.Dialect.Upsert(
        "dataload_partition",
        RaiseShape,
        [("partition_id", "w.partition_id"), ("epoch", "w.epoch"), ("checkpoint", "0"), ("baseline", "0")],
        keys: 1,
        changed: ..1,
        condition: "t.epoch <= excluded.epoch AND t.baseline < excluded.epoch");

    private readonly string _saveCheckpoint = database.Dialect.Update(
        "dataload_partition",
        CheckpointShape,
        "checkpoint = CASE WHEN t.checkpoint > w.checkpoint THEN t.checkpoint ELSE w.checkpoint END",
        "t.partition_id = w.partition_id AND t.epoch = w.epoch");

    private readonly string _saveBaseline = database.Dialect.Update(
        "dataload_partition", BaselineShape, "baseline = w.baseline", "t.partition_id = w.partition_id AND t.baseline < w.baseline");

    public async ValueTask<bool> RaiseEpochAsync(int partition, long epoch, CancellationToken cancellationToken)
    {
        var row = new RowBatch(1, new BatchColumn<int>([partition]), new BatchColumn<long>([epoch]));
        return (await database.WriteRowsAsync([new RowStatement(_raise, row)], isExclusive: false, cancellationToken)).Changed > 0;
    }

    public ValueTask<PartitionPositions> LoadAsync(int partition, CancellationToken cancellationToken) => database.ReadAsync(
        async (db, token) => await db.GetTable<PartitionRow>().FirstOrDefaultAsync(row => row.Id == partition, token) is { } row
            ? new PartitionPositions(row.Epoch, row.Checkpoint, row.Baseline)
            : default,
        cancellationToken);

    public async ValueTask<bool> SaveCheckpointAsync(int partition, long epoch, long position, CancellationToken cancellationToken)
    {
        // Its own fence: one statement on one row.
        var row = new RowBatch(1, new BatchColumn<int>([partition]), new BatchColumn<long>([epoch]), new BatchColumn<long>([position]));
        return (await database.WriteRowsAsync([new RowStatement(_saveCheckpoint, row)], isExclusive: false, cancellationToken)).Changed > 0;
    }

    public async ValueTask<bool> SaveBaselineAsync(
        int partition, long epoch, long position, IReadOnlyList<SnapshotWrite> states, CancellationToken cancellationToken)
    {
        BaselineWrites.Require(partition, epoch, states);
        PartitionPositions found = await LoadAsync(partition, cancellationToken);
        if (found.Epoch != epoch || found.Baseline > position)
        {
            return found.Epoch == epoch;
        }

        var row = new RowBatch([partition], [epoch], new BatchColumn<long>([position]));
        (IReadOnlyList<int> stale, _) = await database.WriteRowsAsync(
            [.. _snapshots.Of(states), new RowStatement(_saveBaseline, row)], isExclusive: true, cancellationToken);
        return stale.Count == 0;
    }
}

/// <summary>What stands in the place of a trimmed journal.</summary>
public static class BaselineWrites
{
    /// <summary>Checks that all writes are of the Partition and Epoch that is trimmed.</summary>
    /// <exception cref="ArgumentException">One is not: it would escape the fence.</exception>
    public static void Require(int shard, long epoch, IReadOnlyList<SnapshotWrite> baseline)
    {
        if (baseline.FirstOrDefault(write => write.Shard != shard || write.Epoch != epoch) is { } other)
        {
            throw new ArgumentException(
                $"A baseline write is of Partition {other.Shard}, Epoch {other.Epoch}; the trim is of Partition {shard}, Epoch {epoch}.", nameof(baseline));
        }
    }
}

/// <summary>Deletes blocks from the table of Akka's journal.</summary>
internal sealed class SqlJournalTrimmer(SqlDatabase database) : IJournalTrimmer
{
    public async ValueTask DeleteBlocksAsync(int partition, long afterSequenceNr, long throughSequenceNr, CancellationToken cancellationToken)
    {
        string persistenceId = JournalReader.PersistenceIdOf(partition);
        await database.Journal.TransactAsync(
            (db, token) => db.GetTable<JournalRow>()
                .Where(row => row.PersistenceId == persistenceId && row.SequenceNr > afterSequenceNr && row.SequenceNr <= throughSequenceNr)
                .DeleteAsync(row => row.Manifest == JournalSerializer.BlockManifest, token),
            cancellationToken);
    }
}
