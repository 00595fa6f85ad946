using DataLoad.Engine.Storage.Memory;
using DataLoad.Simulation.Broker;
using DataLoad.Simulation.Checking;
using DataLoad.Simulation.Scenarios;
using DataLoad.Simulation.Scheduling;
using DataLoad.Simulation.Stores;

namespace DataLoad.Simulation.Running;

/// <summary>Processes over one store and one broker: started, killed, held and started again.</summary>
internal sealed class Cluster
{
    private readonly List<SimProcess> _processes = [];
    private int _starts;
    private int _wanted;
    private Trouble? _inRecovery;

    public Cluster(World world, Scenario scenario)
    {
        World = world;
        Scenario = scenario;
        Weather = new Weather(world, scenario.Troubles);
        Business = new BusinessRows(scenario.Happenings);
        State = new MemoryStoreState(new NodeClock(world, world.NewScheduler("database")));
        Server = new StoreServer(world, State);
        Auditor = new Auditor(world, scenario, State);
        Broker = new SimBroker(world, Weather, Auditor);
    }

    public World World { get; }

    public Scenario Scenario { get; }

    public Weather Weather { get; }

    public BusinessRows Business { get; }

    public MemoryStoreState State { get; }

    public StoreServer Server { get; }

    public Auditor Auditor { get; }

    public SimBroker Broker { get; }

    /// <summary>What the troubles did, and how often: a trouble that befalls nobody proves nothing.</summary>
    public Dictionary<TroubleKind, int> Befallen { get; } = [];

    public bool AllEnded => _processes.TrueForAll(process => process.IsEnded);

    /// <summary>Whether all that was published has been dealt with.</summary>
    public bool IsSettled => Broker.Unsettled == 0 && State.Parked.Count == 0 && _processes.Exists(process => process.Node.IsServing && !process.IsEnded);

    /// <summary>By how much the memory budget is passed.</summary>
    public long OverBytes => _processes.Select(process => process.Node.Region?.Budget.OverBytes ?? 0).DefaultIfEmpty(0).Max();

    public void StartAll()
    {
        _wanted = Scenario.StandBy ? 2 : 1;
        for (int i = 0; i < _wanted; i++)
        {
            Start();
        }
    }

    /// <summary>Starts processes until there are as many as there should be.</summary>
    public void StartMissing()
    {
        _processes.RemoveAll(process => process.IsEnded);
        while (_processes.Count < _wanted)
        {
            Start();
        }
    }

    public void StopAll()
    {
        _wanted = 0;
        _processes.ForEach(process => process.Stop());
    }

    public void KillAll()
    {
        foreach (SimProcess process in _processes.ToList())
        {
            Kill(process, World.Random.Next(500), restart: true);
        }
    }

    public void Befall(Trouble trouble)
    {
        Befallen[trouble.Kind] = Befallen.GetValueOrDefault(trouble.Kind) + 1;
        switch (trouble.Kind)
        {
            case TroubleKind.Crash:
                OnOwner(trouble, process => Kill(process, trouble.Amount, restart: true));
                break;
            case TroubleKind.Stop:
                OnOwner(trouble, process => Stop(process, trouble.Amount));
                break;
            case TroubleKind.StopInRecovery:
                _inRecovery = trouble;
                break;
            case TroubleKind.Hold:
                OnOwner(trouble, process => Hold(process, trouble.Amount));
                break;
            case TroubleKind.ClockJump:
                OnOwner(trouble, process =>
                {
                    World.Log(process.Name, $"clock jumps by {trouble.Amount} ms");
                    process.Clock.Jump(trouble.Amount);
                    NoteClocks();
                });
                break;
            case TroubleKind.BrokerCut:
                OnOwner(trouble, process => Broker.Cut(process.Scheduler));
                break;
            case TroubleKind.ChannelCut:
                OnOwner(trouble, _ => CutChannel());
                break;
            case TroubleKind.PowerLoss:
                OnOwner(trouble, _ => LosePower(trouble.Amount));
                break;
            case TroubleKind.BrokerDown:
                World.Log("broker", "goes down");
                Broker.Cut();
                break;
            default:
                World.Log("trouble", trouble.ToString());
                break;
        }
    }

    /// <summary>Told before each task of a process.</summary>
    public void OnStep(SimProcess process)
    {
        if (_inRecovery is { } trouble && process.Node is { Region: not null, IsServing: false } && !process.IsStopping && !process.IsEnded)
        {
            _inRecovery = null;
            process.AfterSteps(trouble.Steps, () =>
            {
                if (!process.Scheduler.IsDead && !Weather.IsCalm)
                {
                    Stop(process, trouble.Amount);
                }
            });
        }
    }

    private void Stop(SimProcess process, long restartMs)
    {
        process.Stop();
        StartAnother(process, restartMs + 3000);
    }

    /// <summary>Starts another process when one has ended that was asked to; it may be held meanwhile.</summary>
    private void StartAnother(SimProcess process, long afterMs) => World.After(afterMs, () =>
    {
        if (process.IsEnded || !_processes.Contains(process))
        {
            StartMissing();
        }
        else
        {
            StartAnother(process, 200);
        }
    });

    private void Start()
    {
        var process = new SimProcess(this, $"node-{++_starts}");
        _processes.Add(process);
        process.Start();
    }

    private SimProcess? Owner =>
        _processes.Find(process => !process.IsEnded && process.Node.IsServing)
        ?? _processes.Find(process => !process.IsEnded && string.Equals(process.Name, Auditor.Owner, StringComparison.Ordinal))
        ?? _processes.Find(process => !process.IsEnded);

    private void OnOwner(Trouble trouble, Action<SimProcess> action)
    {
        if (Owner is { } process)
        {
            process.AfterSteps(trouble.Steps, () =>
            {
                if (!process.IsEnded && !process.Scheduler.IsDead && !Weather.IsCalm)
                {
                    action(process);
                }
            });
        }
    }

    private void Kill(SimProcess process, long restartMs, bool restart)
    {
        World.Log(process.Name, "is killed");
        process.Scheduler.Kill();
        _processes.Remove(process);

        // The broker and the database notice at once, or by heartbeat and time to live.
        World.After(World.Random.Next(2) == 0 ? 0 : World.Random.Next(300), () => Broker.Cut(process.Scheduler));
        if (World.Random.Next(2) == 0)
        {
            World.After(World.Random.Next(100), () => State.EndSession(process.Name));
        }

        if (restart)
        {
            World.After(restartMs, StartMissing);
        }
    }

    private void Hold(SimProcess process, long ms)
    {
        World.Log(process.Name, $"is held for {ms} ms");
        process.Scheduler.Hold(ms);
        if (ms > 500)
        {
            // No heartbeat comes from it.
            World.After(500, () => Broker.Cut(process.Scheduler));
        }
    }

    private void CutChannel()
    {
        SimChannel[] channels = [.. Broker.Connections.SelectMany(connection => connection.Channels)];
        if (channels.Length > 0)
        {
            channels[World.Random.Next(channels.Length)].CutAlone("PRECONDITION_FAILED");
        }
    }

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
        foreach (SimProcess process in _processes)
        {
            long offset = process.Clock.NowMs - World.NowMs;
            low = Math.Min(low, offset);
            high = Math.Max(high, offset);
        }

        Auditor.ClockOffsets = (low, high);
    }
}
