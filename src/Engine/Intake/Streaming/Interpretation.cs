using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Intake.Streaming;

/// <summary>What a batch of deliveries came to: what is to be sent, and which deliveries depend on each.</summary>
/// <param name="Origin">Where the deliveries came from.</param>
/// <param name="Parts">What is to be sent; each delivery depends on one of them.</param>
internal sealed record Interpretation(IDeliveryOrigin Origin, IReadOnlyList<Part> Parts)
{
    /// <summary>How long the deliveries have been held for it.</summary>
    public TimeSpan HeldFor { get; init; }
}

/// <summary>Something that is sent and must be accepted before the deliveries that depend on it are done.</summary>
/// <param name="Id">What its acceptance names.</param>
/// <param name="Target">Whom it is for.</param>
/// <param name="Message">The message: never changed, so that it may be sent again.</param>
/// <param name="Bytes">About how much memory it takes, in bytes.</param>
/// <param name="Tags">The tags of the deliveries that depend on it.</param>
internal sealed record Part(BatchId Id, PartTarget Target, object Message, long Bytes, ulong[] Tags);

/// <summary>Whom a <see cref="Part"/> is for.</summary>
internal enum PartTarget
{
    /// <summary>A Partition, by way of the region: an <see cref="EventBatch"/>, which is sent again until it is accepted.</summary>
    Partition = 0,

    /// <summary>The parking of this node: a <see cref="Engine.Parking.Park"/> of deliveries, or of a batch of events that was not accepted.</summary>
    Parking = 1,

    /// <summary>The same of deliveries that keep the rows they have.</summary>
    ParkingAgain = 2,

    /// <summary>The dead letters of this node: a <see cref="DeadLetters.PublishLetters"/>.</summary>
    DeadLetters = 3,
}
