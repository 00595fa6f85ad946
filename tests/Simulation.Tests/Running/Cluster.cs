using Akka.Actor;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Intake.Streaming;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;
using DataLoad.Simulation.Tests.Broker;
using DataLoad.Simulation.Tests.Checking;
using DataLoad.Simulation.Tests.Scenarios;
using DataLoad.Simulation.Tests.Scheduling;
using DataLoad.Simulation.Tests.Sharding;
using DataLoad.Simulation.Tests.Stores;

namespace DataLoad.Simulation.Tests.Running;

/// <summary>Nodes over one store and one queue: started, killed, held and started again.</summary>
internal sealed class Cluster
{
    private readonly List<SimulatedNode> _nodes = [];
    private readonly Dictionary<int, GeneratedEvent> _events;
    private int _starts;
    private int _wanted;

    public Cluster(World world, Scenario scenario)
    {
        World = world;
        Scenario = scenario;
        _events = scenario.Events.ToDictionary(one => one.Number);
        Disruptions = new ActiveDisruptions(world, scenario.Disruptions);
        Server = new StoreServer(world);
        Auditor = new Auditor(world, scenario, State, Journal);

        // Just then a former owner that goes on has lost what it is asked to write.
        Auditor.EpochRaised = partition =>
        {
            if (World.Random.Next(3) == 0)
            {
                Ask(new FlushNow(partition));
            }
        };
        Broker = new MessageBroker(world, Disruptions, Auditor);
        Business = new BusinessRows(scenario.Events);
        Region = new SimulatedRegion(world, Disruptions, scenario.Partitions.Partitions);
    }

    public World World { get; }

    public Scenario Scenario { get; }

    public ActiveDisruptions Disruptions { get; }

    public StoreState State { get; } = new();

    public JournalTable Journal { get; } = new();

    public StoreServer Server { get; }

    public Auditor Auditor { get; }

    public MessageBroker Broker { get; }

    /// <summary>The business database.</summary>
    public BusinessRows Business { get; }

    public SimulatedRegion Region { get; }

    /// <summary>How often each kind of disruption took place: one that concerns nobody proves nothing.</summary>
    public Dictionary<DisruptionKind, int> Injected { get; } = [];

    public bool AllEnded => _nodes.TrueForAll(node => node.IsEnded);

    /// <summary>Whether all that was published has been dealt with, and each Partition serves.</summary>
    public bool IsSettled => Broker.Unsettled == 0 && State.Parked.Count == 0 && _nodes.Count == _wanted
        && Enumerable.Range(0, Region.Partitions).All(partition => _nodes.Exists(node =>
            node.Registry.Partitions.Any(status => status.Partition == partition && status.Phase == PartitionPhase.Serving)));

    /// <summary>By how much memory budgets are passed at the most.</summary>
    public long OverBytes => _nodes.Select(node => node.OverBytes).DefaultIfEmpty(0).Max();

    /// <summary>What a message looks like on the wire.</summary>
    public MessageContent ContentOf(Publishing message) => MessageContent.Of(message, _events[message.Event]);

    public void Publish(Publishing message) => Broker.Publish(_events[message.Event].Stream, message);

    public void StartAll()
    {
        _wanted = Scenario.Nodes;
        StartMissing();
    }

    /// <summary>Starts nodes until there are as many as there should be.</summary>
    public void StartMissing()
    {
        _nodes.RemoveAll(node => node.IsEnded);
        while (_nodes.Count < _wanted)
        {
            var node = new SimulatedNode(this, $"node-{++_starts}");
            _nodes.Add(node);
            node.Start();
        }
    }

    public void StopAll()
    {
        _wanted = 0;
        _nodes.ForEach(node => node.Stop());
    }

    public void KillAll()
    {
        foreach (SimulatedNode node in _nodes.Where(node => !node.IsEnded).ToList())
        {
            Kill(node, World.Random.Next(500));
        }
    }

    /// <summary>A node has ended in order.</summary>
    public void OnEnded(SimulatedNode node) => Broker.Disconnect(node.Name);

