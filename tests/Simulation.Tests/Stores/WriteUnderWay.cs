namespace DataLoad.Simulation.Stores;

/// <summary>A write whose outcome its caller does not know yet.</summary>
/// <param name="arrivesAtMs">When it arrives at the store.</param>
/// <param name="order">Its place among those that arrive at the same time.</param>
/// <param name="apply">Has it take effect.</param>
/// <param name="lose">Tells the caller that the connection is gone.</param>
internal sealed class WriteUnderWay(long arrivesAtMs, int order, Action apply, Action lose)
{
    public long ArrivesAtMs => arrivesAtMs;

    public int Order => order;

    /// <summary>Whether it took effect.</summary>
    public bool IsApplied { get; private set; }

    /// <summary>Whether it is gone: it takes no effect any more.</summary>
    public bool IsLost { get; private set; }

    public void Apply()
    {
        IsApplied = true;
        apply();
    }

    public void Lose()
    {
        IsLost = true;
        lose();
    }
}
