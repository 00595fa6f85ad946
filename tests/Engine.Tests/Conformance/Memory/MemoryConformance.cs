using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.Memory;

namespace DataLoad.Engine.Tests.Conformance.Memory;

public sealed class MemorySnapshotStoreConformance : SnapshotStoreConformance
{
    private readonly MemoryStoreState _state = new();

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new MemoryStore(_state));
}

public sealed class MemoryStatisticsStoreConformance : StatisticsStoreConformance
{
    private readonly MemoryStoreState _state = new();

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new MemoryStore(_state));

    protected override Task PutForeignAsync(StatisticsRow row)
    {
        _state.PutForeign(Page, row);
        return Task.CompletedTask;
    }
}

public sealed class MemoryNodeStoreConformance : SharedNodeStoreConformance
{
    private readonly MemoryStoreState _state = new();

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new MemoryStore(_state));
}

public sealed class MemoryParkingStoreConformance : ParkingStoreConformance
{
    private readonly MemoryStoreState _state = new();

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new MemoryStore(_state));
}

public sealed class MemoryStoreConformance : StoreConformance
{
    private readonly MemoryStoreState _state = new();
    private readonly MemoryStoreState _empty = new();

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new MemoryStore(_state));

    protected override Task<IStore> CreateEmptyStoreAsync() => Task.FromResult<IStore>(new MemoryStore(_empty));

    protected override Task MakeSchemaNewerAsync()
    {
        _state.SchemaVersion = 99;
        return Task.CompletedTask;
    }
}

public sealed class MemoryOperatingConformance : OperatingConformance
{
    private readonly MemoryStoreState _state = new();

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new MemoryStore(_state));
}

public sealed class MemoryStatisticsQueriesConformance : StatisticsQueriesConformance
{
    private readonly MemoryStoreState _state = new();

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new MemoryStore(_state));
}

public sealed class MemoryPartitionStoreConformance : PartitionStoreConformance
{
    private readonly MemoryStoreState _state = new();

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new MemoryStore(_state));
}

public sealed class MemoryBackfillConformance : BackfillConformance
{
    private readonly MemoryStoreState _state = new();

    protected override Task<IStore> CreateStoreAsync() => Task.FromResult<IStore>(new MemoryStore(_state));

    /// <summary>In memory a column has its name at once: it is to be seen when it is complete.</summary>
    protected override async Task<bool> HasColumnAsync(string table, string column) =>
        (await Store.Declarations.ListAsync(Token)).Any(known => string.Equals(known.Column, column, StringComparison.Ordinal) && known.IsComplete);

    protected override Task ForgetMetricsAsync()
    {
        _state.Metrics.Clear();
        return Task.CompletedTask;
    }
}
