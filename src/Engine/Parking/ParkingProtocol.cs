using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Parking;

/// <summary>Asks the <see cref="ParkingActor"/> to hold deliveries; answered by <see cref="Parked"/> when they are stored. Those that have a row already
/// (<paramref name="HasRoom"/>) need no room and never wait for it.</summary>
internal sealed record Park(BatchId Id, IReadOnlyList<ParkedDelivery> Deliveries, bool HasRoom);

/// <summary>Answers a <see cref="Park"/>: its deliveries are stored.</summary>
internal sealed record Parked(BatchId Id);

/// <summary>Takes back a <see cref="Park"/> whose sender no longer waits: it is not tried again. One that is being stored, or was perhaps, may be stored all
/// the same. Not answered.</summary>
internal sealed record CancelParking(BatchId Id);

/// <summary>Removes the rows of deliveries that are done; answered by <see cref="Unparked"/>.</summary>
internal sealed record Unpark(BatchId Id, IReadOnlyList<Guid> Ids);

/// <summary>Answers an <see cref="Unpark"/>: the rows are gone.</summary>
internal sealed record Unparked(BatchId Id);

/// <summary>Asks for the deliveries of a stream that are due, as <see cref="IParkingStore.DueAsync"/> gives them; answered by
/// <see cref="DueDeliveries"/>.</summary>
internal sealed record ReadDue(string Stream, long NowMs, int Limit, long MaxBytes);

/// <summary>Answers a <see cref="ReadDue"/> with those that are due, the longest due first, whose rows stay until they are unparked; where none is, with when
/// the next one is, in epoch milliseconds, or null where none is stored.</summary>
internal sealed record DueDeliveries(IReadOnlyList<ParkedDelivery> Deliveries, long? NextDueMs);

/// <summary>Asks to be told, by <see cref="ParkingChanged"/>, when something of a stream was parked, for as long as the sender lives.</summary>
internal sealed record SubscribeParking(string Stream);

/// <summary>Something of a stream was parked, or may have been.</summary>
internal sealed record ParkingChanged;

/// <summary>What parking says of itself; written by its actor, read by anybody.</summary>
public sealed class ParkingState
{
    private long _count;

    /// <summary>How many deliveries are parked, as far as this node knows.</summary>
    public long Count { get => Interlocked.Read(ref _count); internal set => Interlocked.Exchange(ref _count, value); }

    /// <summary>What fails and is tried again, or that there is no room; else null.</summary>
    public string? Failing { get => Volatile.Read(ref field); internal set => Volatile.Write(ref field, value); }
}
