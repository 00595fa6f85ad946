using DataLoad.Engine.Contract;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Operating;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Storage.Memory;

/// <summary>
/// A store in memory, for simulation and tests: the semantics of the others, with faults on demand. What it keeps is its
/// state's; a store that is simply dropped is a node that crashed, one that is closed is a node whose sessions ended.
/// </summary>
public sealed class MemoryStore : IStore
{
    private const int Version = 2;

    private readonly MemoryCalls _calls;

    /// <summary>Makes a store over a state.</summary>
    /// <param name="state">What is kept.</param>
    /// <param name="pageRows">How many snapshots or rows are read at a time; 1 and up.</param>
    public MemoryStore(MemoryStoreState state, int pageRows = 64)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pageRows, 1);
        _calls = new MemoryCalls(state);
        Partitions = new MemoryPartitionStore(_calls);
        Snapshots = new MemorySnapshotStore(_calls, pageRows);
        Statistics = new MemoryStatisticsStore(_calls, pageRows);
        Declarations = new MemoryDeclarationStore(_calls);
        Nodes = new MemoryNodeStore(_calls, state);
        Parking = new MemoryParkingStore(_calls);
        Queries = new MemoryStatisticsQueries(_calls);
        Audit = new MemoryAuditLog(_calls);
        PausedStreams = new MemoryPausedStreams(_calls);
    }

    /// <summary>
    /// Called with a call's name, as in <c>Snapshots.Save</c>, before it takes effect: delays it, or throws in its place.
    /// </summary>
    public Func<string, ValueTask>? Before
    {
        get => _calls.Before;
        set => _calls.Before = value;
    }

    /// <summary>Called with a call's name after it took effect: delays its outcome, or throws in its place.</summary>
    public Func<string, ValueTask>? After
    {
        get => _calls.After;
        set => _calls.After = value;
    }

    /// <inheritdoc/>
    public string Name => "memory";

    /// <inheritdoc/>
    public IPartitionStore Partitions { get; }

    /// <inheritdoc/>
    /// <remarks>A store in memory has no journal that Akka.Persistence.Sql could reach.</remarks>
    public IJournalTrimmer JournalTrimmer => throw new NotSupportedException("A store in memory has no journal of Akka.Persistence.Sql.");

    /// <inheritdoc/>
    public ISnapshotStore Snapshots { get; }

    /// <inheritdoc/>
    public IStatisticsStore Statistics { get; }

    /// <inheritdoc/>
    public IDeclarationStore Declarations { get; }

    /// <inheritdoc/>
    public INodeStore Nodes { get; }

    /// <inheritdoc/>
    public IParkingStore Parking { get; }

    /// <inheritdoc/>
    public IStatisticsQueries Queries { get; }

    /// <inheritdoc/>
    public IAuditLog Audit { get; }

    /// <inheritdoc/>
    public IPausedStreams PausedStreams { get; }

    /// <inheritdoc/>
    public async ValueTask MigrateAsync(CancellationToken cancellationToken) => await _calls.RunAsync(
        "Store.Migrate",
        state => state.SchemaVersion <= Version
            ? state.SchemaVersion = Version
            : throw new StoreException($"The schema has version {state.SchemaVersion}, this program knows {Version}; run a newer DataLoad."),
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string?> CheckSchemaAsync(CancellationToken cancellationToken) => _calls.RunAsync(
        "Store.CheckSchema",
        state => state.SchemaVersion == Version ? null
            : $"The schema has version {state.SchemaVersion}, this program needs {Version}; start the engine once to migrate it.",
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string?> CheckDatabaseAsync(IReadOnlyList<Page> pages, CancellationToken cancellationToken) =>
        _calls.RunAsync<string?>("Store.CheckDatabase", _ => null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> FindWarningsAsync(IReadOnlyList<Page> pages, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<string>>([]);

    /// <inheritdoc/>
    public ValueTask<string?> CheckJournalAsync(CancellationToken cancellationToken) =>
        _calls.RunAsync<string?>("Store.CheckJournal", _ => null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string> FixAsync(string name, string proposed, CancellationToken cancellationToken) => _calls.RunAsync(
        "Store.Fix",
        state =>
        {
            state.Fixed.TryAdd(name, proposed);
            return state.Fixed[name];
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string?> FindFixedAsync(string name, CancellationToken cancellationToken) =>
        _calls.RunAsync("Store.FindFixed", state => state.Fixed.GetValueOrDefault(name), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask PingAsync(CancellationToken cancellationToken) =>
        await _calls.RunAsync("Store.Ping", _ => true, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _calls.Closed = true;
        return Nodes.DisposeAsync();
    }

    /// <inheritdoc/>
    /// <remarks>A store in memory has no journal that Akka.Persistence.Sql could reach.</remarks>
    public JournalConnection JournalConnection => throw new NotSupportedException("A store in memory has no journal of Akka.Persistence.Sql.");

    /// <inheritdoc/>
    public bool IsConflict(Exception error) => false;

    public bool IsOfRow(Exception error) => false;
}
