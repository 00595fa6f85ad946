namespace DataLoad.Engine.Parking;

/// <summary>Deliveries that wait durably, for whichever node over the store takes them up: by a claim, a token in their rows. Who was the last to claim a
/// row changes and removes it, nobody else.</summary>
public interface IParkingStore
{
    /// <summary>Stores deliveries in one transaction; one whose id is stored already stays as it is.</summary>
    ValueTask ParkAsync(IReadOnlyList<ParkedDelivery> deliveries, CancellationToken cancellationToken);

    /// <summary>Gives deliveries their new due time and tries and ends their claim, in one transaction; those that are not under it, or are gone, stay as
    /// they are.</summary>
    ValueTask ParkAgainAsync(IReadOnlyList<ParkedDelivery> deliveries, Guid claim, CancellationToken cancellationToken);

    /// <summary>Claims those of a stream that are due at or before a time, the longest due first, but none that another call is claiming; they stay stored
    /// until removed, and are due again when the claim has run out. Given as they were before.</summary>
    /// <param name="stream">The stream's name.</param>
    /// <param name="nowMs">The time, in epoch milliseconds.</param>
    /// <param name="untilMs">When the claim runs out, in epoch milliseconds.</param>
    /// <param name="claim">The claim's token, which no other call has.</param>
    /// <param name="limit">How many at the most.</param>
    /// <param name="maxBytes">What their messages may take, in bytes; the first one is given whatever it takes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<IReadOnlyList<ParkedDelivery>> ClaimAsync(
        string stream, long nowMs, long untilMs, Guid claim, int limit, long maxBytes, CancellationToken cancellationToken);

    /// <summary>Lets a claim run longer; deliveries that are not under it, or are gone, stay as they are.</summary>
    ValueTask RenewAsync(IReadOnlyList<Guid> ids, Guid claim, long untilMs, CancellationToken cancellationToken);

    /// <summary>When the next one of a stream is due, in epoch milliseconds, or null where none is stored; one that is claimed is due when its claim has run
    /// out.</summary>
    ValueTask<long?> NextDueAsync(string stream, CancellationToken cancellationToken);

    /// <summary>Those that are stored in the order of their ids; for reading all of them, a page at a time.</summary>
    /// <param name="stream">Only those of a stream; null for all streams.</param>
    /// <param name="after">Only those after this id; null for the first page.</param>
    /// <param name="limit">How many at the most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<IReadOnlyList<ParkedDelivery>> ListAsync(string? stream, Guid? after, int limit, CancellationToken cancellationToken);

    /// <summary>Removes deliveries that are done, in one transaction; those that are not under the claim stay.</summary>
    /// <returns>How many were removed.</returns>
    ValueTask<int> RemoveAsync(IReadOnlyList<Guid> ids, Guid claim, CancellationToken cancellationToken);

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
