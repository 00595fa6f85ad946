using DataLoad.Engine.Journaling;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Operating;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.Memory;

namespace DataLoad.Simulation.Stores;

/// <summary>One process's store: what is durable is the state's, and all calls go over a wire.</summary>
internal sealed class SimStore : IStore
{
    private readonly MemoryStore _memory;

    public SimStore(MemoryStoreState state, StoreWire wire, IStoreWatch watch, int pageRows)
    {
        _memory = new MemoryStore(state, pageRows)
        {
            Before = wire.BeforeReadAsync,
            After = wire.AfterReadAsync,
        };
        Journal = new SimJournal(_memory.Journal, wire, watch);
        Snapshots = new SimSnapshots(_memory.Snapshots, wire, watch);
        Statistics = new SimStatistics(_memory.Statistics, wire, watch);
        Leases = new SimLeases(_memory.Leases, wire, watch);
        Parking = new SimParking(_memory.Parking, wire, watch);
    }

    public string Name => "simulated";

    public IPartitionStore Partitions => _memory.Partitions;

    public IJournal Journal { get; }

    public ISnapshotStore Snapshots { get; }

    public IStatisticsStore Statistics { get; }

    public IStatisticsQueries Queries => _memory.Queries;

    public ILeaseStore Leases { get; }

    public IParkingStore Parking { get; }

    public IAuditLog Audit => _memory.Audit;

    public IPausedStreams PausedStreams => _memory.PausedStreams;

    public ValueTask MigrateAsync(CancellationToken cancellationToken) => _memory.MigrateAsync(cancellationToken);

    public ValueTask<string?> CheckSchemaAsync(CancellationToken cancellationToken) => _memory.CheckSchemaAsync(cancellationToken);

    public ValueTask<string?> CheckJournalAsync(CancellationToken cancellationToken) => _memory.CheckJournalAsync(cancellationToken);

    public ValueTask<string> FixAsync(string name, string proposed, CancellationToken cancellationToken) => _memory.FixAsync(name, proposed, cancellationToken);

    public ValueTask<string?> FindFixedAsync(string name, CancellationToken cancellationToken) => _memory.FindFixedAsync(name, cancellationToken);

    public JournalConnection JournalConnection => _memory.JournalConnection;

    public bool IsConflict(Exception error) => _memory.IsConflict(error);

    public ValueTask PingAsync(CancellationToken cancellationToken) => _memory.PingAsync(cancellationToken);

    public ValueTask DisposeAsync() => _memory.DisposeAsync();
}
