namespace DataLoad.Engine.Leasing;

/// <summary>The right to run what a number stands for: -1 for all Partitions, while one node runs over a store.</summary>
/// <param name="Shard">The number.</param>
/// <param name="Epoch">The fencing token: grows at every ownership, 1 and up.</param>
public readonly record struct ShardLease(int Shard, long Epoch);
