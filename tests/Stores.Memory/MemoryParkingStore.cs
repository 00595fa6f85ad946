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
            foreach (ParkedDelivery delivery in deliveries.Reverse())
            {
                state.Parked.TryAdd(delivery.Id, Copy(delivery));
            }

            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask ParkAgainAsync(IReadOnlyList<ParkedDelivery> deliveries, Guid claim, CancellationToken cancellationToken) => await calls.RunAsync(
        "Parking.ParkAgain",
        state =>
        {
            foreach (ParkedDelivery delivery in deliveries.Where(delivery => IsUnder(state, claim, delivery.Id)))
            {
                state.Parked[delivery.Id] = state.Parked[delivery.Id] with { DueMs = delivery.DueMs, Tries = delivery.Tries };
                state.Claims.Remove(delivery.Id);
            }

            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ParkedDelivery>> ClaimAsync(
        string stream, long nowMs, long untilMs, Guid claim, int limit, long maxBytes, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<ParkedDelivery>>(
            "Parking.Claim",
            state =>
            {
                long left = maxBytes;
                List<ParkedDelivery> claimed = [.. state.Parked.Values
                    .Where(delivery => IsOf(delivery, stream) && delivery.DueMs <= nowMs)
                    .OrderBy(delivery => delivery.DueMs)
                    .ThenBy(delivery => delivery.Id.ToString("N"), StringComparer.Ordinal)
                    .Take(limit)
                    .TakeWhile((delivery, place) => (left -= delivery.Message.Length) >= 0 || place == 0)
                    .Select(Copy)];
                foreach (ParkedDelivery delivery in claimed)
                {
                    state.Parked[delivery.Id] = state.Parked[delivery.Id] with { DueMs = untilMs };
                    state.Claims[delivery.Id] = claim;
                }

                return claimed;
            },
            cancellationToken);

    /// <inheritdoc/>
    public async ValueTask RenewAsync(IReadOnlyList<Guid> ids, Guid claim, long untilMs, CancellationToken cancellationToken) => await calls.RunAsync(
        "Parking.Renew",
        state =>
        {
            foreach (Guid id in ids.Where(id => IsUnder(state, claim, id)))
            {
                state.Parked[id] = state.Parked[id] with { DueMs = untilMs };
            }

            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long?> NextDueAsync(string stream, CancellationToken cancellationToken) => calls.RunAsync(
        "Parking.NextDue",
        state => state.Parked.Values.Where(delivery => IsOf(delivery, stream)).Min(delivery => (long?)delivery.DueMs),
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ParkedDelivery>> ListAsync(string? stream, Guid? after, int limit, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<ParkedDelivery>>(
            "Parking.List",
            state => [.. state.Parked.Values
                .Where(delivery => (after is not { } last || delivery.Id.CompareTo(last) > 0) && (stream is null || IsOf(delivery, stream)))
                .OrderBy(delivery => delivery.Id)
                .Take(limit)
                .Select(Copy)],
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> RemoveAsync(IReadOnlyList<Guid> ids, Guid claim, CancellationToken cancellationToken) => calls.RunAsync(
        "Parking.Remove",
        state =>
        {
            int removed = 0;
            foreach (Guid id in ids.Where(id => IsUnder(state, claim, id)))
            {
                state.Claims.Remove(id);
                removed += state.Parked.Remove(id) ? 1 : 0;
            }

            return removed;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> CountAsync(CancellationToken cancellationToken) =>
        calls.RunAsync("Parking.Count", state => (long)state.Parked.Count, cancellationToken);

    private static ParkedDelivery Copy(ParkedDelivery delivery) => delivery with { Message = [.. delivery.Message] };

    private static bool IsUnder(MemoryStoreState state, Guid claim, Guid id) => state.Claims.TryGetValue(id, out Guid current) && current == claim;

    private static bool IsOf(ParkedDelivery delivery, string stream) => string.Equals(delivery.Stream, stream, StringComparison.Ordinal);
}
