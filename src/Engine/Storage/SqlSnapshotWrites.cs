using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Storage;

/// <summary>The statements that write and remove snapshots, of bounded size.</summary>
internal sealed class SqlSnapshotWrites(SqlDialect dialect)
{
    private const int RowBytes = 64;

    private static readonly RowShape UpsertShape = new(IsFenced: true, ["partition_id", "epoch", "kind", "key", "seq_nr", "bytes"]);
    private static readonly RowShape RemoveShape = new(IsFenced: true, ["partition_id", "epoch", "kind", "key"]);

    private readonly string _upsert = dialect.Upsert(
        "dataload_snapshot",
        UpsertShape,
        [("partition_id", "w.partition_id"), ("kind", "w.kind"), ("key", "w.key"), ("seq_nr", "w.seq_nr"), ("bytes", "w.bytes")],
        keys: 3,
        changed: ..,
        condition: "t.seq_nr <= excluded.seq_nr");

    private readonly string _remove = dialect.Delete(
        "dataload_snapshot", RemoveShape, "t.partition_id = w.partition_id AND t.kind = w.kind AND t.key = w.key");

    /// <summary>The statements for writes. Of several writes of the same snapshot the last one stands.</summary>
    public IEnumerable<RowStatement> Of(IReadOnlyList<SnapshotWrite> writes)
    {
        List<SnapshotWrite> distinct = Sort(writes);
        List<SnapshotWrite> upserts = distinct.FindAll(write => write.Bytes is not null);
        foreach (Range range in Chunk.Split(upserts, int.MaxValue, write => write.Bytes!.Length + write.Key.Length + RowBytes))
        {
            List<SnapshotWrite> chunk = upserts[range];
            yield return new RowStatement(
                _upsert,
                Batch(chunk, new BatchColumn<long>(RowBatch.Column(chunk, write => write.SequenceNr)), new BatchColumn<byte[]>(RowBatch.Column(chunk, write => write.Bytes!))));
        }

        List<SnapshotWrite> removals = distinct.FindAll(write => write.Bytes is null);
        foreach (Range range in Chunk.Split(removals, int.MaxValue, write => write.Key.Length + RowBytes))
        {
            yield return new RowStatement(_remove, Batch(removals[range]));
        }
    }

    private static RowBatch Batch(List<SnapshotWrite> writes, params BatchColumn[] more) => new(
        RowBatch.Column(writes, write => write.Shard),
        RowBatch.Column(writes, write => write.Epoch),
        [new BatchColumn<short>(RowBatch.Column(writes, write => (short)write.Kind)), new BatchColumn<byte[]>(RowBatch.Column(writes, write => write.Key)), .. more]);

    /// <summary>In the order of the primary key, for its index and against deadlocks, without repeats.</summary>
    private static List<SnapshotWrite> Sort(IReadOnlyList<SnapshotWrite> writes)
    {
        int[] order = new int[writes.Count];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (x, y) => Compare(writes[x], writes[y]) is var by && by != 0 ? by : x.CompareTo(y));
        var sorted = new List<SnapshotWrite>(order.Length);
        for (int i = 0; i < order.Length; i++)
        {
            if (i + 1 == order.Length || Compare(writes[order[i]], writes[order[i + 1]]) != 0)
            {
                sorted.Add(writes[order[i]]);
            }
        }

        return sorted;
    }

    private static int Compare(SnapshotWrite x, SnapshotWrite y) =>
        x.Shard != y.Shard ? x.Shard.CompareTo(y.Shard)
        : x.Kind != y.Kind ? ((byte)x.Kind).CompareTo((byte)y.Kind)
        : x.Key.AsSpan().SequenceCompareTo(y.Key);
}
