using DataLoad.Engine.Contract;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Operating;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;

namespace DataLoad.Bench.Freshness;

/// <summary>A store over another, with statistics tables of its own.</summary>
/// <param name="store">The other; not disposed.</param>
/// <param name="statistics">The statistics tables.</param>
internal sealed class StoreOver(IStore store, IStatisticsStore statistics) : IStore
{
    /// <inheritdoc/>
    public string Name => store.Name;

    /// <inheritdoc/>
    public IPartitionStore Partitions => store.Partitions;

    /// <inheritdoc/>
    public ISnapshotStore Snapshots => store.Snapshots;

    /// <inheritdoc/>
    public IJournalTrimmer JournalTrimmer => store.JournalTrimmer;

    /// <inheritdoc/>
    public IStatisticsStore Statistics => statistics;

    /// <inheritdoc/>
    public IDeclarationStore Declarations => store.Declarations;

    /// <inheritdoc/>
    public INodeStore Nodes => store.Nodes;

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
    public ValueTask<string?> CheckDatabaseAsync(IReadOnlyList<Page> pages, CancellationToken cancellationToken) => store.CheckDatabaseAsync(pages, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> FindWarningsAsync(IReadOnlyList<Page> pages, CancellationToken cancellationToken) =>
        store.FindWarningsAsync(pages, cancellationToken);

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
    public bool IsOfRow(Exception error) => store.IsOfRow(error);

    /// <inheritdoc/>
    public ValueTask PingAsync(CancellationToken cancellationToken) => store.PingAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
