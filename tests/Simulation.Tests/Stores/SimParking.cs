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
            sent.Length,
            async parts =>
            {
                ParkedDelivery[] applied = sent[..parts];
                await parking.ParkAsync(applied, CancellationToken.None);
                watch.OnParked(applied);
                return true;
            },
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<ParkedDelivery>> DueAsync(string stream, long nowMs, int limit, CancellationToken cancellationToken) => parking.DueAsync(stream, nowMs, limit, cancellationToken);

    public ValueTask<long?> NextDueAsync(string stream, CancellationToken cancellationToken) => parking.NextDueAsync(stream, cancellationToken);

    public ValueTask<IReadOnlyList<ParkedDelivery>> ListAsync(Guid? after, int limit, CancellationToken cancellationToken) => parking.ListAsync(after, limit, cancellationToken);

    public async ValueTask RemoveAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        Guid[] sent = [.. ids];
        await wire.WriteAsync(
            "Parking.Remove",
            sent.Length,
            async parts =>
            {
                Guid[] applied = sent[..parts];
                watch.OnUnparking(applied);
                await parking.RemoveAsync(applied, CancellationToken.None);
                return true;
            },
            cancellationToken);
    }

    public ValueTask<long> CountAsync(CancellationToken cancellationToken) => parking.CountAsync(cancellationToken);
}
