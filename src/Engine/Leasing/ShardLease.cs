namespace DataLoad.Engine.Leasing;

/// <summary>The right to own a shard.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Epoch">The fencing token: grows at every ownership, 1 and up.</param>
public readonly record struct ShardLease(int Shard, long Epoch);
