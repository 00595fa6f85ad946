using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Intake.Streaming;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Watching;
using DataLoad.Simulation.Tests.Broker;
using DataLoad.Simulation.Tests.Scenarios;
using DataLoad.Simulation.Tests.Scheduling;
using DataLoad.Simulation.Tests.Sharding;
using DataLoad.Simulation.Tests.Stores;

namespace DataLoad.Simulation.Tests.Running;

/// <summary>One process that runs a node, from its start until it has ended or is killed.</summary>
internal sealed class SimulatedNode
{
    /// <summary>The name of a Partition below its supervisor.</summary>
    public const string PartitionName = "partition";

    private const int StopLimitMs = 4000;
    private const int PatienceMs = 2000;
    private const int LookMs = 20;

    private static readonly EngineMetrics s_metrics = new();
    private static readonly CountingPlan s_plan = new(Catalog.Default);

    private readonly Cluster _cluster;
    private readonly StoreWire _wire;
    private readonly MemoryBudget _budget;
    private int _countdown;
    private Action? _then;
    private ActorSystem? _system;
    private bool _isEndingPartitions;
    private bool _areEnded;

    public SimulatedNode(Cluster cluster, string name)
    {
        _cluster = cluster;
        Process = new SimulatedProcess(cluster.World, name) { TurnTaken = CountDown };
        Clock = new ProcessClock(Process);
        _wire = new StoreWire(cluster.World, cluster.Disruptions, cluster.Server, Process);
        Streams = [.. cluster.Scenario.Events.Select(one => one.Stream).Distinct(StringComparer.Ordinal)
            .SelectMany(stream => new[] { new StreamHandle(stream), new StreamHandle($"{stream} (parked)") })];
        _budget = new MemoryBudget(cluster.Scenario.Partitions.MemoryBudgetBytes);
    }

    public string Name => Process.Name;

    public SimulatedProcess Process { get; }

    public ProcessClock Clock { get; }

    /// <summary>Runs the Partitions that are here.</summary>
    public IActorRef? Host { get; private set; }

    /// <summary>Takes messages, interprets them, and sends what they come to.</summary>
    public IActorRef? Intake { get; private set; }

    /// <summary>Keeps Partitions running, and hears from other nodes which serve there.</summary>
    public IActorRef? Keeper { get; private set; }

    /// <summary>Its streams, and what is parked of them.</summary>
    public IReadOnlyList<StreamHandle> Streams { get; }

    /// <summary>Where messages for Partitions are sent.</summary>
    public IActorRef Region { get; private set; } = ActorRefs.Nobody;

    /// <summary>What the Partitions that are here say of themselves.</summary>
    public PartitionRegistry Registry { get; } = new();

    /// <summary>By how much the memory budget is passed.</summary>
    public long OverBytes => _budget.OverBytes;

    /// <summary>Whether it ended, in order or not.</summary>
    public bool IsEnded { get; private set; }

    public bool IsStopping { get; private set; }

    public void Start()
    {
        _cluster.World.Log(Name, "starts");
        ActorSystem system = ProcessSystem.Start(Process, SimulatedJournal.Configuration,
            new JournalSetup(_cluster.Journal, _wire, _cluster.Scenario.JournalBatch));
        _system = system;
        system.EventStream.Subscribe(new ErrorListener(this, system), typeof(Error));
        Region = new RegionRef(_cluster.Region, this, system);
        PartitionContext context = ContextOf(system);

        // Each supervisor's Partitions have a name of their own, so that the journal tells who was started again.
        Func<int, string, Props> supervisor = (partition, name) => PartitionRegistration.SupervisorProps(partition, context with { Node = name });
        Host = system.ActorOf(Props.Create(() => new PartitionHost(this, _cluster, supervisor)), "host");
        IntakeOptions options = IntakeOptionsOf();
        var parking = new SimulatedParking(_cluster.State, _wire, _cluster.Auditor);
        Intake = system.ActorOf(Props.Create(() => new SimulatedIntake(this, _cluster, options, parking)), "intake");
        Keeper = system.ActorOf(PartitionKeeper.Props(Region, context, () => _cluster.Region.OtherKeepers(this)), "keeper");
        _cluster.Region.Join(this);
    }

    /// <summary>Asks the node to stop in order: no more is taken, what was taken is waited for, the Partitions finish.</summary>
    public void Stop()
    {
        if (!IsEnded && !IsStopping)
        {
            _cluster.World.Log(Name, "is asked to stop");
            IsStopping = true;
            foreach (StreamHandle stream in Streams)
            {
                stream.IsStopping = true;
            }

            Intake?.Tell(new StopTaking());
            EndWhenDrained(PatienceMs);
        }
    }

    /// <summary>The last of its Partitions has ended.</summary>
    public void OnPartitionsEnded()
    {
        if (!_areEnded)
        {
            _areEnded = true;
            _system!.Stop(Intake);
            _system.ActorOf(Props.Create(() => new EndWatch(Intake!, End)), "end");
        }
    }

