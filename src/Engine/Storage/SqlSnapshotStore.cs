using System.Data.Common;
using System.Runtime.CompilerServices;
using DataLoad.Engine.Journaling;
using LinqToDB.Data;

namespace DataLoad.Engine.Storage;

/// <summary>Snapshots: one row each.</summary>
internal sealed class SqlSnapshotStore(SqlDatabase database) : ISnapshotStore
{
    private const int PageBytes = 4 * 1024 * 1024;
    private const int PageRows = 512;
    private const string From = "FROM dataload_snapshot WHERE partition_id = @partition AND kind = @kind";
    private const string Select = $"SELECT key, seq_nr, bytes {From}";

    private readonly SqlSnapshotWrites _writes = new(database.Dialect);

    public async ValueTask<IReadOnlyList<int>> SaveAsync(IReadOnlyList<SnapshotWrite> writes, CancellationToken cancellationToken) =>
        (await database.WriteRowsAsync([.. _writes.Of(writes)], isExclusive: false, cancellationToken)).Stale;

    public async ValueTask<IReadOnlyList<Snapshot>> LoadAsync(int partition, SnapshotKind kind, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
        {
            return [];
        }

        (string condition, DataParameter parameter) = database.Dialect.OneOf("key", "keys", keys);
        return await database.ReadAsync(
            (db, token) => db.QueryToListAsync(Read, $"{Select} AND {condition}", token, [.. Of(partition, kind), parameter]), cancellationToken);
    }

    public async IAsyncEnumerable<Snapshot> ReadAsync(
        int partition, SnapshotKind kind, IReadOnlyList<byte[]> keys, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (byte[][] some in keys.Chunk(PageRows))
        {
            foreach (byte[][] page in await PagesAsync(partition, kind, some, cancellationToken))
            {
                foreach (Snapshot snapshot in await LoadAsync(partition, kind, page, cancellationToken))
                {
                    yield return snapshot;
                }
            }
        }
    }

    public async IAsyncEnumerable<Snapshot> ListAsync(
        int partition, SnapshotKind kind, byte[] keyPrefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        byte[]? last = EndOf(keyPrefix);
        string end = last is null ? "" : "AND key < @end";
        DataParameter[] parameters = last is null ? Of(partition, kind) : [.. Of(partition, kind), DataParameter.VarBinary("end", last)];
        string from = "key >= @from";
        byte[] key = keyPrefix;
        for (bool isLast = false; !isLast;)
        {
            (List<Snapshot> page, isLast) = await database.ReadAsync(
                (db, token) => ReadPageAsync(db, $"{from} {end}", parameters, key, token), cancellationToken);
            foreach (Snapshot snapshot in page)
            {
                yield return snapshot;
                key = snapshot.Key;
            }

            from = "key > @from";
        }
    }

    /// <summary>The keys of those that there are, as many together as may be read at once, by their sizes.</summary>
    private async Task<List<byte[][]>> PagesAsync(int partition, SnapshotKind kind, byte[][] keys, CancellationToken cancellationToken)
    {
        (string condition, DataParameter parameter) = database.Dialect.OneOf("key", "keys", keys);
        List<(byte[] Key, long Bytes)> sizes = await database.ReadAsync(
            (db, token) => db.QueryToListAsync(
                reader => (reader.GetFieldValue<byte[]>(0), reader.GetInt64(1)),
                $"SELECT key, octet_length(bytes) {From} AND {condition} ORDER BY key", token, [.. Of(partition, kind), parameter]),
            cancellationToken);
        var pages = new List<byte[][]>();
        for (int start = 0; start < sizes.Count;)
        {
            long bytes = 0;
            int count = Math.Max(sizes.Skip(start).TakeWhile(size => (bytes += size.Bytes) <= PageBytes).Count(), 1);
            pages.Add([.. sizes.GetRange(start, count).Select(size => size.Key)]);
            start += count;
        }

        return pages;
    }

