using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Parking;

/// <summary>Asks the <see cref="ParkingActor"/> to hold deliveries; answered by <see cref="Parked"/> when they are stored.</summary>
/// <param name="Id">What the sender knows it by.</param>
/// <param name="Deliveries">The deliveries.</param>
/// <param name="HasRoom">Whether they have a row already, so that they need no room and never wait for it.</param>
internal sealed record Park(BatchId Id, IReadOnlyList<ParkedDelivery> Deliveries, bool HasRoom);

/// <summary>Answers a <see cref="Park"/>: its deliveries are stored.</summary>
/// <param name="Id">What the sender knows it by.</param>
internal sealed record Parked(BatchId Id);

/// <summary>
/// Takes back a <see cref="Park"/> whose sender no longer waits: it is not tried again. One that is being stored, or was perhaps, may be stored all the
/// same. Not answered.
/// </summary>
/// <param name="Id">What the sender knows it by.</param>
internal sealed record CancelParking(BatchId Id);

/// <summary>Removes deliveries that are done; answered by <see cref="Unparked"/>.</summary>
/// <param name="Id">What the sender knows it by.</param>
/// <param name="Ids">The ids of their rows.</param>
internal sealed record Unpark(BatchId Id, IReadOnlyList<Guid> Ids);

/// <summary>Answers an <see cref="Unpark"/>: the rows are gone.</summary>
/// <param name="Id">What the sender knows it by.</param>
internal sealed record Unparked(BatchId Id);

/// <summary>Asks for the deliveries of a stream that are due; answered by <see cref="DueDeliveries"/>.</summary>
/// <param name="Stream">The stream's name.</param>
/// <param name="NowMs">The time, in epoch milliseconds.</param>
/// <param name="Limit">How many at the most.</param>
/// <param name="MaxBytes">What their messages may take, in bytes; the first one is given whatever it takes.</param>
internal sealed record ReadDue(string Stream, long NowMs, int Limit, long MaxBytes);

/// <summary>Answers a <see cref="ReadDue"/>. Their rows stay until they are unparked.</summary>
/// <param name="Deliveries">Those that are due, the longest due first.</param>
/// <param name="NextDueMs">Where none is due: when the next one is, in epoch milliseconds, or null where none is stored.</param>
internal sealed record DueDeliveries(IReadOnlyList<ParkedDelivery> Deliveries, long? NextDueMs);

/// <summary>Asks to be told, by <see cref="ParkingChanged"/>, when something of a stream was parked, for as long as the sender lives.</summary>
/// <param name="Stream">The stream's name.</param>
internal sealed record SubscribeParking(string Stream);

/// <summary>Something of a stream was parked, or may have been.</summary>
internal sealed record ParkingChanged
{
    public static ParkingChanged Instance { get; } = new();
}
