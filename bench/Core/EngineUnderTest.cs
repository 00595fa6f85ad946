using System.Threading.Channels;
using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Streams;
using Akka.Streams.Dsl;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Intake.Streaming;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataLoad.Bench.Core;

/// <summary>
/// A node from a delivery in hand to the acknowledgement that it would send: all of it but the broker and its client. One
/// stream, <c>act.share</c>, over a store.
/// </summary>
internal sealed class EngineUnderTest : IAsyncDisposable
{
    /// <summary>How many Partitions a host has with SQLite unless it is set.</summary>
    public const int SqlitePartitions = 4;

    /// <summary>How many Partitions a host has with PostgreSQL unless it is set.</summary>
    public const int PostgreSqlPartitions = 32;

    /// <summary>The node that this process is.</summary>
    public static readonly string NodeId = $"bench-{Guid.NewGuid():n}";

    /// <summary>The settings of Akka under which it logs nothing, as loggers that do nothing would still be told.</summary>
    public static readonly Config Silent = ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF }");

    private static readonly StreamDefinition Share = Catalog.Default.FindStream("act.share")!;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<IDeliveryBatch> _batches = Channel.CreateUnbounded<IDeliveryBatch>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly Catalog _catalog;
    private readonly EngineMetrics _metrics = new();
    private readonly IntakeSettings _intake;
    private readonly PartitionSettings _partitions;
    private readonly DeliveryWindow _window;
    private IActorRef _region = ActorRefs.Nobody;
    private Task _running = Task.CompletedTask;
    private ulong _tag;

    private EngineUnderTest(IStore store, PartitionSettings partitions, IntakeSettings intake, Catalog catalog)
    {
        _catalog = catalog;
        _intake = intake;
        _partitions = partitions;
        _window = new DeliveryWindow(intake.Prefetch);
        Node = new ClusterNode(
            new EngineSettings { Partitions = partitions, Intake = intake },
            new NodeServices
            {
                Info = new NodeInfo(NodeId, "", ""),
                Catalog = catalog,
                Store = store,
                Lookup = new NoLookup(),
                Akka = Silent,
                Metrics = _metrics,
                Time = TimeProvider.System,
                Loggers = NullLoggerFactory.Instance,
            });
    }

    /// <summary>The node.</summary>
    public ClusterNode Node { get; }

    /// <summary>Starts an engine over a store and waits until all Partitions serve.</summary>
    /// <param name="store">The store.</param>
    /// <param name="partitions">The Partitions' settings.</param>
    /// <param name="intake">The stream's.</param>
    /// <param name="catalog">What is counted; null for the usual.</param>
    public static async Task<EngineUnderTest> StartAsync(
        IStore store, PartitionSettings partitions, IntakeSettings intake, Catalog? catalog = null)
    {
        var engine = new EngineUnderTest(store, partitions, intake, catalog ?? Catalog.Default);
        var serving = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        engine._running = engine.Node.RunOfflineAsync(
            _ =>
            {
                serving.SetResult();
                return engine._ending.Task;
            },
            CancellationToken.None);
        await await Task.WhenAny(serving.Task, engine._running);
        engine.StartStream(engine.Node.System!);
        return engine;
    }

    /// <summary>Hands over deliveries and returns when all of them are journaled and applied.</summary>
    public async Task FeedAsync(ShareBodies bodies, int first, int count)
    {
        for (int next = first, end = first + count; next < end;)
        {
            int taken = await _window.TakeAsync(Math.Min(end - next, _intake.MaxBatch));
            _batches.Writer.TryWrite(new FedDeliveries(bodies, next, taken, _tag + 1, _window));
            _tag += (ulong)taken;
            next += taken;
        }

        await _window.WhenDoneAsync();
        await WhenAppliedAsync();
    }

    /// <summary>Waits until the Counters have applied all that is journaled.</summary>
    public async Task WhenAppliedAsync()
    {
        while ((await StatusAsync()).Any(status => status.UnappliedBytes > 0))
        {
            await Task.Delay(1);
        }
    }

    /// <summary>What the Partitions say of themselves now.</summary>
    public Task<PartitionStatus[]> StatusAsync() => Task.WhenAll(
        Enumerable.Range(0, _partitions.Partitions).Select(partition => _region.Ask<PartitionStatus>(new GetStatus(partition), Patience)));

    /// <summary>Flushes and checkpoints all that was journaled until now.</summary>
    public Task KeepAsync() => Node.Partitions!.CheckpointAsync(CancellationToken.None);

    /// <summary>Flushes, checkpoints and ends.</summary>
    public async Task StopAsync()
    {
        await KeepAsync();
        await EndAsync();
    }

    /// <summary>Ends as a crash does: what is not written stays unwritten.</summary>
    public async ValueTask DisposeAsync()
    {
        Fault.On = FaultPoint.StopsWithoutFlush;
        try
        {
            await EndAsync();
        }
        finally
        {
            Fault.On = FaultPoint.None;
            _metrics.Dispose();
        }
    }

    private async Task EndAsync()
    {
        _batches.Writer.TryComplete();
        _ending.TrySetResult();
        await _running;
    }

    /// <summary>Runs the graph that a stream has, over what is fed in the place of a broker's channel.</summary>
    private void StartStream(ActorSystem system)
    {
        _region = ActorRegistry.For(system).Get<PartitionRegion>();
        var options = new IntakeOptions
        {
            Settings = _intake,
            Catalog = _catalog,
            Partitions = _partitions.Partitions,
            Zone = Node.Zone,
            Lookup = new NoLookup(),
            QueriesOf = _ => [],
            Metrics = _metrics,
            Time = TimeProvider.System,
            Logger = NullLogger.Instance,
        };
        var state = new StreamState();
        Action<Exception> fail = _window.Fail;
        IActorRef noBroker = system.ActorOf(Props.Create(() => new NoBroker(fail)));
        Task ended = ChannelSource.FromReader(_batches.Reader)
            .Via(new InterpretationStage(new DeliveryInterpreter(Share, options), options, state))
            .RunWith(new PartitionDispatch(new DispatchTargets(_region, noBroker, noBroker), Share.Name, options, state), system.Materializer());
        _ = ended.ContinueWith(task => fail(task.Exception!), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }
}
