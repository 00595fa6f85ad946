using DataLoad.Engine.Journaling;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>The statements that write and remove snapshots, after the fence of a batch.</summary>
internal static class PostgreSqlSnapshotWrites
{
    private const int RowBytes = 64;

    private const string UpsertSql =
        $"""
        INSERT INTO dataload_snapshot AS s (shard_id, kind, key, seq_nr, bytes)
        SELECT w.shard_id, w.kind, w.key, w.seq_nr, w.bytes
        FROM unnest($1, $2, $3, $4, $5, $6) AS w (shard_id, epoch, kind, key, seq_nr, bytes)
        WHERE {PostgreSqlFence.Holds}
        ON CONFLICT (shard_id, kind, key) DO UPDATE SET seq_nr = excluded.seq_nr, bytes = excluded.bytes
        WHERE s.seq_nr <= excluded.seq_nr
        """;

    private const string RemoveSql =
        $"""
        DELETE FROM dataload_snapshot s
        USING unnest($1, $2, $3, $4) AS w (shard_id, epoch, kind, key)
        WHERE s.shard_id = w.shard_id AND s.kind = w.kind AND s.key = w.key AND {PostgreSqlFence.Holds}
        """;

    /// <summary>Adds the statements. Of several writes of the same snapshot the last one stands.</summary>
    public static void AddTo(NpgsqlBatch batch, IReadOnlyList<SnapshotWrite> writes)
    {
        List<SnapshotWrite> distinct = Sort(writes);
        List<SnapshotWrite> upserts = distinct.FindAll(write => write.Bytes is not null);
        foreach (Range range in Chunk.Split(upserts, int.MaxValue, write => write.Bytes!.Length + write.Key.Length + RowBytes))
        {
            batch.BatchCommands.Add(Upsert(upserts[range]));
        }

        List<SnapshotWrite> removals = distinct.FindAll(write => write.Bytes is null);
        foreach (Range range in Chunk.Split(removals, int.MaxValue, write => write.Key.Length + RowBytes))
        {
            batch.BatchCommands.Add(Remove(removals[range]));
        }
    }

    private static NpgsqlBatchCommand Upsert(List<SnapshotWrite> writes) => new(UpsertSql)
    {
        Parameters =
        {
            Parameter.Of(Column(writes, write => write.Shard)),
            Parameter.Of(Column(writes, write => write.Epoch)),
            Parameter.Of(Column(writes, write => (short)write.Kind)),
            Parameter.Of(Column(writes, write => write.Key)),
            Parameter.Of(Column(writes, write => write.SequenceNr)),
            Parameter.Of(Column(writes, write => write.Bytes!)),
        },
    };

    private static NpgsqlBatchCommand Remove(List<SnapshotWrite> writes) => new(RemoveSql)
    {
        Parameters =
        {
            Parameter.Of(Column(writes, write => write.Shard)),
            Parameter.Of(Column(writes, write => write.Epoch)),
            Parameter.Of(Column(writes, write => (short)write.Kind)),
            Parameter.Of(Column(writes, write => write.Key)),
        },
    };

    private static T[] Column<T>(List<SnapshotWrite> writes, Func<SnapshotWrite, T> value)
    {
        var column = new T[writes.Count];
        for (int i = 0; i < column.Length; i++)
        {
            column[i] = value(writes[i]);
        }

        return column;
    }

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