    /// <summary>Asks for the sizes first, which costs a database little, so that no more states are read than the page holds; one always is.</summary>
    /// <returns>The page, and whether nothing was behind it.</returns>
    private static async Task<(List<Snapshot> Page, bool IsLast)> ReadPageAsync(
        DataConnection db, string range, DataParameter[] parameters, byte[] from, CancellationToken cancellationToken)
    {
        List<(byte[] Key, long Bytes)> sizes = await db.QueryToListAsync(
            reader => (reader.GetFieldValue<byte[]>(0), reader.GetInt64(1)),
            $"SELECT key, octet_length(bytes) {From} AND {range} ORDER BY key LIMIT {PageRows}",
            cancellationToken,
            [.. parameters, DataParameter.VarBinary("from", from)]);
        if (sizes.Count == 0)
        {
            return ([], true);
        }

        long bytes = 0;
        int count = Math.Max(sizes.TakeWhile(size => (bytes += size.Bytes) <= PageBytes).Count(), 1);
        List<Snapshot> page = await db.QueryToListAsync(
            Read,
            $"{Select} AND {range} AND key <= @last ORDER BY key",
            cancellationToken,
            [.. parameters, DataParameter.VarBinary("from", from), DataParameter.VarBinary("last", sizes[count - 1].Key)]);
        return (page, sizes.Count < PageRows && count == sizes.Count);
    }

    /// <summary>The first key, ordered as bytes, after all that start with a prefix, or null where there is none.</summary>
    private static byte[]? EndOf(ReadOnlySpan<byte> prefix)
    {
        byte[] end = prefix[..(prefix.LastIndexOfAnyExcept(byte.MaxValue) + 1)].ToArray();
        if (end.Length == 0)
        {
            return null;
        }

        end[^1]++;
        return end;
    }

    private static DataParameter[] Of(int partition, SnapshotKind kind) =>
        [DataParameter.Int32("partition", partition), DataParameter.Int16("kind", (short)kind)];

    private static Snapshot Read(DbDataReader reader) => new(reader.GetFieldValue<byte[]>(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2));
}

/// <summary>The statements that write and remove snapshots, of bounded size.</summary>
internal sealed class SqlSnapshotWrites(SqlDialect dialect)
{
    private const int RowBytes = 64;

    private static readonly RowShape UpsertShape = new(IsFenced: true, ["partition_id", "epoch", "kind", "key", "seq_nr", "bytes"]);
    private static readonly RowShape RemoveShape = new(IsFenced: true, ["partition_id", "epoch", "kind", "key"]);

    private static readonly Comparer<SnapshotWrite> ByKey = Comparer<SnapshotWrite>.Create(Compare);

    private readonly string _upsert = dialect.Upsert(
        "dataload_snapshot",
        UpsertShape,
        [("partition_id", "w.partition_id"), ("kind", "w.kind"), ("key", "w.key"), ("seq_nr", "w.seq_nr"), ("bytes", "w.bytes")],
        keys: 3,
        changed: ..,
        condition: "t.seq_nr <= excluded.seq_nr");

    private readonly string _remove = dialect.Delete("dataload_snapshot", RemoveShape, "t.partition_id = w.partition_id AND t.kind = w.kind AND t.key = w.key");

    /// <summary>The statements for writes. Of several writes of the same snapshot the last one stands.</summary>
    public IEnumerable<RowStatement> Of(IReadOnlyList<SnapshotWrite> writes)
    {
        List<SnapshotWrite> distinct = Sort(writes);
        List<SnapshotWrite> upserts = distinct.FindAll(write => write.Bytes is not null);
        foreach (Range range in Chunk.Split(upserts, int.MaxValue, write => write.Bytes!.Length + write.Key.Length + RowBytes))
        {
            List<SnapshotWrite> chunk = upserts[range];
            yield return new RowStatement(_upsert, Batch(chunk, RowBatch.Of(chunk, write => write.SequenceNr), RowBatch.Of(chunk, write => write.Bytes!)));
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
        [RowBatch.Of(writes, write => (short)write.Kind), RowBatch.Of(writes, write => write.Key), .. more]);

    /// <summary>In the order of the primary key, for its index and against deadlocks; of repeats the last one.</summary>
    private static List<SnapshotWrite> Sort(IReadOnlyList<SnapshotWrite> writes)
    {
        SnapshotWrite[] sorted = [.. writes.Order(ByKey)];
        return [.. sorted.Where((write, i) => i + 1 == sorted.Length || Compare(write, sorted[i + 1]) != 0)];
    }

    private static int Compare(SnapshotWrite x, SnapshotWrite y) =>
        x.Shard != y.Shard ? x.Shard.CompareTo(y.Shard)
        : x.Kind != y.Kind ? ((byte)x.Kind).CompareTo((byte)y.Kind)
        : x.Key.AsSpan().SequenceCompareTo(y.Key);
}
