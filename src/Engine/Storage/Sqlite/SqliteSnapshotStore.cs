using System.Runtime.CompilerServices;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>Snapshots and checkpoints.</summary>
internal sealed class SqliteSnapshotStore(SqliteDatabase database) : ISnapshotStore
{
    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<int>> SaveAsync(IReadOnlyList<SnapshotWrite> writes, CancellationToken cancellationToken) =>
        writes.Count == 0
            ? ValueTask.FromResult<IReadOnlyList<int>>([])
            : database.WriteAsync(session => Write(session, writes), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Snapshot>> LoadAsync(
        int shard, SnapshotKind kind, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken) =>
        keys.Count == 0
            ? ValueTask.FromResult<IReadOnlyList<Snapshot>>([])
            : database.ReadAsync(session => Load(session, shard, kind, keys), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<Snapshot> ListAsync(
        int shard, SnapshotKind kind, byte[] keyPrefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        byte[]? end = KeyPrefix.End(keyPrefix);
        byte[] from = keyPrefix;
        bool after = false;
        while (true)
        {
            (List<Snapshot> page, bool more) =
                await database.ReadAsync(session => Page(session, shard, kind, from, after, end), cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < page.Count; i++)
            {
                yield return page[i];
            }

            if (!more)
            {
                yield break;
            }

            from = page[^1].Key;
            after = true;
        }
    }

    /// <inheritdoc/>
    public ValueTask<Checkpoint> LoadCheckpointAsync(int shard, CancellationToken cancellationToken) =>
        database.ReadAsync(session => LoadCheckpoint(session, shard), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> SaveCheckpointAsync(int shard, long epoch, long sequenceNr, CancellationToken cancellationToken) =>
        database.WriteAsync(
            session =>
            {
                if (!new SqliteFence(session).Admits(shard, epoch))
                {
                    return false;
                }

                using SqliteStatement upsert = session.Use(
                    """
                    INSERT INTO dataload_checkpoint (shard_id, seq_nr, baseline_seq_nr) VALUES (?1, ?2, 0)
                    ON CONFLICT (shard_id) DO UPDATE SET seq_nr = max(seq_nr, excluded.seq_nr)
                    """);
                upsert.Bind(1, shard).Bind(2, sequenceNr).Execute();
                return true;
            },
            cancellationToken);

    /// <summary>Writes and removes in the open transaction.</summary>
    /// <returns>The shards whose epoch is stale.</returns>
    internal static IReadOnlyList<int> Write(SqliteSession session, IReadOnlyList<SnapshotWrite> writes)
    {
        var fence = new SqliteFence(session);
        using SqliteStatement upsert = session.Use(
            """
            INSERT INTO dataload_snapshot (shard_id, kind, key, seq_nr, bytes) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (shard_id, kind, key) DO UPDATE SET seq_nr = excluded.seq_nr, bytes = excluded.bytes
            WHERE dataload_snapshot.seq_nr <= excluded.seq_nr
            """);
        using SqliteStatement delete = session.Use("DELETE FROM dataload_snapshot WHERE shard_id = ?1 AND kind = ?2 AND key = ?3");
        foreach (SnapshotWrite write in writes)
        {
            if (!fence.Admits(write.Shard, write.Epoch))
            {
                continue;
            }

            SqliteStatement statement = write.Bytes is null ? delete : upsert;
            statement.Bind(1, write.Shard).Bind(2, (long)write.Kind).Bind(3, write.Key.AsSpan());
            if (write.Bytes is not null)
            {
                statement.Bind(4, write.SequenceNr).Bind(5, write.Bytes.AsSpan());
            }

            statement.Execute();
        }

        return fence.Stale;
    }

    /// <summary>A shard's checkpoint in the open transaction.</summary>
    internal static Checkpoint LoadCheckpoint(SqliteSession session, int shard)
    {
        using SqliteStatement select = session.Use("SELECT seq_nr, baseline_seq_nr FROM dataload_checkpoint WHERE shard_id = ?1");
        return select.Bind(1, shard).Step() ? new Checkpoint(select.Int64(0), select.Int64(1)) : default;
    }

    private static IReadOnlyList<Snapshot> Load(SqliteSession session, int shard, SnapshotKind kind, IReadOnlyList<byte[]> keys)
    {
        var found = new List<Snapshot>(keys.Count);
        foreach (byte[] key in keys)
        {
            using SqliteStatement select = session.Use(
                "SELECT seq_nr, bytes FROM dataload_snapshot WHERE shard_id = ?1 AND kind = ?2 AND key = ?3");
            if (select.Bind(1, shard).Bind(2, (long)kind).Bind(3, key.AsSpan()).Step())
            {
                found.Add(new Snapshot(key, select.Int64(0), select.Blob(1)));
            }
        }

        return found;
    }

    private (List<Snapshot> Snapshots, bool More) Page(
        SqliteSession session, int shard, SnapshotKind kind, byte[] from, bool after, byte[]? end)
    {
        var page = new List<Snapshot>();
        long bytes = 0;
        using SqliteStatement select = session.Use(
            $"""
            SELECT key, seq_nr, bytes FROM dataload_snapshot
            WHERE shard_id = ?1 AND kind = ?2 AND key {(after ? ">" : ">=")} ?3{(end is null ? "" : " AND key < ?4")}
            ORDER BY key
            """);
        select.Bind(1, shard).Bind(2, (long)kind).Bind(3, from.AsSpan());
        if (end is not null)
        {
            select.Bind(4, end.AsSpan());
        }

        while (select.Step())
        {
            var snapshot = new Snapshot(select.Blob(0), select.Int64(1), select.Blob(2));
            page.Add(snapshot);
            bytes += snapshot.Key.Length + snapshot.Bytes.Length;
            if (bytes >= database.Options.PageBytes || page.Count >= database.Options.PageRows)
            {
                return (page, true);
            }
        }

        return (page, false);
    }
}
