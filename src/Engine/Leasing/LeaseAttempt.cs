namespace DataLoad.Engine.Leasing;

/// <summary>What came of trying to take leases.</summary>
/// <param name="Granted">The leases that are now the node's.</param>
/// <param name="HeldBy">A node that holds others and lives, or null.</param>
public sealed record LeaseAttempt(IReadOnlyList<ShardLease> Granted, NodeInfo? HeldBy);
