using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Clustering;

/// <summary>
/// What must be true before a Partition is owned here: the schema is up to date, what is fixed at the first start is as it was,
/// no other node runs over the store, and all statistics rows are the engine's. Waits while the store is away or another node
/// has the lease.
/// </summary>
public sealed class NodeStart
{
    // One lease stands for all Partitions: one node runs at a time. Partitions are numbered from 0.
    private const int AllPartitions = -1;

    private readonly NodeStartOptions _options;
    private readonly IStore _store;
    private readonly ILogger _logger;

    /// <summary>Makes a start; <see cref="RunAsync"/> runs it.</summary>
    public NodeStart(NodeStartOptions options, ILogger logger)
    {
        _options = options;
        _store = options.Store;
        _logger = logger;
    }

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
        LeaseAttempt attempt = await _store.Leases.AcquireAsync(_options.Node, [AllPartitions], _options.LeaseTimeToLive, cancellationToken);
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
            await Task.Delay(_options.LeaseRenewInterval, _options.Time, cancellationToken);
            try
            {
                if ((await _store.Leases.RenewAsync(_options.Node.Id, _options.LeaseTimeToLive, cancellationToken)).Count == 0)
                {
                    return;
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // The clock does not decide: until an Epoch turns out stale, the Partitions go on.
                ClusterLog.RenewFailed(_logger, _options.LeaseRenewInterval, e.Message);
            }
        }
    }

    /// <summary>Gives the lease back; where that fails it ends by itself.</summary>
    public async Task ReleaseAsync()
    {
        WaitingFor = "the node is stopped";
        try
        {
            await _store.Leases.ReleaseAsync(_options.Node.Id, CancellationToken.None);
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

        await FixedValues.FixAsync(_store, _options.Partitions, _options.TimeZone, cancellationToken);
    }

    private async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        PausedStreams = await _store.PausedStreams.ListAsync(cancellationToken);
        var adoption = new RowAdoption(_store.Statistics, _store.Snapshots, _store.Partitions, _options.Catalog, _store.Name);
        foreach ((string table, long rows) in await adoption.RunAsync(_options.Partitions, _options.AdoptExistingRows, cancellationToken))
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
                async token => attempt = await _store.Leases.AcquireAsync(_options.Node, [AllPartitions], _options.LeaseTimeToLive, token),
                cancellationToken);
            if (attempt.Granted.Count > 0)
            {
                ClusterLog.Owner(_logger, _options.Node.Id, _store.Name);
                return;
            }

            string holder = attempt.HeldBy?.Id ?? "that has not said its name";
            WaitingFor = $"node {holder} runs over {_store.Name}; standing by to take over";
            if (!string.Equals(holder, standingBy, StringComparison.Ordinal))
            {
                ClusterLog.StandingBy(_logger, holder, _store.Name);
                standingBy = holder;
            }

            await Task.Delay(_options.LeaseRenewInterval, _options.Time, cancellationToken);
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
                TimeSpan wait = _options.Backoff.After(failures);
                WaitingFor = $"{_store.Name} cannot be reached: {e.Message}";
                ClusterLog.StoreAway(_logger, _store.Name, failures, wait, e.Message);
                await Task.Delay(wait, _options.Time, cancellationToken);
            }
        }
    }
}

/// <summary>What a <see cref="NodeStart"/> works with.</summary>
public sealed record NodeStartOptions
{
    /// <summary>Who the node is.</summary>
    public required NodeInfo Node { get; init; }

    /// <summary>The store.</summary>
    public required IStore Store { get; init; }

    /// <summary>The pages and streams.</summary>
    public required Catalog Catalog { get; init; }

    /// <summary>How many Partitions there are.</summary>
    public required int Partitions { get; init; }

    /// <summary>The IANA name of the zone that days are told in.</summary>
    public required string TimeZone { get; init; }

    /// <summary>Whether rows that the engine did not write are taken as a baseline that its counts add to.</summary>
    public required bool AdoptExistingRows { get; init; }

    /// <summary>How long the lease lasts without being renewed.</summary>
    public required TimeSpan LeaseTimeToLive { get; init; }

    /// <summary>How often the lease is renewed, and how often a node that has none tries again.</summary>
    public required TimeSpan LeaseRenewInterval { get; init; }

    /// <summary>The waits between tries while the store is away.</summary>
    public required Backoff Backoff { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }
}
