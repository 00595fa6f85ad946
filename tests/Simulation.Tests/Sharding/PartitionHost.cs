using System.Globalization;
using Akka.Actor;
using Akka.Cluster.Sharding;
using DataLoad.Engine.Partitions;
using DataLoad.Simulation.Tests.Running;

namespace DataLoad.Simulation.Tests.Sharding;

/// <summary>Runs a node's Partitions, as a shard of Cluster.Sharding does: under the supervisors that the product uses.</summary>
internal sealed class PartitionHost : UntypedActor
{
    private readonly SimulatedNode _node;
    private readonly Cluster _cluster;
    private readonly Func<int, string, Props> _supervisor;
    private readonly Dictionary<(int Partition, int Generation), RunningPartition> _running = [];
    private int _started;
    private bool _isEnding;

    /// <summary>Makes a host.</summary>
    /// <param name="node">The node.</param>
    /// <param name="cluster">What it is part of.</param>
    /// <param name="supervisor">Makes a Partition's supervisor; given the Partition's number and the name that its owners persist.</param>
    public PartitionHost(SimulatedNode node, Cluster cluster, Func<int, string, Props> supervisor)
    {
        _node = node;
        _cluster = cluster;
        _supervisor = supervisor;
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ToPartition { Message: var inner, Generation: var generation } when !_isEnding:
                Running(inner.Partition, generation).Supervisor.Forward(inner);
                break;
            case HandOff handOff when _running.TryGetValue((handOff.Partition, handOff.Generation), out RunningPartition? running):
                Stop(running, handOff.Limit);
                break;
            case HandOff handOff:
                _cluster.Region.Stopped(handOff.Partition, handOff.Generation);
                break;
            case StopOne stop:
                foreach (RunningPartition running in RunningOf(stop.Partition))
                {
                    _cluster.Auditor.OnActorStopped(stop.Partition, _node.Name);
                    Context.ActorSelection(running.Supervisor.Path / SimulatedNode.PartitionName).Tell(PoisonPill.Instance);
                }

                break;
            case AskOne ask:
                foreach (RunningPartition running in RunningOf(ask.Request.Partition))
                {
                    running.Wanted = ask.Request;
                    running.Supervisor.Tell(new GetStatus(running.Partition));
                }

                break;
            case LookAtRest:
                foreach (RunningPartition running in _running.Values)
                {
                    running.IsAtRest = true;
                    running.Supervisor.Tell(new GetStatus(running.Partition));
                }

                break;
            case PartitionStatus status:
                OnStatus(status, RunningAs(Sender));
                break;
            case Done or Rebuilt or Status.Failure:
                OnAnswer(message, RunningAs(Sender));
                break;
            case Passivate passivate:
                Sender.Tell(passivate.StopMessage);
                break;
            case Ended ended:
                OnEnded(ended);
                break;
            case EndAll end:
                _isEnding = true;
                foreach (RunningPartition running in _running.Values)
                {
                    Stop(running, end.Limit);
                }

                EndWhenAllHave();
                break;
            default:
                break;
        }
    }

    private RunningPartition Running(int partition, int generation)
    {
        if (!_running.TryGetValue((partition, generation), out RunningPartition? running))
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{partition}-{generation}-{++_started}");
            running = new RunningPartition(partition, Context.ActorOf(_supervisor(partition, $"{_node.Name}/{name}"), name));
            Context.WatchWith(running.Supervisor, new Ended(partition, generation));
            _running.Add((partition, generation), running);
        }

        return running;
    }

    private List<RunningPartition> RunningOf(int partition) => [.. _running.Values.Where(running => running.Partition == partition)];

    /// <summary>Whose actor it is; null where its supervisor has ended.</summary>
    private RunningPartition? RunningAs(IActorRef actor) =>
        _running.Values.FirstOrDefault(running => string.Equals(running.Supervisor.Path.Name, actor.Path.Parent.Name, StringComparison.Ordinal));

    private void Stop(RunningPartition running, TimeSpan limit)
    {
        // What it is doing just then says what it has to finish.
        running.Stop ??= new PartitionStop(_cluster.World.ElapsedMs, (long)limit.TotalMilliseconds,
            _cluster.Auditor.FailedWrites(running.Partition, _node.Name));
        running.Supervisor.Tell(new GetStatus(running.Partition));
        running.Supervisor.Tell(new StopPartition(limit));
    }

    private void OnStatus(PartitionStatus status, RunningPartition? running)
    {
        if (running is null)
        {
            return;
        }

        if (running.IsAtRest)
        {
            _cluster.Auditor.OnStatusAtRest(status, _node.Name, _node.Process.HeldUntilMs);
        }

        if (running.Stop is { } stop)
        {
            stop.Status ??= status;
        }

        // One question at a time; what an incarnation was asked that is gone is never answered.
        if (running.Wanted is { } request && status.Phase == PartitionPhase.Serving && running.Asked?.Epoch != status.Epoch)
        {
            // What is about to be read is saved as far as it was taken in, everything else as far as it is persisted.
            running.Asked = new PartitionQuestion(
                request, status.Epoch, request is SaveCounters ? status.SequenceNr : _cluster.Auditor.LastSequenceNr(running.Partition));
            Sender.Tell(request);
        }

        running.Wanted = null;
    }

    private void OnAnswer(object answer, RunningPartition? running)
    {
        if (running?.Asked is { } asked)
        {
            running.Asked = null;
            _cluster.World.Log(_node.Name, $"Partition {running.Partition}: {asked.Request.GetType().Name} is answered with {answer.GetType().Name}");
            if (answer is not Status.Failure)
            {
                _cluster.Auditor.OnAnswer(asked.Request, answer, asked.Epoch, asked.ThroughSequenceNr);
            }
        }
    }

    private void OnEnded(Ended ended)
    {
        _running.Remove((ended.Partition, ended.Generation), out RunningPartition? running);
        if (running?.Stop is { Status: { Phase: PartitionPhase.Serving } status } stop && _cluster.World.ElapsedMs < stop.AtMs + stop.LimitMs)
        {
            _cluster.Auditor.OnStoppedInOrder(ended.Partition, _node.Name, status.Epoch, stop.AtMs, stop.FailedWrites);
        }

        _cluster.Region.Stopped(ended.Partition, ended.Generation);
        EndWhenAllHave();
    }

    private void EndWhenAllHave()
    {
        if (_isEnding && _running.Count == 0)
        {
            _node.OnPartitionsEnded();
        }
    }

    private sealed record Ended(int Partition, int Generation);

    /// <summary>A Partition that is here.</summary>
    private sealed class RunningPartition(int partition, IActorRef supervisor)
    {
        public int Partition => partition;

        public IActorRef Supervisor => supervisor;

        /// <summary>What it is to be asked when it has said what it is doing.</summary>
        public IPartitionMessage? Wanted { get; set; }

        /// <summary>What it was asked, and has not answered.</summary>
        public PartitionQuestion? Asked { get; set; }

        /// <summary>How it was told to stop.</summary>
        public PartitionStop? Stop { get; set; }

        public bool IsAtRest { get; set; }
    }

    private sealed record PartitionQuestion(IPartitionMessage Request, long Epoch, long ThroughSequenceNr);

    private sealed record PartitionStop(long AtMs, long LimitMs, int FailedWrites)
    {
        /// <summary>What it was doing.</summary>
        public PartitionStatus? Status { get; set; }
    }
}

/// <summary>A message for a Partition that is, or is to be, here.</summary>
internal sealed record ToPartition(int Generation, IPartitionMessage Message);

/// <summary>A Partition is to stop in order, and will be started elsewhere then.</summary>
internal sealed record HandOff(int Partition, int Generation, TimeSpan Limit);

/// <summary>A Partition's actor stops by itself; its supervisor starts it again.</summary>
internal sealed record StopOne(int Partition);

/// <summary>Each incarnation of a Partition that is here is asked for something, also one that lost it.</summary>
internal sealed record AskOne(IPartitionMessage Request);

/// <summary>Nothing has gone wrong for a while: each Partition that is here is asked what it is doing.</summary>
internal sealed record LookAtRest
{
    public static LookAtRest Instance { get; } = new();
}

/// <summary>All Partitions are to stop in order: the node ends.</summary>
internal sealed record EndAll(TimeSpan Limit);
