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
