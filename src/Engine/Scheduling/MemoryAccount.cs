namespace DataLoad.Engine.Scheduling;

/// <summary>One Partition's part of the <see cref="MemoryBudget"/>. Not thread-safe.</summary>
/// <param name="budget">The budget of all.</param>
/// <param name="holders">How many have a part of it.</param>
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

    /// <summary>This Partition's part of what is over the budget, and a tenth more so that it need not be looked for every time.</summary>
    public long ShareOfExcess
    {
        get
        {
            long over = budget.OverBytes;
            return over <= 0 ? 0 : (long)((double)over / budget.UsedBytes * Bytes) + (Bytes / 10);
        }
    }

    /// <summary>Adds to what is held, or takes from it.</summary>
    public void Add(long bytes)
    {
        Bytes += bytes;
        budget.Add(bytes);
    }

    /// <summary>Gives all of it back.</summary>
    public void Release() => Add(-Bytes);
}
