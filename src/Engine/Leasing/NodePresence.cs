namespace DataLoad.Engine.Leasing;

/// <summary>A node that lives, as the store knows it.</summary>
/// <param name="Node">The node.</param>
/// <param name="Shards">How many leases it holds; 0 where it stands by.</param>
public sealed record NodePresence(NodeInfo Node, int Shards);
