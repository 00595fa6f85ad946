using System.Collections.Concurrent;
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
    private readonly Lock _lock = new();
    private long _count;
    private long _changes;
    private int _changing;
    private bool _isUncertain;

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
            await CountAgainAsync(cancellationToken).ConfigureAwait(false);
        }

        // Counted first: where the wait for the store is cancelled, nobody knows whether it has them, and they are counted
        // rather too often than not at all, until the store is asked.
        BeginChange(deliveries.Count);
        bool isStored = false;
        try
        {
            await ParkAgainAsync(deliveries, cancellationToken).ConfigureAwait(false);
            isStored = true;
        }
        finally
        {
            EndChange(0, isStored);
        }
    }

    /// <summary>Parks again what came back, with a new due time: its room is reserved.</summary>
    public async ValueTask ParkAgainAsync(IReadOnlyList<ParkedDelivery> deliveries, CancellationToken cancellationToken)
    {
        try
        {
            await RetryAsync(
                "parking",
                async token =>
                {
                    await store.ParkAsync(deliveries, token).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Where the wait was cancelled the store may have them all the same, and nobody else would tell.
            Announce(deliveries);
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
        BeginChange(0);
        bool isRemoved = false;
        try
        {
            isRemoved = await RetryAsync(
                "removing",
                async token =>
                {
                    await store.RemoveAsync(ids, token).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            EndChange(isRemoved ? -ids.Count : 0, isRemoved);
        }
    }

    private void Announce(IReadOnlyList<ParkedDelivery> deliveries)
    {
        foreach (string stream in deliveries.Select(delivery => delivery.Stream).Distinct(StringComparer.Ordinal))
        {
            ArrivedOf(stream).Set();
        }
    }

    private void BeginChange(long count)
    {
        lock (_lock)
        {
            _changes++;
            _changing++;
            Interlocked.Add(ref _count, count);
        }
    }

    private void EndChange(long count, bool isCertain)
    {
        lock (_lock)
        {
            _changes++;
            _changing--;
            _isUncertain |= !isCertain;
            Interlocked.Add(ref _count, count);
        }
    }

    /// <summary>
    /// Asks the store how many there are, where what is counted may be wrong: otherwise every cancelled parking would take
    /// room for good, and in the end the streams would wait for it for good.
    /// </summary>
    private async ValueTask CountAgainAsync(CancellationToken cancellationToken)
    {
        long changes;
        lock (_lock)
        {
            if (!_isUncertain || _changing > 0)
            {
                return;
            }

            changes = _changes;
        }

        long stored = await RetryAsync("counting", store.CountAsync, cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            // Otherwise the answer may or may not know of the change; the next wait asks again.
            if (changes == _changes)
            {
                _isUncertain = false;
                Interlocked.Exchange(ref _count, stored);
            }
        }
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
