namespace DataLoad.Engine.Parking;

/// <summary>A delivery that is held durably for later: a row that is not there yet, or an <c>x-delay</c>.</summary>
public sealed record ParkedDelivery
{
    /// <summary>Its id; also the identity of an event that has no other.</summary>
    public required Guid Id { get; init; }

    /// <summary>The stream's name.</summary>
    public required string Stream { get; init; }

    /// <summary>When it is tried next, in epoch milliseconds.</summary>
    public required long DueMs { get; init; }

    /// <summary>How many lookups have found no row so far.</summary>
    public required int Tries { get; init; }

    /// <summary>The message: receipt, properties, headers and body.</summary>
    public required byte[] Message { get; init; }
}
