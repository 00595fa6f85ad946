namespace DataLoad.Engine.Parking;

/// <summary>Deliveries that wait durably.</summary>
public interface IParkingStore
{
    /// <summary>Stores deliveries in one transaction; one whose id is stored already gets the new due time and tries.</summary>
    ValueTask ParkAsync(IReadOnlyList<ParkedDelivery> deliveries, CancellationToken cancellationToken);

    /// <summary>Those of a stream that are due at or before a time, the longest due first; they stay stored until removed.</summary>
    /// <param name="stream">The stream's name.</param>
    /// <param name="nowMs">The time, in epoch milliseconds.</param>
    /// <param name="limit">How many at the most.</param>
    /// <param name="maxBytes">What their messages may take, in bytes; the first one is given whatever it takes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<IReadOnlyList<ParkedDelivery>> DueAsync(string stream, long nowMs, int limit, long maxBytes, CancellationToken cancellationToken);

    /// <summary>When the next one of a stream is due, in epoch milliseconds, or null where none is stored.</summary>
    ValueTask<long?> NextDueAsync(string stream, CancellationToken cancellationToken);

    /// <summary>Those of all streams in the order of their ids; for reading all of them, a page at a time.</summary>
    /// <param name="after">Only those after this id; null for the first page.</param>
    /// <param name="limit">How many at the most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<IReadOnlyList<ParkedDelivery>> ListAsync(Guid? after, int limit, CancellationToken cancellationToken);

    /// <summary>Removes deliveries that are done.</summary>
    ValueTask RemoveAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken);

    /// <summary>How many are stored.</summary>
    ValueTask<long> CountAsync(CancellationToken cancellationToken);
}

/// <summary>What is held durably for later: a delivery whose row is not there yet or that has an <c>x-delay</c>, a dead letter that could not be published,
/// or a batch of events that its Partition did not accept.</summary>
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
