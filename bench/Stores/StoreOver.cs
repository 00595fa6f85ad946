using DataLoad.Engine.Journaling;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Operating;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;

namespace DataLoad.Bench.Stores;

/// <summary>A store over another, with some of its parts replaced.</summary>
/// <param name="store">The other; not disposed.</param>
internal sealed class StoreOver(IStore store) : IStore
{
    /// <inheritdoc/>
    public string Name => store.Name;

    /// <inheritdoc/>
    public IPartitionStore Partitions => store.Partitions;

    /// <inheritdoc/>
    public IJournal Journal { get; init; } = store.Journal;

    /// <inheritdoc/>
    public ISnapshotStore Snapshots { get; init; } = store.Snapshots;

    /// <inheritdoc/>
    public IStatisticsStore Statistics { get; init; } = store.Statistics;

    /// <inheritdoc/>
    public ILeaseStore Leases => store.Leases;

    /// <inheritdoc/>
    public IParkingStore Parking => store.Parking;

    /// <inheritdoc/>
    public IStatisticsQueries Queries => store.Queries;

    /// <inheritdoc/>
    public IAuditLog Audit => store.Audit;

    /// <inheritdoc/>
    public IPausedStreams PausedStreams => store.PausedStreams;

    /// <inheritdoc/>
    public ValueTask MigrateAsync(CancellationToken cancellationToken) => store.MigrateAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string?> CheckSchemaAsync(CancellationToken cancellationToken) => store.CheckSchemaAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string?> CheckJournalAsync(CancellationToken cancellationToken) => store.CheckJournalAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string> FixAsync(string name, string proposed, CancellationToken cancellationToken) => store.FixAsync(name, proposed, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string?> FindFixedAsync(string name, CancellationToken cancellationToken) => store.FindFixedAsync(name, cancellationToken);

    /// <inheritdoc/>
    public JournalConnection JournalConnection => store.JournalConnection;

    /// <inheritdoc/>
    public bool IsConflict(Exception error) => store.IsConflict(error);

    /// <inheritdoc/>
    public ValueTask PingAsync(CancellationToken cancellationToken) => store.PingAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
