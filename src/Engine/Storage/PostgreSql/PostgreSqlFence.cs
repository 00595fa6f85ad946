using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>
/// The first statement of every transaction that writes for Partitions: it locks their Partitions' rows and says which Epochs are
/// stale. What follows in the same batch writes only <see cref="Holds"/>.
/// </summary>
/// <remarks>
/// <para>
/// A takeover updates the Partition's row, so it and this lock exclude each other until commit. A statement that waited for
/// the lock sees the row as the takeover left it (READ COMMITTED reads a locked row again), so the epoch that is
/// compared is the one that was locked; and a later statement of the batch has a newer snapshot, of a row that cannot
/// change any more. An epoch that was stale once stays so, because epochs only grow.
/// </para>
/// <para>All of them are locked at once and in order, here, so that two writers cannot wait for each other.</para>
/// </remarks>
internal static class PostgreSqlFence
{
    /// <summary>The condition on <c>w</c>, a row with <c>partition_id</c> and <c>epoch</c>, under which it may be written.</summary>
    public const string Holds =
        "EXISTS (SELECT FROM dataload_partition p WHERE p.partition_id = w.partition_id AND p.epoch = w.epoch)";

    /// <summary>The locked rows, as a part of a statement whose first parameter is the array of Partitions.</summary>
    public const string Held =
        """
        held AS MATERIALIZED (
            SELECT partition_id, epoch FROM dataload_partition
            WHERE partition_id = ANY ($1)
            ORDER BY partition_id
            FOR SHARE)
        """;

    /// <summary>The stale Partitions as an array; the first two parameters are the arrays of Partitions and Epochs.</summary>
    public const string Stale =
        """
        ARRAY (
            SELECT DISTINCT w.partition_id FROM unnest($1, $2) AS w (partition_id, epoch)
            WHERE NOT EXISTS (SELECT FROM held h WHERE h.partition_id = w.partition_id AND h.epoch = w.epoch))
        """;

    private const string Sql = $"WITH {Held} SELECT {Stale}";

    /// <summary>Where the rows themselves are changed: two writers that both shared a row would wait for each other.</summary>
    private static readonly string ExclusiveSql = Sql.Replace("FOR SHARE", "FOR NO KEY UPDATE", StringComparison.Ordinal);

    /// <summary>The fence of Partitions and Epochs, which are distinct.</summary>
    public static NpgsqlBatchCommand Command(int[] partitions, long[] epochs, bool isExclusive) => new(isExclusive ? ExclusiveSql : Sql)
    {
        Parameters = { Parameter.Of(partitions), Parameter.Of(epochs) },
    };

    /// <summary>A batch that starts with the fence.</summary>
    public static NpgsqlBatch Begin(NpgsqlConnection connection, int[] partitions, long[] epochs)
    {
        NpgsqlBatch batch = connection.CreateBatch();
        batch.BatchCommands.Add(Command(partitions, epochs, isExclusive: false));
        return batch;
    }

    /// <summary>Runs a batch in one round trip and one transaction.</summary>
    /// <returns>The stale Partitions.</returns>
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

    /// <summary>The stale Partitions in a row that was read, and is in memory.</summary>
    public static int[] ReadStale(NpgsqlDataReader reader, int ordinal) => reader.GetFieldValue<int[]>(ordinal);

    /// <summary>The distinct pairs of Partition and Epoch in a sequence of writes.</summary>
    public static (int[] Partitions, long[] Epochs) Distinct(IEnumerable<(int Partition, long Epoch)> writes)
    {
        (int Partition, long Epoch)[] pairs = [.. writes.Distinct()];
        return ([.. pairs.Select(pair => pair.Partition)], [.. pairs.Select(pair => pair.Epoch)]);
    }
}
