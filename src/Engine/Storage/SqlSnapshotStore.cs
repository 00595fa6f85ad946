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
    private const string Select = "SELECT key, seq_nr, bytes FROM dataload_snapshot WHERE partition_id = @partition AND kind = @kind";

    private readonly SqlSnapshotWrites _writes = new(database.Dialect);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<int>> SaveAsync(IReadOnlyList<SnapshotWrite> writes, CancellationToken cancellationToken) =>
        (await database.WriteRowsAsync([.. _writes.Of(writes)], isExclusive: false, cancellationToken)).Stale;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Snapshot>> LoadAsync(
        int partition, SnapshotKind kind, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
        {
            return [];
        }

        (string condition, DataParameter parameter) = database.Dialect.OneOf("key", "keys", keys);
        return await database.ReadAsync(
            (db, token) => db.QueryToListAsync(Read, $"{Select} AND {condition}", token, [.. Of(partition, kind), parameter]), cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Snapshot> ListAsync(
        int partition, SnapshotKind kind, byte[] keyPrefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string end = KeyPrefix.End(keyPrefix) is null ? "" : "AND key < @end";
        DataParameter[] parameters = [.. Of(partition, kind), .. KeyPrefix.End(keyPrefix) is { } last ? [DataParameter.VarBinary("end", last)] : Array.Empty<DataParameter>()];
        string from = "key >= @from";
        byte[] key = keyPrefix;
        while (true)
        {
            List<Snapshot> page = await database.ReadAsync((db, token) => ReadPageAsync(db, $"{from} {end}", parameters, key, token), cancellationToken);
            foreach (Snapshot snapshot in page)
            {
                yield return snapshot;
            }

            if (page.Count == 0)
            {
                yield break;
            }

            from = "key > @from";
            key = page[^1].Key;
        }
    }

    /// <summary>
    /// Asks for the sizes first, which a database knows without reading the states, so that no more states are read than
    /// the page holds. One is always read.
    /// </summary>
    private static async Task<List<Snapshot>> ReadPageAsync(
        DataConnection db, string range, DataParameter[] parameters, byte[] from, CancellationToken cancellationToken)
    {
        List<(byte[] Key, long Bytes)> sizes = await db.QueryToListAsync(
            reader => (reader.GetFieldValue<byte[]>(0), reader.GetInt64(1)),
            $"SELECT key, octet_length(bytes) FROM dataload_snapshot WHERE partition_id = @partition AND kind = @kind AND {range} ORDER BY key LIMIT {PageRows}",
            cancellationToken,
            [.. parameters, DataParameter.VarBinary("from", from)]);
        if (sizes.Count == 0)
        {
            return [];
        }

        long bytes = 0;
        int count = sizes.TakeWhile(size => (bytes += size.Bytes) <= PageBytes).Count();
        return await db.QueryToListAsync(
            Read,
            $"{Select} AND {range} AND key <= @last ORDER BY key",
            cancellationToken,
            [.. parameters, DataParameter.VarBinary("from", from), DataParameter.VarBinary("last", sizes[Math.Max(count, 1) - 1].Key)]);
    }

    private static DataParameter[] Of(int partition, SnapshotKind kind) =>
        [DataParameter.Int32("partition", partition), DataParameter.Int16("kind", (short)kind)];

    private static Snapshot Read(DbDataReader reader) => new(reader.GetFieldValue<byte[]>(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2));
}
