using System.Runtime.CompilerServices;
using DataLoad.Engine.Journaling;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>Snapshots and checkpoints.</summary>
internal sealed class PostgreSqlSnapshotStore(NpgsqlDataSource source) : ISnapshotStore
{
    private const int PageBytes = 4 * 1024 * 1024;
    private const int PageRows = 512;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<int>> SaveAsync(IReadOnlyList<SnapshotWrite> writes, CancellationToken cancellationToken)
    {
        if (writes.Count == 0)
        {
            return [];
        }

        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        (int[] shards, long[] epochs) = PostgreSqlFence.Distinct(writes.Select(write => (write.Shard, write.Epoch)));
        await using NpgsqlBatch batch = PostgreSqlFence.Begin(connection, shards, epochs);
        PostgreSqlSnapshotWrites.AddTo(batch, writes);
        return await PostgreSqlFence.ExecuteAsync(batch, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Snapshot>> LoadAsync(
        int shard, SnapshotKind kind, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
        {
            return [];
        }

        await using NpgsqlCommand command = source.CreateCommand(
            "SELECT key, seq_nr, bytes FROM dataload_snapshot WHERE shard_id = $1 AND kind = $2 AND key = ANY ($3)");
        command.Parameters.Add(Parameter.Of(shard));
        command.Parameters.Add(Parameter.Of((short)kind));
        command.Parameters.Add(Parameter.Of(keys as byte[][] ?? [.. keys]));
        return await ReadAsync(command, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Snapshot> ListAsync(
        int shard, SnapshotKind kind, byte[] keyPrefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        byte[]? end = KeyPrefix.End(keyPrefix);
        byte[] from = keyPrefix;
        bool after = false;
        while (true)
        {
            List<Snapshot> page = await ReadPageAsync(shard, kind, from, after, end, cancellationToken);
            if (page.Count == 0)
            {
                yield break;
            }

            foreach (Snapshot snapshot in page)
            {
                yield return snapshot;
            }

            from = page[^1].Key;
            after = true;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Checkpoint> LoadCheckpointAsync(int shard, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        return await PostgreSqlCheckpoint.LoadAsync(connection, shard, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> SaveCheckpointAsync(int shard, long epoch, long sequenceNr, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        await using NpgsqlBatch batch = PostgreSqlFence.Begin(connection, shard, epoch);
        batch.BatchCommands.Add(PostgreSqlCheckpoint.Save(shard, epoch, sequenceNr, baselineSequenceNr: 0));
        return (await PostgreSqlFence.ExecuteAsync(batch, cancellationToken)).Count == 0;
    }

    private async ValueTask<List<Snapshot>> ReadPageAsync(
        int shard, SnapshotKind kind, byte[] from, bool after, byte[]? end, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand(
            $"""
            SELECT key, seq_nr, bytes
            FROM (
                SELECT key, seq_nr, bytes, sum(octet_length(bytes)) OVER (ORDER BY key) - octet_length(bytes) AS before
                FROM (
                    SELECT key, seq_nr, bytes FROM dataload_snapshot
                    WHERE shard_id = $1 AND kind = $2 AND key {(after ? ">" : ">=")} $3{(end is null ? "" : " AND key < $4")}
                    ORDER BY key
                    LIMIT {PageRows}) p) q
            WHERE before < {PageBytes}
            ORDER BY key
            """);
        command.Parameters.Add(Parameter.Of(shard));
        command.Parameters.Add(Parameter.Of((short)kind));
        command.Parameters.Add(Parameter.Of(from));
        if (end is not null)
        {
            command.Parameters.Add(Parameter.Of(end));
        }

        return await ReadAsync(command, cancellationToken);
    }

    private static async ValueTask<List<Snapshot>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        var snapshots = new List<Snapshot>();
        while (await reader.ReadAsync(cancellationToken))
        {
            snapshots.Add(Read(reader));
        }

        return snapshots;
    }

    private static Snapshot Read(NpgsqlDataReader reader) =>
        new(reader.GetFieldValue<byte[]>(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2));
}
