namespace DataLoad.Host.Api;

/// <summary>The shards that the node owns.</summary>
internal sealed record ShardList(IReadOnlyList<Engine.Sharding.ShardStatus> Shards);
