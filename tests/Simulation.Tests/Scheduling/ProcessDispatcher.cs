using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;

namespace DataLoad.Simulation.Tests.Scheduling;

/// <summary>Gives all of an actor system's dispatchers their one: the process's.</summary>
public sealed class ProcessDispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly MessageDispatcher _dispatcher;

    /// <summary>Made by Akka.</summary>
    public ProcessDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
        : base(config, prerequisites) => _dispatcher = new ProcessDispatcher(this, ProcessSetup.Of(prerequisites.Settings.Setup).Process);

    /// <inheritdoc/>
    public override MessageDispatcher Dispatcher() => _dispatcher;
}

/// <summary>Has the world run an actor's mailbox, one message a turn.</summary>
internal sealed partial class ProcessDispatcher : MessageDispatcher
{
    private readonly SimulatedProcess _process;
    private readonly Dictionary<IRunnable, Actor> _actors = new(ReferenceEqualityComparer.Instance);
    private readonly Actor _others;

    public ProcessDispatcher(MessageDispatcherConfigurator configurator, SimulatedProcess process)
        : base(configurator)
    {
        _process = process;
        _others = new Actor(StableHash.Of(process.Name));
        Throughput = 1;

        // Long past: a mailbox gives way after each message.
        ThroughputDeadlineTime = 1;
    }

    /// <inheritdoc/>
    public override void Attach(ActorCell cell)
    {
        _actors[cell.Mailbox!] = new Actor(StableHash.Of(NameOf(cell.Self.Path), StableHash.Of(_process.Name)));
        base.Attach(cell);
    }

    /// <summary>The path, without the numbers that Akka gives some actors by a counter of the whole operating system's process.</summary>
    private static string NameOf(ActorPath path) => CountedNames().Replace(path.ToStringWithoutAddress(), "$1");

    [GeneratedRegex("(StreamSupervisor|EventStreamUnsubscriber)-[0-9]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CountedNames();

    /// <inheritdoc/>
    protected override void ExecuteTask(IRunnable run)
    {
        // What a dead process still held may end by itself, on a thread of the garbage collector's.
        if (_process.IsDead)
        {
            return;
        }

        Actor actor = _actors.GetValueOrDefault(run, _others);
        ulong priority = StableHash.Mix(actor.Hash ^ (_process.World.Seed * 0x9E3779B97F4A7C15UL) ^ (ulong)actor.Turns++);
        _process.World.Ready(new ReadyTurn(_process, run, priority), priority);
    }

    /// <inheritdoc/>
    protected override void Shutdown()
    {
    }

    private sealed class Actor(ulong hash)
    {
        public ulong Hash => hash;

        public long Turns { get; set; }
    }
}