    public void Inject(Disruption disruption)
    {
        Injected[disruption.Kind] = Injected.GetValueOrDefault(disruption.Kind) + 1;
        switch (disruption.Kind)
        {
            case DisruptionKind.Crash:
                OnOne(disruption, node => Kill(node, disruption.Amount));
                break;
            case DisruptionKind.Stop:
                OnOne(disruption, node =>
                {
                    node.Stop();
                    StartAnother(node, disruption.Amount);
                });
                break;
            case DisruptionKind.Hold:
                OnOne(disruption, node =>
                {
                    World.Log(node.Name, $"is held for {disruption.Amount} ms");
                    node.Process.Hold(disruption.Amount);
                    Region.Unreachable(node);
                });
                break;
            case DisruptionKind.ClockJump:
                OnOne(disruption, node =>
                {
                    World.Log(node.Name, $"clock jumps by {disruption.Amount} ms");
                    node.Clock.Jump(disruption.Amount);
                    NoteClocks();
                });
                break;
            case DisruptionKind.HandOff:
                OnOne(disruption, _ => Region.HandOff((int)disruption.Amount % Region.Partitions));
                break;
            case DisruptionKind.Zombie:
                OnOne(disruption, _ => Region.Double((int)disruption.Amount % Region.Partitions, World.Random.Next(1500)));
                break;
            case DisruptionKind.PartitionStops:
                OnOne(disruption, node =>
                {
                    World.Log(node.Name, $"Partition {disruption.Amount % Region.Partitions} stops, if it is here");
                    node.Host?.Tell(new StopOne((int)disruption.Amount % Region.Partitions), ActorRefs.NoSender);
                });
                break;
            case DisruptionKind.FlushAsked:
                Ask(new FlushNow((int)disruption.Amount % Region.Partitions));
                break;
            case DisruptionKind.CheckpointAsked:
                Ask(new CheckpointNow((int)disruption.Amount % Region.Partitions));
                break;
            case DisruptionKind.SaveAsked:
                Page page = Catalog.Default.Pages[(int)disruption.Amount % Catalog.Default.Pages.Length];
                Ask(new SaveCounters((int)disruption.Amount % Region.Partitions, page.Id, 0, DateOnly.MaxValue.DayNumber, []));
                break;
            case DisruptionKind.RebuildAsked:
                Ask(new Rebuild((int)disruption.Amount % Region.Partitions, StatisticsFilter.All));
                break;
            case DisruptionKind.StreamPaused:
                OnOne(disruption, node => Pause(node, disruption));
                break;
            case DisruptionKind.ConnectionLost:
                OnOne(disruption, node =>
                {
                    World.Log(node.Name, "loses its connection to the broker");
                    Broker.Disconnect(node.Name);
                });
                break;
            case DisruptionKind.PowerLoss:
                OnOne(disruption, _ => LosePower(disruption.Amount));
                break;
            default:
                World.Log("disruption", disruption.ToString());
                break;
        }
    }

    /// <summary>Asks all Partitions that are anywhere what they are doing: those that lost theirs should not be there.</summary>
    public void LookAtRest() => _nodes.Where(node => !node.IsEnded && !node.Process.IsHeld).ToList()
        .ForEach(node => node.Host?.Tell(Sharding.LookAtRest.Instance, ActorRefs.NoSender));

    /// <summary>Asks a Partition for something, wherever it is.</summary>
    private void Ask(IPartitionMessage request)
    {
        if (!Disruptions.AreOver)
        {
            World.Log("operator", $"asks Partition {request.Partition}: {request.GetType().Name}");
            _nodes.ForEach(node => node.Host?.Tell(new AskOne(request), ActorRefs.NoSender));
        }
    }

    /// <summary>An operator pauses a stream at a node, and goes on later.</summary>
    private void Pause(SimulatedNode node, Disruption disruption)
    {
        string stream = node.Streams[(int)disruption.Amount % node.Streams.Count].Name.Split(' ')[0];
        World.Log(node.Name, $"pauses {stream} for {disruption.ForMs} ms");
        node.Intake?.Tell(new PauseStream(stream), ActorRefs.NoSender);
        World.After(disruption.ForMs, () =>
        {
            World.Log(node.Name, $"goes on with {stream}");
            node.Intake?.Tell(new ResumeStream(stream), ActorRefs.NoSender);
        });
    }

    private void OnOne(Disruption disruption, Action<SimulatedNode> action)
    {
        SimulatedNode[] candidates = [.. _nodes.Where(node => !node.IsEnded)];
        if (candidates.Length > 0)
        {
            SimulatedNode node = candidates[World.Random.Next(candidates.Length)];
            node.AfterTurns(disruption.Steps, () =>
            {
                if (!node.IsEnded && !Disruptions.AreOver)
                {
                    action(node);
                }
            });
        }
    }

    private void Kill(SimulatedNode node, long restartMs)
    {
        node.Kill();

        // Broker and cluster notice at once, or by a heartbeat.
        World.After(World.Random.Next(2) == 0 ? 0 : World.Random.Next(300), () => Broker.Disconnect(node.Name));
        Region.Leave(node, World.Random.Next(2) == 0 ? 0 : World.Random.Next(1000));
        World.After(restartMs, StartMissing);
    }

    /// <summary>Starts another node when one has ended that was asked to; it may be held meanwhile.</summary>
    private void StartAnother(SimulatedNode node, long afterMs) => World.After(afterMs, () =>
    {
        if (node.IsEnded || !_nodes.Contains(node))
        {
            StartMissing();
        }
        else
        {
            StartAnother(node, 200);
        }
    });

    /// <summary>The store loses power: alone, or on the machine where the nodes run.</summary>
    private void LosePower(long ms)
    {
        Server.LosePower(ms);
        if (World.Random.Next(2) == 0)
        {
            KillAll();
        }
    }

    private void NoteClocks()
    {
        (long low, long high) = Auditor.ClockOffsets;
        foreach (SimulatedNode node in _nodes)
        {
            long offset = node.Clock.NowMs - World.NowMs;
            low = Math.Min(low, offset);
            high = Math.Max(high, offset);
        }

        Auditor.ClockOffsets = (low, high);
    }
}
