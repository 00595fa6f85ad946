using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Node;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Sharding;
using DataLoad.Engine.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;

namespace DataLoad.Bench.Core;

/// <summary>
/// The engine from a delivery in hand to the acknowledgement that it would send: all of it but the broker and its
/// client. One stream, <c>act.share</c>, over a store.
/// </summary>
internal sealed class EngineUnderTest : IAsyncDisposable
{
    /// <summary>The node that this process is.</summary>
    public static readonly string NodeId = $"bench-{Guid.NewGuid():n}";

    private static readonly StreamDefinition Share = Catalog.Default.FindStream("act.share")!;
    private static readonly Backoff Retry = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10));

    private readonly CancellationTokenSource _running = new();
    private readonly EngineMetrics _metrics = new();
    private readonly BasicProperties _properties = new() { ContentType = "application/json", ContentEncoding = "UTF-8" };
    private readonly List<Delivery> _batch = [];
    private readonly Delivery[] _slots;
    private readonly IntakeSettings _intake;
    private StreamPipeline _pipeline = null!;
    private DeliveryWindow _window = null!;
    private Task _shards = Task.CompletedTask;
    private ulong _tag;

    private EngineUnderTest(IntakeSettings intake)
    {
        _intake = intake;
        _slots = [.. Enumerable.Range(0, intake.MaxBatch).Select(_ => new Delivery(Share))];
    }

    /// <summary>The shards.</summary>
    public ShardRegion Region { get; private set; } = null!;

    /// <summary>The right to own them.</summary>
    public IReadOnlyList<ShardLease> Leases { get; private set; } = [];

    /// <summary>Starts an engine over a store and waits until it has recovered.</summary>
    public static async Task<EngineUnderTest> StartAsync(IStore store, ShardingSettings sharding, IntakeSettings intake)
    {
        var engine = new EngineUnderTest(intake);
        await engine.RecoverAsync(store, sharding).ConfigureAwait(false);
        return engine;
    }

    /// <summary>Takes all shards of a store, and first gives back those that this process took of it before.</summary>
    public static async Task<IReadOnlyList<ShardLease>> AcquireAsync(IStore store, int shards)
    {
        await store.MigrateAsync(default).ConfigureAwait(false);
        await store.Leases.ReleaseAsync(NodeId, default).ConfigureAwait(false);
        LeaseAttempt attempt = await store.Leases.AcquireAsync(
            new NodeInfo { Id = NodeId, Address = "", Secret = "" }, [.. Enumerable.Range(0, shards)], TimeSpan.FromHours(1), default).ConfigureAwait(false);
        await new Adoption(store, Catalog.Default, NullLogger.Instance).RunAsync(attempt.Granted, adopt: false, default).ConfigureAwait(false);
        return attempt.Granted.Count == shards
            ? attempt.Granted
            : throw new InvalidOperationException($"only {attempt.Granted.Count} of {shards} shards of {store.Name} are free");
    }

    /// <summary>Hands over deliveries and returns when all of them are journaled and applied.</summary>
    public async Task FeedAsync(ShareBodies bodies, int first, int count)
    {
        for (int next = first, end = first + count; next < end;)
        {
            int taken = await _window.TakeAsync(Math.Min(end - next, _intake.MaxBatch), _running.Token).ConfigureAwait(false);
            _batch.Clear();
            for (int i = 0; i < taken; i++)
            {
                _slots[i].Fill(++_tag, _properties, bodies[next++]);
                _batch.Add(_slots[i]);
            }

            await _pipeline.ProcessAsync(_batch, _window, _running.Token).ConfigureAwait(false);
        }

        await _window.WhenDoneAsync(_running.Token).ConfigureAwait(false);
    }

    /// <summary>Flushes, checkpoints and ends.</summary>
    public async Task StopAsync()
    {
        Region.Stop();
        await _shards.ConfigureAwait(false);
    }

    /// <summary>Ends as a crash does: what is not written stays unwritten.</summary>
    public async ValueTask DisposeAsync()
    {
        await _running.CancelAsync().ConfigureAwait(false);
        await _shards.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _running.Dispose();
        _metrics.Dispose();
    }

    private async Task RecoverAsync(IStore store, ShardingSettings sharding)
    {
        Leases = await AcquireAsync(store, sharding.Shards).ConfigureAwait(false);
        Region = new ShardRegion(
            new ShardRegionOptions
            {
                Plan = new CountingPlan(Catalog.Default),
                Settings = sharding,
                Store = store,
                Metrics = _metrics,
                Time = TimeProvider.System,
                Logger = NullLogger.Instance,
                Backoff = Retry,
            },
            Leases);
        _shards = Region.RunAsync(_running.Token);
        await await Task.WhenAny(Region.Recovered, _shards).ConfigureAwait(false);
        var parking = new ParkingLot(store.Parking, new ParkingLotOptions { MaxParked = _intake.MaxParked, Backoff = Retry, Time = TimeProvider.System }, NullLogger.Instance);
        await parking.OpenAsync(_running.Token).ConfigureAwait(false);
        _window = new DeliveryWindow(_intake.Prefetch);
        _pipeline = new StreamPipeline(Share, new PipelineOptions
        {
            Settings = _intake,
            Zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai"),
            Lookup = new NoLookup(),
            QueriesOf = _ => [],
            Region = Region,
            Parking = parking,
            DeadLetters = new NoBroker(),
            Metrics = _metrics,
            Time = TimeProvider.System,
            Logger = NullLogger.Instance,
        });
    }
}
