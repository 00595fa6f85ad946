using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>Locks the rows of the Partitions that a transaction writes for, as its first statement, and says which Epochs are stale.</summary>
/// <remarks>
/// A takeover updates the Partition's row, so it and this lock exclude each other until commit. A statement that waited for the lock sees the row as the
/// takeover left it (READ COMMITTED reads a locked row again), so the epoch that is compared is the one that was locked; and a later statement of the batch
/// has a newer snapshot, of a row that cannot change any more. An epoch that was stale once stays so, because epochs only grow. All are locked at once and
/// in order, here, so that two writers cannot wait for each other. What follows in the same batch writes only <see cref="Holds"/>.
/// </remarks>
internal static class PostgreSqlFence
{
    /// <summary>The condition on <c>w</c>, a row with <c>partition_id</c> and <c>epoch</c>, under which it may be written.</summary>
    public const string Holds = "EXISTS (SELECT FROM dataload_partition p WHERE p.partition_id = w.partition_id AND p.epoch = w.epoch)";

    private const string Sql =
        """
        WITH held AS MATERIALIZED (
            SELECT partition_id, epoch FROM dataload_partition
            WHERE partition_id = ANY ($1)
            ORDER BY partition_id
            FOR SHARE)
        SELECT ARRAY (
            SELECT DISTINCT w.partition_id FROM unnest($1, $2) AS w (partition_id, epoch)
            WHERE NOT EXISTS (SELECT FROM held h WHERE h.partition_id = w.partition_id AND h.epoch = w.epoch))
        """;

    /// <summary>Where the rows themselves are changed: two writers that both shared a row would wait for each other.</summary>
    private static readonly string ExclusiveSql = Sql.Replace("FOR SHARE", "FOR NO KEY UPDATE", StringComparison.Ordinal);

    /// <summary>The fence of Partitions and Epochs, which are distinct; it answers with the array of those Partitions whose Epoch is stale.</summary>
    public static NpgsqlBatchCommand Command((int Partition, long Epoch)[] writes, bool isExclusive) => new(isExclusive ? ExclusiveSql : Sql)
    {
        Parameters = { new() { Value = Array.ConvertAll(writes, write => write.Partition) }, new() { Value = Array.ConvertAll(writes, write => write.Epoch) } },
    };
}
