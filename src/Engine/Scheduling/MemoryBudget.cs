namespace DataLoad.Engine.Scheduling;

/// <summary>The memory that Counters and seen identities of all of a node's shards may hold together. Thread-safe.</summary>
/// <param name="limitBytes">The limit, in bytes.</param>
public sealed class MemoryBudget(long limitBytes)
{
    private long _used;

    /// <summary>The limit, in bytes.</summary>
    public long LimitBytes => limitBytes;

    /// <summary>What is held now, in bytes.</summary>
    public long UsedBytes => Interlocked.Read(ref _used);

    /// <summary>By how much the limit is passed, in bytes; 0 or less where it is not.</summary>
    public long OverBytes => UsedBytes - limitBytes;

    /// <summary>Adds to what is held, or takes from it.</summary>
    public void Add(long bytes) => Interlocked.Add(ref _used, bytes);
}
