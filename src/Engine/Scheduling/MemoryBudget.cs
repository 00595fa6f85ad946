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

/// <summary>One Partition's part of the <see cref="MemoryBudget"/>. Not thread-safe.</summary>
internal sealed class MemoryAccount(MemoryBudget budget, int holders)
{
    /// <summary>What this Partition holds, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether the budget is passed and this Partition holds a good part of its share.</summary>
    public bool IsOverShare => budget.OverBytes > 0 && Bytes > budget.LimitBytes / holders / 2;

    /// <summary>Whether the budget is passed, whoever holds it.</summary>
    public bool IsOver => budget.OverBytes > 0;

    /// <summary>What this Partition may still take in of what the budget has left, in bytes.</summary>
    public long Room => Math.Max(0, -budget.OverBytes) / holders;

    /// <summary>This Partition's part of what is over the budget, and a tenth more so that it need not be asked for every time.</summary>
    public long ShareOfExcess => budget.OverBytes is > 0 and var over ? (long)((double)over / budget.UsedBytes * Bytes) + (Bytes / 10) : 0;

    /// <summary>Adds to what is held, or takes from it.</summary>
    public void Add(long bytes)
    {
        Bytes += bytes;
        budget.Add(bytes);
    }

    public void Release() => Add(-Bytes);
}
