using DataLoad.Engine.Parking;

namespace DataLoad.Simulation.Stores;

/// <summary>Parked deliveries over the wire.</summary>
internal sealed class SimParking(IParkingStore parking, StoreWire wire, IStoreWatch watch) : IParkingStore
{
    public async ValueTask ParkAsync(IReadOnlyList<ParkedDelivery> deliveries, CancellationToken cancellationToken)
    {
        ParkedDelivery[] sent = [.. deliveries];
        await wire.WriteAsync(
            "Parking.Park",
            async () =>
            {
                await parking.ParkAsync(sent, CancellationToken.None);
                watch.OnParked(sent);
                return true;
            },
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<ParkedDelivery>> DueAsync(string stream, long nowMs, int limit, CancellationToken cancellationToken) => parking.DueAsync(stream, nowMs, limit, cancellationToken);

    public ValueTask<long?> NextDueAsync(string stream, CancellationToken cancellationToken) => parking.NextDueAsync(stream, cancellationToken);

    public async ValueTask RemoveAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        Guid[] sent = [.. ids];
        await wire.WriteAsync(
            "Parking.Remove",
            async () =>
            {
                watch.OnUnparking(sent);
                await parking.RemoveAsync(sent, CancellationToken.None);
                return true;
            },
            cancellationToken);
    }

    public ValueTask<long> CountAsync(CancellationToken cancellationToken) => parking.CountAsync(cancellationToken);
}