    private void End()
    {
        IsEnded = true;
        _wire.IsClosed = true;
        _cluster.World.Log(Name, "ended");
        if (_budget.UsedBytes != 0)
        {
            _cluster.World.Fail($"{Name} ended, and {_budget.UsedBytes} bytes are still accounted for");
        }

        _cluster.OnEnded(this);
        _cluster.World.After(3000, Process.Kill);
    }

    /// <summary>Ends the process as <c>kill -9</c> does.</summary>
    public void Kill()
    {
        _cluster.World.Log(Name, "is killed");
        IsEnded = true;
        Process.Kill();
    }

    /// <summary>Does something when so many further turns of the process were taken.</summary>
    public void AfterTurns(int turns, Action then)
    {
        if (turns == 0)
        {
            then();
            return;
        }

        _countdown = turns;
        _then = then;
    }

    /// <summary>All that was taken is accepted, or it takes too long.</summary>
    private void EndWhenDrained(int patienceMs) => Process.After(LookMs, () =>
    {
        if (patienceMs <= 0 || Streams.All(stream => stream.Drained.IsCompleted))
        {
            EndPartitions();
        }
        else
        {
            EndWhenDrained(patienceMs - LookMs);
        }
    });

    private void EndPartitions()
    {
        if (!_isEndingPartitions && !IsEnded)
        {
            _isEndingPartitions = true;
            _cluster.Region.Leave(this, noticedAfterMs: 0);
            Host?.Tell(new EndAll(TimeSpan.FromMilliseconds(StopLimitMs)));
        }
    }

    private PartitionContext ContextOf(ActorSystem system)
    {
        var services = new PartitionServices
        {
            Node = Name,
            Plan = s_plan,
            Settings = _cluster.Scenario.Partitions,
            Positions = new SimulatedPartitionStore(_cluster.State, _wire, _cluster.Auditor),
            Trimmer = new SimulatedTrimmer(_cluster.Journal, _wire),
            Snapshots = new SimulatedSnapshots(_cluster.State, _wire, _cluster.Auditor, _cluster.Scenario.PageRows),
            Statistics = new SimulatedStatistics(_cluster.State, _wire, _cluster.Auditor, _cluster.Scenario.PageRows),
            Declarations = new SimulatedDeclarations(),
            IsConflict = SimulatedJournal.IsConflict,
            Registry = Registry,
            Budget = _budget,
            Metrics = s_metrics,
            Persisted = new Broadcast<PersistedBlock>(),
            Time = Clock,
            Logger = new TimelineLogger(_cluster.World, Name),
            Backoff = new Backoff(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(200)),
        };
        var journal = new SimulatedReadJournal(_cluster.Journal, _wire, _cluster.Scenario.PageRows);
        return PartitionRegistration.ContextOf(system, services, journal) with
        {
            Journal = new SimulatedJournalReader(journal, system.Materializer()),
            RestartRandomFactor = 0,
        };
    }

    private IntakeOptions IntakeOptionsOf() => new()
    {
        Settings = _cluster.Scenario.Sending.ToSettings(),
        Catalog = Catalog.Default,
        Partitions = _cluster.Scenario.Partitions.Partitions,
        Zone = TimeZoneInfo.FindSystemTimeZoneById(_cluster.Scenario.TimeZone),
        Lookup = new SimulatedLookup(_cluster.World, _cluster.Disruptions, _cluster.Business, Process),
        QueriesOf = stream => [.. stream.Lookups.Select(DefaultQueries.Of)],
        Metrics = s_metrics,
        Time = Clock,
        Logger = new TimelineLogger(_cluster.World, Name),
        NewId = NewId,
        Incarnation = Name,
    };

    private Guid NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        _cluster.World.Random.NextBytes(bytes);
        return new Guid(bytes);
    }

    private void CountDown()
    {
        if (_then is { } then && --_countdown <= 0)
        {
            _then = null;
            then();
        }
    }

    /// <summary>Says when an actor has ended.</summary>
    private sealed class EndWatch : UntypedActor
    {
        private readonly Action _then;

        public EndWatch(IActorRef watched, Action then)
        {
            _then = then;
            Context.Watch(watched);
        }

        protected override void OnReceive(object message)
        {
            if (message is Terminated)
            {
                _then();
            }
        }
    }

    /// <summary>An actor that throws what nobody expects is a fault of the engine, whatever becomes of it.</summary>
    private sealed class ErrorListener(SimulatedNode node, ActorSystem system) : MinimalActorRef
    {
        public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems, "/errors");

        public override IActorRefProvider Provider => ((ExtendedActorSystem)system).Provider;

        protected override void TellInternal(object message, IActorRef sender)
        {
            if (message is not Error error)
            {
                return;
            }

            if (error.Cause is null or StoreFailure)
            {
                node._cluster.World.Note(node.Name, $"({error.LogSource}: {error.Message})");
            }
            else
            {
                node._cluster.World.Fail($"{node.Name}, {error.LogSource} failed: {error.Cause}");
            }
        }
    }
}
