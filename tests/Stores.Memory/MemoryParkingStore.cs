using DataLoad.Engine.Parking;

namespace DataLoad.Engine.Storage.Memory;

/// <summary>Parked deliveries in memory.</summary>
internal sealed class MemoryParkingStore(MemoryCalls calls) : IParkingStore
{
    /// <inheritdoc/>
    public async ValueTask ParkAsync(IReadOnlyList<ParkedDelivery> deliveries, CancellationToken cancellationToken) => await calls.RunAsync(
        "Parking.Park",
        state =>
        {
            foreach (ParkedDelivery delivery in deliveries)
            {
                state.Parked[delivery.Id] = state.Parked.TryGetValue(delivery.Id, out ParkedDelivery? stored)
                    ? stored with { DueMs = delivery.DueMs, Tries = delivery.Tries }
                    : Copy(delivery);
            }

            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ParkedDelivery>> DueAsync(string stream, long nowMs, int limit, long maxBytes, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<ParkedDelivery>>(
            "Parking.Due",
            state =>
            {
                long left = maxBytes;
                return [.. state.Parked.Values
                    .Where(delivery => IsOf(delivery, stream) && delivery.DueMs <= nowMs)
                    .OrderBy(delivery => delivery.DueMs)
                    .ThenBy(delivery => delivery.Id.ToString("N"), StringComparer.Ordinal)
                    .Take(limit)
                    .TakeWhile((delivery, place) => (left -= delivery.Message.Length) >= 0 || place == 0)
                    .Select(Copy)];
            },
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long?> NextDueAsync(string stream, CancellationToken cancellationToken) => calls.RunAsync(
        "Parking.NextDue",
        state => state.Parked.Values.Where(delivery => IsOf(delivery, stream)).Min(delivery => (long?)delivery.DueMs),
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ParkedDelivery>> ListAsync(Guid? after, int limit, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<ParkedDelivery>>(
            "Parking.List",
            state => [.. state.Parked.Values
                .Where(delivery => after is not { } last || delivery.Id.CompareTo(last) > 0)
                .OrderBy(delivery => delivery.Id)
                .Take(limit)
                .Select(Copy)],
            cancellationToken);

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) => await calls.RunAsync(
        "Parking.Remove",
        state =>
        {
            foreach (Guid id in ids)
            {
                state.Parked.Remove(id);
            }

            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> CountAsync(CancellationToken cancellationToken) =>
        calls.RunAsync("Parking.Count", state => (long)state.Parked.Count, cancellationToken);

    private static ParkedDelivery Copy(ParkedDelivery delivery) => delivery with { Message = [.. delivery.Message] };

    private static bool IsOf(ParkedDelivery delivery, string stream) => string.Equals(delivery.Stream, stream, StringComparison.Ordinal);
}
