namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>
/// Compares the epochs of a batch of writes with those of the leases, in the batch's own transaction; asks once a shard.
/// </summary>
internal sealed class SqliteFence(SqliteSession session)
{
    private readonly Dictionary<int, long> _epochs = [];
    private List<int>? _stale;

    /// <summary>The shards that were met under a stale epoch.</summary>
    public IReadOnlyList<int> Stale => _stale ?? (IReadOnlyList<int>)[];

    /// <summary>Whether a shard's epoch is the current one; notes the shard where it is not.</summary>
    public bool Admits(int shard, long epoch)
    {
        if (!_epochs.TryGetValue(shard, out long current))
        {
            using SqliteStatement select = session.Use("SELECT epoch FROM dataload_lease WHERE shard_id = ?1");
            current = select.Bind(1, shard).Scalar(fallback: -1);
            _epochs.Add(shard, current);
        }

        if (current == epoch)
        {
            return true;
        }

        _stale ??= [];
        if (!_stale.Contains(shard))
        {
            _stale.Add(shard);
        }

        return false;
    }
}
