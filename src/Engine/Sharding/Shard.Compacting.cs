namespace DataLoad.Engine.Sharding;

/// <summary>Merging the segments of seen hashes.</summary>
internal sealed partial class Shard
{
    private bool StartCompaction(CancellationToken cancellationToken)
    {
        _ = cancellationToken;
        return false;
    }

    private void FinishCompaction()
    {
    }
}
