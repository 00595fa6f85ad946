using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Sharding;

/// <summary>One resolved event in a <see cref="ShardBatch"/>: what the shard decides by, and where its bytes are.</summary>
internal struct ShardItem
{
    public byte StreamId;
    public byte PageId;
    public TopicKey Topic;
    public long TimeMs;
    public int Day;
    public EventId Identity;
    public int Offset;
    public int Length;

    public readonly CounterId CounterId => new(PageId, Topic, Day);
}
