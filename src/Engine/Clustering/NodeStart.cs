using System.Globalization;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Clustering;

/// <summary>What must be true before a Partition is owned. Waits while the store is away.</summary>
/// <remarks>The schema is up to date, what is fixed is as it was, and, before the first node of a cluster joins it, all statistics rows are the
/// engine's.</remarks>
public sealed class NodeStart(EngineSettings settings, NodeServices services)
{
    private readonly IStore _store = services.Store;
    private readonly ILogger _logger = services.Loggers.CreateLogger<ClusterNode>();

    /// <summary>What is waited for, in a sentence; null when the node may own Partitions.</summary>
    public string? WaitingFor { get => Volatile.Read(ref field); internal set => Volatile.Write(ref field, value); } = "the start has not begun";

    /// <summary>Makes sure of the schema, the journal's index and what is fixed: waits for a store that is away.</summary>
    /// <exception cref="StoreException">The store cannot be used as it is: the message says why, and what to do.</exception>
    public Task PrepareAsync(CancellationToken cancellationToken) => RetryAsync(TryPrepareAsync, cancellationToken);

    /// <summary>Does the same at once, or says why it cannot.</summary>
    /// <exception cref="StoreException">The store cannot be used as it is.</exception>
    public async Task PrepareOnceAsync(CancellationToken cancellationToken)
    {
        await TryPrepareAsync(cancellationToken);
        if ((await _store.Nodes.ListAsync(cancellationToken)).FirstOrDefault() is { } other)
        {
            throw new StoreException($"Another node ({other.Node.Id}) runs over {_store.Name} and does not answer: stop it first.");
        }
    }

    /// <summary>Adopts or refuses rows that the engine did not write: for the node that founds a cluster, before any other can join.</summary>
    /// <exception cref="StoreException">There are such rows, and they are not to be adopted.</exception>
    public Task AdoptRowsAsync(CancellationToken cancellationToken) => RetryAsync(TryAdoptRowsAsync, cancellationToken);

    /// <summary>Makes a call of the store again, with growing waits, while it is away.</summary>
    internal async Task RetryAsync(Func<CancellationToken, ValueTask> action, CancellationToken cancellationToken)
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

    private async ValueTask TryPrepareAsync(CancellationToken cancellationToken)
    {
        if (await _store.CheckDatabaseAsync(services.Catalog.Pages, cancellationToken) is { } unfit)
        {
            throw new StoreException(unfit);
        }

        await _store.MigrateAsync(cancellationToken);
        if (await _store.CheckJournalAsync(cancellationToken) is { } wrong)
        {
            throw new StoreException(wrong);
        }

        await FixedValues.FixAsync(_store, settings.Partitions.Partitions, settings.TimeZone, cancellationToken);
        if (await _store.Nodes.FindRefusalAsync(cancellationToken) is { } refusal)
        {
            throw new StoreException(refusal);
        }

        bool isAlone = (await _store.Nodes.ListAsync(cancellationToken)).Count == 0;
        if (!isAlone)
        {
            await RequireSameDeclarationsAsync(cancellationToken);
        }
        else if (!settings.AdoptExistingRows)
        {
            // Refused before anything has started, where it would be anyway.
            await TryAdoptRowsAsync(cancellationToken);
        }
    }

    /// <summary>What is counted is the cluster's: only while no node runs can it change.</summary>
    private async ValueTask RequireSameDeclarationsAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Declaration> agreed = await _store.Declarations.ListAsync(cancellationToken);
        HashSet<string> on = agreed.Where(known => known.Column is null).Select(known => known.Table).ToHashSet(StringComparer.Ordinal);
        string[] wanted = [.. services.Catalog.Pages.SelectMany(page => page.Tables).Where(table => table.Breakdown is not null).Select(table => table.Name)];
        if (!on.SetEquals(wanted))
        {
            throw new StoreException(
                $"dataload.pages breaks down into {Names(wanted)}, and the nodes that run over {_store.Name} into "
                + $"{Names(on)}: set it as they have it, or stop all nodes and start them with the new setting.");
        }

        // Nodes of a version that keeps no metrics may run still.
        HashSet<string> counted = agreed.Where(known => known.Column is not null).Select(known => known.Name).ToHashSet(StringComparer.Ordinal);
        string[] declared = [.. services.Catalog.Pages.SelectMany(page => page.Metrics.Select(metric => $"{page.Table}.{metric.Column}"))];
        if (counted.Count > 0 && !counted.SetEquals(declared))
        {
            throw new StoreException(
                $"This program declares the metrics {Names(declared.Except(counted, StringComparer.Ordinal))} beyond those that the nodes over {_store.Name} count, and lacks "
                + $"{Names(counted.Except(declared, StringComparer.Ordinal))} of theirs: stop all nodes and start them with the later program.");
        }
    }

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal)) is { Length: > 0 } joined ? joined : "nothing";

    private async ValueTask TryAdoptRowsAsync(CancellationToken cancellationToken)
    {
        await _store.Declarations.AgreeAsync(services.Catalog, services.Time.GetUtcNow().ToUnixTimeMilliseconds(), cancellationToken);
        var adoption = new RowAdoption(_store.Statistics, _store.Snapshots, _store.Partitions, services.Catalog, _store.Name);
        foreach ((string table, long rows) in await adoption.RunAsync(settings.Partitions.Partitions, settings.AdoptExistingRows, cancellationToken))
        {
            ClusterLog.Adopted(_logger, rows, table);
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
