using DataLoad.Engine.Parking;

namespace DataLoad.Engine.Intake.Streaming;

/// <summary>Where a batch of deliveries came from, told when each of them is done. Used by one stream's graph.</summary>
internal interface IDeliveryOrigin
{
    /// <summary>Whether nobody waits for them any more: their channel is gone, and they come again by another.</summary>
    bool IsLost { get; }

    /// <summary>Says that the effect of these deliveries is durable.</summary>
    /// <param name="tags">Their tags.</param>
    void Complete(ReadOnlySpan<ulong> tags);

    /// <summary>Says that these, which were parked before, are parked again and keep their rows.</summary>
    /// <param name="tags">Their tags.</param>
    void KeepParked(ReadOnlySpan<ulong> tags);

    /// <summary>Whether they are parked already: then only their rows wait, and they are parked again in these.</summary>
    bool HasRows => false;

    /// <summary>Their rows, as they are when their Partition did not accept them once more; none where <see cref="HasRows"/> says so.</summary>
    /// <param name="tags">Their tags.</param>
    IReadOnlyList<ParkedDelivery> RowsOf(ReadOnlySpan<ulong> tags) => [];
}

/// <summary>Deliveries that are interpreted together.</summary>
internal interface IDeliveryBatch
{
    /// <summary>Where they came from.</summary>
    IDeliveryOrigin Origin { get; }

    /// <summary>Whether they may be parked where their rows cannot be looked up; not where they are parked already.</summary>
    bool MayBeParked { get; }

    /// <summary>Starts an interpreter and adds all of them; what it is given stays valid until <see cref="Release"/>.</summary>
    void AddTo(DeliveryInterpreter interpreter);

    /// <summary>Gives back what they lie in: nothing of them is read any more.</summary>
    void Release();

    /// <summary>Takes over a fault of the interpretation, so that the stream goes on.</summary>
    /// <returns>False where the batch cannot: then the stream fails.</returns>
    bool TakeFault(Exception fault);
}
