namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>
/// Compares the epochs of a batch of writes with those in force, in the batch's own transaction; asks once a Partition.
/// </summary>
internal sealed class SqliteFence(SqliteSession session)
{
    private readonly Dictionary<int, long> _epochs = [];
    private List<int>? _stale;

    /// <summary>The Partitions that were met under a stale epoch.</summary>
    public IReadOnlyList<int> Stale => _stale ?? (IReadOnlyList<int>)[];

    /// <summary>Whether a Partition's Epoch is the current one; notes the Partition where it is not.</summary>
    public bool Admits(int partition, long epoch)
    {
        if (!_epochs.TryGetValue(partition, out long current))
        {
            using SqliteStatement select = session.Use("SELECT epoch FROM dataload_partition WHERE partition_id = ?1");
            current = select.Bind(1, partition).Scalar(fallback: -1);
            _epochs.Add(partition, current);
        }

        if (current == epoch)
        {
            return true;
        }

        _stale ??= [];
        if (!_stale.Contains(partition))
        {
            _stale.Add(partition);
        }

        return false;
    }
}
