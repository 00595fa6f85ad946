using DataLoad.Engine.Contract;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Seen;
using DataLoad.Simulation.Scheduling;
using DataLoad.Simulation.Stores;
using Microsoft.Extensions.Logging;

namespace DataLoad.Simulation.Running;

/// <summary>One process that runs a node, from its start until it ends or is killed.</summary>
internal sealed class SimProcess
{
    private static readonly EngineMetrics s_metrics = new();

    private readonly Cluster _cluster;
    private readonly CancellationTokenSource _stop = new();
    private int _countdown;
    private Action? _then;
    private ShardRegion? _region;

    public SimProcess(Cluster cluster, string name)
    {
        _cluster = cluster;
        Scheduler = cluster.World.NewScheduler(name);
        Scheduler.BeforeEach = CountDown;
        Clock = new NodeClock(cluster.World, Scheduler);
        var wire = new StoreWire(cluster.World, cluster.Weather, cluster.Server, Scheduler, () => IsEnded);
        var services = new NodeServices
        {
            Info = new NodeInfo { Id = name, Address = "", Secret = "" },
            Catalog = Catalog.Default,
            Store = new SimStore(cluster.State, wire, cluster.Auditor, cluster.Scenario.PageRows),
            Lookup = new SimLookup(cluster.World, cluster.Weather, cluster.Business, Scheduler),
            Metrics = s_metrics,
            Time = Clock,
            Loggers = new TimelineLoggers(cluster.World, name),
            ConnectBroker = (purpose, token) => cluster.Broker.ConnectAsync(Scheduler, purpose, token),
        };
        Node = new EngineNode(cluster.Scenario.Settings, services);
    }

    public string Name => Scheduler.Name;

    public NodeScheduler Scheduler { get; }

    public NodeClock Clock { get; }

    public EngineNode Node { get; }

    public bool IsEnded { get; private set; }

    public bool IsStopping => _stop.IsCancellationRequested;

    public void Start()
    {
        _cluster.World.Log(Name, "starts");
        _ = Scheduler.Start(RunAsync);
    }

    /// <summary>Asks the node to stop in order.</summary>
    public void Stop()
    {
        if (!IsEnded && !IsStopping)
        {
            _cluster.World.Log(Name, "is asked to stop");
            Scheduler.Post(_stop.Cancel);
        }
    }

    /// <summary>Does something when so many further tasks of the process have run.</summary>
    public void AfterSteps(int steps, Action then)
    {
        if (steps == 0)
        {
            then();
            return;
        }

        _countdown = steps;
        _then = then;
    }

    private async Task RunAsync()
    {
        try
        {
            await Node.RunAsync(_stop.Token);
            _cluster.World.Log(Name, "ended");
        }
        catch (StoreFailure e) when (IsStopping)
        {
            // It says so and exits; what it could not give back ends by itself.
            _cluster.World.Log(Name, $"ended: {e.Message}");
        }
        catch (Exception e)
        {
            _cluster.World.Fail($"{Name} ended by {e}");
        }

        IsEnded = true;
        if (_region is { Budget.UsedBytes: not 0 } region)
        {
            _cluster.World.Fail($"{Name} ended, and {region.Budget.UsedBytes} bytes are still accounted for");
        }
    }

    private void CountDown()
    {
        _region = Node.Region ?? _region;
        _cluster.OnStep(this);
        if (_then is { } then && --_countdown <= 0)
        {
            _then = null;
            then();
        }
    }

    private sealed class TimelineLoggers(World world, string name) : ILoggerFactory, ILogger
    {
        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => world.Trace.Lines is not null && logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                world.Note(name, $"({formatter(state, exception)})");
            }
        }
    }
}
