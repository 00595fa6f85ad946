using DataLoad.Engine.Scheduling;

namespace DataLoad.Engine.Parking;

/// <summary>The bounds of a <see cref="ParkingActor"/>.</summary>
public sealed record ParkingSettings
{
    /// <summary>How many deliveries may be parked.</summary>
    public required long MaxParked { get; init; }

    /// <summary>The waits between tries.</summary>
    public required Backoff Backoff { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }
}
