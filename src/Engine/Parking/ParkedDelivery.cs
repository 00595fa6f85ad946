namespace DataLoad.Engine.Parking;

/// <summary>
/// What is held durably for later: a delivery whose row is not there yet or that has an <c>x-delay</c>, a dead letter that could not be published, or
/// a batch of events that its Partition did not accept.
/// </summary>
public sealed record ParkedDelivery
{
    /// <summary>Its id; also the identity of an event that has no other.</summary>
    public required Guid Id { get; init; }

    /// <summary>The stream's name.</summary>
    public required string Stream { get; init; }

    /// <summary>When it is tried next, in epoch milliseconds.</summary>
    public required long DueMs { get; init; }

    /// <summary>How many lookups have found no row so far; of a batch of events, how often it was not accepted in time.</summary>
    public required int Tries { get; init; }

    /// <summary>What is held: of a message its receipt, properties, headers and body.</summary>
    public required byte[] Message { get; init; }
}
