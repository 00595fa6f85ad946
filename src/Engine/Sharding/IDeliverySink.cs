namespace DataLoad.Engine.Sharding;

/// <summary>Where the deliveries of a batch came from, told when they are done. Thread-safe.</summary>
public interface IDeliverySink
{
    /// <summary>Says that the effect of these deliveries is durable.</summary>
    /// <param name="tags">Their tags, as the batch carried them.</param>
    void Complete(ReadOnlySpan<ulong> tags);
}
