using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>
/// The first statement of every transaction that writes for shards: it locks their lease rows and says which epochs are
/// stale. What follows in the same batch writes only <see cref="Holds"/>.
/// </summary>
/// <remarks>
/// <para>
/// A takeover updates the lease row, so it and this lock exclude each other until commit. A statement that waited for
/// the lock sees the row as the takeover left it (READ COMMITTED reads a locked row again), so the epoch that is
/// compared is the one that was locked; and a later statement of the batch has a newer snapshot, of a row that cannot
/// change any more. An epoch that was stale once stays so, because epochs only grow.
/// </para>
/// <para>All shards are locked at once and in order, here, so that two writers cannot wait for each other.</para>
/// </remarks>
internal static class PostgreSqlFence
{
    /// <summary>The condition on <c>w</c>, a row with <c>shard_id</c> and <c>epoch</c>, under which it may be written.</summary>
    public const string Holds =
        "EXISTS (SELECT FROM dataload_lease l WHERE l.shard_id = w.shard_id AND l.epoch = w.epoch)";

    /// <summary>The locked rows, as a part of a statement whose first parameter is the array of shards.</summary>
    public const string Held =
        """
        held AS MATERIALIZED (
            SELECT shard_id, epoch FROM dataload_lease
            WHERE shard_id = ANY ($1)
            ORDER BY shard_id
            FOR SHARE)
        """;

    /// <summary>The stale shards as an array; the first two parameters are the arrays of shards and epochs.</summary>
    public const string Stale =
        """
        ARRAY (
            SELECT DISTINCT w.shard_id FROM unnest($1, $2) AS w (shard_id, epoch)
            WHERE NOT EXISTS (SELECT FROM held h WHERE h.shard_id = w.shard_id AND h.epoch = w.epoch))
        """;

    private const string Sql = $"WITH {Held} SELECT {Stale}";

    /// <summary>A batch that starts with the fence.</summary>
    public static NpgsqlBatch Begin(NpgsqlConnection connection, int[] shards, long[] epochs)
    {
        NpgsqlBatch batch = connection.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Sql)
        {
            Parameters = { Parameter.Of(shards), Parameter.Of(epochs) },
        });
        return batch;
    }

    /// <summary>A batch that starts with the fence of one shard.</summary>
    public static NpgsqlBatch Begin(NpgsqlConnection connection, int shard, long epoch) => Begin(connection, [shard], [epoch]);

    /// <summary>Runs a batch in one round trip and one transaction.</summary>
    /// <returns>The stale shards.</returns>
    public static async ValueTask<IReadOnlyList<int>> ExecuteAsync(NpgsqlBatch batch, CancellationToken cancellationToken)
    {
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        int[] stale = ReadStale(reader, ordinal: 0);
        while (await reader.NextResultAsync(cancellationToken))
        {
            // Errors of later statements come up here.
        }

        return stale;
    }

    /// <summary>The stale shards in a row that was read, and is in memory.</summary>
    public static int[] ReadStale(NpgsqlDataReader reader, int ordinal) => reader.GetFieldValue<int[]>(ordinal);

    /// <summary>The distinct pairs of shard and epoch in a sequence of writes.</summary>
    public static (int[] Shards, long[] Epochs) Distinct(IEnumerable<(int Shard, long Epoch)> writes)
    {
        (int Shard, long Epoch)[] pairs = [.. writes.Distinct()];
        return ([.. pairs.Select(pair => pair.Shard)], [.. pairs.Select(pair => pair.Epoch)]);
    }
}
