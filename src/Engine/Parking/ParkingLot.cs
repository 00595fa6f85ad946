using System.Collections.Concurrent;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Parking;

/// <summary>
/// The parked deliveries of a node: a store, a bound on how many there may be, and a signal for each stream whose
/// deliveries come due. Repeats what fails until it works. Thread-safe.
/// </summary>
public sealed class ParkingLot(IParkingStore store, ParkingLotOptions options, ILogger logger)
{
    private readonly ConcurrentDictionary<string, Signal> _signals = new(StringComparer.Ordinal);
    private long _count;

    /// <summary>How many deliveries are parked.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Set when something of a stream was parked.</summary>
    public Signal ArrivedOf(string stream) => _signals.GetOrAdd(stream, _ => new Signal());

    /// <summary>Counts what is stored; call it before the first use.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken) =>
        Interlocked.Exchange(ref _count, await RetryAsync("counting", store.CountAsync, cancellationToken).ConfigureAwait(false));

    /// <summary>Parks deliveries from the broker; waits while the lot is full.</summary>
    public async ValueTask ParkAsync(IReadOnlyList<ParkedDelivery> deliveries, CancellationToken cancellationToken)
    {
        for (int tries = 1; Count >= options.MaxParked; tries++)
        {
            TimeSpan wait = options.Backoff.After(tries);
            ParkingLog.Full(logger, options.MaxParked, wait);
            await Task.Delay(wait, options.Time, cancellationToken).ConfigureAwait(false);
        }

        // Counted first: one that is cancelled after the store has it is counted rather too often than not at all.
        Interlocked.Add(ref _count, deliveries.Count);
        await ParkAgainAsync(deliveries, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Parks again what came back, with a new due time: its room is reserved.</summary>
    public async ValueTask ParkAgainAsync(IReadOnlyList<ParkedDelivery> deliveries, CancellationToken cancellationToken)
    {
        await RetryAsync(
            "parking",
            async token =>
            {
                await store.ParkAsync(deliveries, token).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        if (Fault.Is(FaultPoint.ParkedUnannounced))
        {
            return;
        }

        foreach (string stream in deliveries.Select(delivery => delivery.Stream).Distinct(StringComparer.Ordinal))
        {
            ArrivedOf(stream).Set();
        }
    }

    /// <summary>Those of a stream that are due.</summary>
    public ValueTask<IReadOnlyList<ParkedDelivery>> DueAsync(string stream, long nowMs, int limit, CancellationToken cancellationToken) =>
        RetryAsync("reading", token => store.DueAsync(stream, nowMs, limit, token), cancellationToken);

    /// <summary>When the next of a stream is due, or null.</summary>
    public ValueTask<long?> NextDueAsync(string stream, CancellationToken cancellationToken) =>
        RetryAsync("reading", token => store.NextDueAsync(stream, token), cancellationToken);

    /// <summary>Removes what is done.</summary>
    public async ValueTask RemoveAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        await RetryAsync(
            "removing",
            async token =>
            {
                await store.RemoveAsync(ids, token).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        Interlocked.Add(ref _count, -ids.Count);
    }

    private async ValueTask<T> RetryAsync<T>(string what, Func<CancellationToken, ValueTask<T>> action, CancellationToken cancellationToken)
    {
        for (int failures = 1; ; failures++)
        {
            try
            {
                return await action(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                TimeSpan wait = options.Backoff.After(failures);
                ParkingLog.Failed(logger, what, failures, wait, e.Message);
                await Task.Delay(wait, options.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
