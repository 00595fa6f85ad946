namespace DataLoad.Engine.Sharding;

/// <summary>A shard was taken over by another owner: this one must let go of it and of all that it has not journaled.</summary>
/// <param name="shard">The shard.</param>
/// <param name="epoch">The epoch that is stale.</param>
public sealed class StaleEpochException(int shard, long epoch)
    : Exception($"Shard {shard} was taken over by another owner (epoch {epoch} is stale).")
{
    /// <summary>The shard.</summary>
    public int Shard => shard;
}
