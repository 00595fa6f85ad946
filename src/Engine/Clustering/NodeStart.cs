using System.Globalization;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Clustering;

/// <summary>What must be true before a Partition is owned here. Waits while the store is away or another node has the lease.</summary>
/// <remarks>The schema is up to date, what is fixed is as it was, no other node runs over the store, and all statistics rows are the engine's.</remarks>
public sealed class NodeStart(EngineSettings settings, NodeServices services)
{
    // One lease stands for all Partitions: one node runs at a time. Partitions are numbered from 0.
    private const int AllPartitions = -1;

    private readonly IStore _store = services.Store;
    private readonly ILogger _logger = services.Loggers.CreateLogger<ClusterNode>();

    /// <summary>What is waited for, in a sentence; null when the node may own Partitions.</summary>
    public string? WaitingFor { get; internal set; } = "the start has not begun";

    /// <summary>The streams that an operator paused, as of the start.</summary>
    public IReadOnlyList<string> PausedStreams { get; private set; } = [];

    /// <summary>Makes all of it true, and returns when it is: waits for a store that is away, and for a lease that another node has.</summary>
    /// <exception cref="StoreException">The store cannot be used as it is: the message says why, and what to do.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await RetryAsync(PrepareAsync, cancellationToken);
        await AcquireAsync(cancellationToken);
        await RetryAsync(FinishAsync, cancellationToken);
        WaitingFor = null;
    }

    /// <summary>Makes all of it true at once, or says why it is not.</summary>
    /// <exception cref="StoreException">Another node runs over the store, or it cannot be used as it is.</exception>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken);
        LeaseAttempt attempt = await _store.Leases.AcquireAsync(services.Info, [AllPartitions], settings.LeaseTimeToLive, cancellationToken);
        if (attempt.Granted.Count == 0)
        {
            throw new StoreException($"Another node ({attempt.HeldBy?.Id ?? "unknown"}) runs over {_store.Name} and does not answer: stop it first.");
        }

        await FinishAsync(cancellationToken);
        WaitingFor = null;
    }

    /// <summary>Keeps the lease until it is lost or the token ends; returns when it is lost.</summary>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(settings.LeaseRenewInterval, services.Time, cancellationToken);
            try
            {
                if ((await _store.Leases.RenewAsync(services.Info.Id, settings.LeaseTimeToLive, cancellationToken)).Count == 0)
                {
                    return;
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // The clock does not decide: until an Epoch turns out stale, the Partitions go on.
                ClusterLog.RenewFailed(_logger, settings.LeaseRenewInterval, e.Message);
            }
        }
    }

    /// <summary>Gives the lease back; where that fails it ends by itself.</summary>
    public async Task ReleaseAsync()
    {
        WaitingFor = "the node is stopped";
        try
        {
            await _store.Leases.ReleaseAsync(services.Info.Id, CancellationToken.None);
        }
        catch (Exception e)
        {
            ClusterLog.ReleaseFailed(_logger, e.Message);
        }
    }

    private async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        await _store.MigrateAsync(cancellationToken);
        if (await _store.CheckJournalAsync(cancellationToken) is { } wrong)
        {
            throw new StoreException(wrong);
        }

        await FixedValues.FixAsync(_store, settings.Partitions.Partitions, settings.TimeZone, cancellationToken);
    }

    private async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        PausedStreams = await _store.PausedStreams.ListAsync(cancellationToken);
        var adoption = new RowAdoption(_store.Statistics, _store.Snapshots, _store.Partitions, services.Catalog, _store.Name);
        foreach ((string table, long rows) in await adoption.RunAsync(settings.Partitions.Partitions, settings.AdoptExistingRows, cancellationToken))
        {
            ClusterLog.Adopted(_logger, rows, table);
        }
    }

    private async Task AcquireAsync(CancellationToken cancellationToken)
    {
        string? standingBy = null;
        while (true)
        {
            LeaseAttempt attempt = new([], HeldBy: null);
            await RetryAsync(
                async token => attempt = await _store.Leases.AcquireAsync(services.Info, [AllPartitions], settings.LeaseTimeToLive, token),
                cancellationToken);
            if (attempt.Granted.Count > 0)
            {
                ClusterLog.Owner(_logger, services.Info.Id, _store.Name);
                return;
            }

            string holder = attempt.HeldBy?.Id ?? "that has not said its name";
            WaitingFor = $"node {holder} runs over {_store.Name}; standing by to take over";
            if (!string.Equals(holder, standingBy, StringComparison.Ordinal))
            {
                ClusterLog.StandingBy(_logger, holder, _store.Name);
                standingBy = holder;
            }

            await Task.Delay(settings.LeaseRenewInterval, services.Time, cancellationToken);
        }
    }

    private async ValueTask RetryAsync(Func<CancellationToken, ValueTask> action, CancellationToken cancellationToken)
    {
        for (int failures = 1; ; failures++)
        {
            try
            {
                await action(cancellationToken);
                return;
            }
            catch (Exception e) when (e is not (StoreException or StoredFormatException or OverflowException) && !cancellationToken.IsCancellationRequested)
            {
                TimeSpan wait = settings.Intake.Backoff.After(failures);
                WaitingFor = $"{_store.Name} cannot be reached: {e.Message}";
                ClusterLog.StoreAway(_logger, _store.Name, failures, wait, e.Message);
                await Task.Delay(wait, services.Time, cancellationToken);
            }
        }
    }
}

/// <summary>What is fixed at the first start and checked after: the number of Partitions and the zone of days.</summary>
public static class FixedValues
{
    /// <summary>The name that the number of Partitions is fixed under.</summary>
    public const string Partitions = "partitions";

    /// <summary>The name that the zone is fixed under.</summary>
    public const string TimeZone = "time-zone";

    /// <summary>Fixes the values, or checks that they are as they were fixed.</summary>
    /// <exception cref="StoreException">A value differs.</exception>
    public static async Task FixAsync(IStore store, int partitions, string timeZone, CancellationToken cancellationToken)
    {
        await FixAsync(store, Partitions, partitions.ToString(CultureInfo.InvariantCulture), "dataload.sharding.shards", cancellationToken);
        await FixAsync(store, TimeZone, timeZone, "dataload.time-zone", cancellationToken);
    }

    private static async Task FixAsync(IStore store, string name, string proposed, string setting, CancellationToken cancellationToken)
    {
        string value = await store.FixAsync(name, proposed, cancellationToken);
        if (!string.Equals(value, proposed, StringComparison.Ordinal))
        {
            throw new StoreException(
                $"{setting} is {proposed}, but {store.Name} was started with {value}, which cannot change: "
                + $"set it back to {value}, or start with an empty store.");
        }
    }
}
