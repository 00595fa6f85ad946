namespace DataLoad.Engine.Scheduling;

/// <summary>The memory that Counters and seen identities of all of a node's Partitions may hold together. Thread-safe.</summary>
/// <param name="limitBytes">The limit, in bytes.</param>
public sealed class MemoryBudget(long limitBytes)
{
    // What is taken in while something is being written to be let go must have room, too.
    private readonly long _goal = limitBytes - (limitBytes / 4);
    private long _used;

    /// <summary>The limit, in bytes.</summary>
    public long LimitBytes => limitBytes;

    /// <summary>What is held now, in bytes.</summary>
    public long UsedBytes => Interlocked.Read(ref _used);

    /// <summary>How much is to be let go, in bytes: what is more than three quarters of the limit; 0 or less where nothing is.</summary>
    public long OverBytes => UsedBytes - _goal;

    /// <summary>Adds to what is held, or takes from it.</summary>
    public void Add(long bytes) => Interlocked.Add(ref _used, bytes);
}
