namespace DataLoad.Engine.Parking;

/// <summary>What parking says of itself; written by its actor, read by anybody.</summary>
public sealed class ParkingState
{
    private long _count;
    private volatile string? _failing;

    /// <summary>How many deliveries are parked, as far as this node knows.</summary>
    public long Count
    {
        get => Interlocked.Read(ref _count);
        internal set => Interlocked.Exchange(ref _count, value);
    }

    /// <summary>What fails and is tried again, or that there is no room; else null.</summary>
    public string? Failing
    {
        get => _failing;
        internal set => _failing = value;
    }
}
