namespace DataLoad.Engine.Sharding;

/// <summary>Something that a shard's own loop has to do, between blocks, since only it may touch its state.</summary>
/// <param name="run">What is done.</param>
internal sealed class ShardCommand(Func<Shard, CancellationToken, ValueTask> run)
{
    public Func<Shard, CancellationToken, ValueTask> Run => run;

    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
