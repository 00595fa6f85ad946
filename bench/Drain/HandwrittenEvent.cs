namespace DataLoad.Bench.Drain;

/// <summary>What the hand-written consumer makes of a message and its row.</summary>
internal sealed record HandwrittenEvent(string Identity, string TopicType, int TopicId, DateOnly Day, int WuId)
{
    /// <summary>The order, where it is one.</summary>
    public HandwrittenOrder? Order { get; init; }
}
