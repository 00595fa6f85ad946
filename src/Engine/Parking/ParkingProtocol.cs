using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Parking;

/// <summary>Asks the <see cref="ParkingActor"/> to hold deliveries; answered by <see cref="Parked"/> when they are stored.</summary>
internal sealed record Park(BatchId Id, IReadOnlyList<ParkedDelivery> Deliveries);

/// <summary>Asks to hold deliveries again, whose rows are under a claim, which ends; they need no room and never wait for it. Answered by
/// <see cref="Parked"/> when they are stored, or are somebody else's.</summary>
internal sealed record ParkAgain(BatchId Id, IReadOnlyList<ParkedDelivery> Deliveries, Guid Claim);

/// <summary>Answers a <see cref="Park"/> or <see cref="ParkAgain"/>: its deliveries are stored.</summary>
internal sealed record Parked(BatchId Id);

/// <summary>Takes back a <see cref="Park"/> whose sender no longer waits: it is not tried again. One that is being stored, or was perhaps, may be stored all
/// the same. Not answered.</summary>
internal sealed record CancelParking(BatchId Id);

/// <summary>Removes the rows of deliveries that are done, as far as they are under a claim; answered by <see cref="Unparked"/>.</summary>
internal sealed record Unpark(BatchId Id, IReadOnlyList<Guid> Ids, Guid Claim);

/// <summary>Answers an <see cref="Unpark"/>: the rows are gone, so many by this, or are somebody else's.</summary>
internal sealed record Unparked(BatchId Id, int Removed);

/// <summary>Claims the deliveries of a stream that are due, as <see cref="IParkingStore.ClaimAsync"/> gives them; answered by
/// <see cref="DueDeliveries"/>.</summary>
internal sealed record ClaimDue(string Stream, int Limit, long MaxBytes);

/// <summary>Answers a <see cref="ClaimDue"/> with those that were due, the longest due first, and the claim under which their rows stay until they are
/// unparked; where none is, with when the next one is, in epoch milliseconds, or null where none is stored.</summary>
internal sealed record DueDeliveries(IReadOnlyList<ParkedDelivery> Deliveries, Guid Claim, long? NextDueMs);

/// <summary>Lets a claim run longer, as far as the rows are under it; answered by <see cref="ClaimRenewed"/>.</summary>
internal sealed record RenewClaim(IReadOnlyList<Guid> Ids, Guid Claim);

/// <summary>Answers a <see cref="RenewClaim"/>. It does not say which rows were still under the claim: what is sent of the others is a duplicate at the
/// Partition, and their rows are left to who has them.</summary>
internal sealed record ClaimRenewed(Guid Claim);

/// <summary>Asks to be told, by <see cref="ParkingChanged"/>, when something of a stream was parked, for as long as the sender lives.</summary>
internal sealed record SubscribeParking(string Stream);

/// <summary>Something of a stream was parked, or may have been.</summary>
internal sealed record ParkingChanged;

/// <summary>What parking says of itself; written by its actor, read by anybody.</summary>
public sealed class ParkingState
{
    private long _count;

    /// <summary>How many deliveries are parked in the store, as far as this node knows.</summary>
    public long Count { get => Interlocked.Read(ref _count); internal set => Interlocked.Exchange(ref _count, value); }

    /// <summary>What fails and is tried again, or that there is no room; else null.</summary>
    public string? Failing { get => Volatile.Read(ref field); internal set => Volatile.Write(ref field, value); }
}
