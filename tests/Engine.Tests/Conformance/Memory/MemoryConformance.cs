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
