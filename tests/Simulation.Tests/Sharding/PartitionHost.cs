using Akka.Actor;
using Akka.Cluster.Sharding;
using DataLoad.Engine.Partitions;
using DataLoad.Simulation.Tests.Running;

namespace DataLoad.Simulation.Tests.Sharding;

/// <summary>Runs a node's Partitions, as a shard of Cluster.Sharding does: under the supervisors that the product uses.</summary>
internal sealed class PartitionHost : UntypedActor
{
    private readonly SimulatedNode _node;
    private readonly SimulatedRegion _region;
    private readonly Func<int, Props> _supervisor;
    private readonly Dictionary<(int Partition, int Generation), IActorRef> _running = [];
    private int _started;
    private bool _isEnding;

    public PartitionHost(SimulatedNode node, SimulatedRegion region, Func<int, Props> supervisor)
    {
        _node = node;
        _region = region;
        _supervisor = supervisor;
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ToPartition { Message: var inner, Generation: var generation } when !_isEnding:
                Running(inner.Partition, generation).Forward(inner);
                break;
            case HandOff handOff when _running.TryGetValue((handOff.Partition, handOff.Generation), out IActorRef? running):
                running.Tell(new StopPartition(handOff.Limit));
                break;
            case HandOff handOff:
                _region.Stopped(handOff.Partition, handOff.Generation);
                break;
            case StopOne stop:
                foreach (((int partition, _), IActorRef running) in _running)
                {
                    if (partition == stop.Partition)
                    {
                        Context.ActorSelection(running.Path / SimulatedNode.PartitionName).Tell(PoisonPill.Instance);
                    }
                }

                break;
            case Passivate passivate:
                Sender.Tell(passivate.StopMessage);
                break;
            case Ended ended:
                _running.Remove((ended.Partition, ended.Generation));
                _region.Stopped(ended.Partition, ended.Generation);
                EndWhenAllHave();
                break;
            case EndAll end:
                _isEnding = true;
                foreach (IActorRef running in _running.Values)
                {
                    running.Tell(new StopPartition(end.Limit));
                }

                EndWhenAllHave();
                break;
            default:
                break;
        }
    }

    private IActorRef Running(int partition, int generation)
    {
        if (!_running.TryGetValue((partition, generation), out IActorRef? running))
        {
            running = Context.ActorOf(_supervisor(partition), $"{partition}-{generation}-{++_started}");
            Context.WatchWith(running, new Ended(partition, generation));
            _running.Add((partition, generation), running);
        }

        return running;
    }

    private void EndWhenAllHave()
    {
        if (_isEnding && _running.Count == 0)
        {
            _node.OnPartitionsEnded();
        }
    }

    private sealed record Ended(int Partition, int Generation);
}

/// <summary>A message for a Partition that is, or is to be, here.</summary>
internal sealed record ToPartition(int Generation, IPartitionMessage Message);

/// <summary>A Partition is to stop in order, and will be started elsewhere then.</summary>
internal sealed record HandOff(int Partition, int Generation, TimeSpan Limit);

/// <summary>A Partition's actor stops by itself; its supervisor starts it again.</summary>
internal sealed record StopOne(int Partition);

/// <summary>All Partitions are to stop in order: the node ends.</summary>
internal sealed record EndAll(TimeSpan Limit);
