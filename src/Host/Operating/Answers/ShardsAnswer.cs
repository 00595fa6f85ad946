namespace DataLoad.Host.Operating.Answers;

/// <summary>The shards that a node owns.</summary>
internal sealed record ShardsAnswer(IReadOnlyList<ShardsAnswer.ShardAnswer> Shards)
{
    /// <summary>A shard.</summary>
    internal sealed record ShardAnswer(int Shard, long Epoch, long SequenceNr, long CheckpointSequenceNr, long Counters, long ResidentBytes, long Unflushed, long Damaged);
}
