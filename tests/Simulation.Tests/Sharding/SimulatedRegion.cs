using Akka.Actor;
using DataLoad.Engine.Partitions;
using DataLoad.Simulation.Tests.Running;
using DataLoad.Simulation.Tests.Scheduling;

namespace DataLoad.Simulation.Tests.Sharding;

/// <summary>
/// What Cluster.Sharding is to the nodes: it knows where each Partition is, brings messages there, or loses them, and moves
/// Partitions. It is wrong now and then: a Partition may go on where it was while it runs elsewhere.
/// </summary>
internal sealed class SimulatedRegion
{
    private const int MaxBuffered = 8;
    private const int HandOffTimeoutMs = 3000;
    private const int LostAfterMs = 800;

    private readonly World _world;
    private readonly ActiveDisruptions _disruptions;
    private readonly List<SimulatedNode> _nodes = [];
    private readonly Place[] _places;

    public SimulatedRegion(World world, ActiveDisruptions disruptions, int partitions)
    {
        _world = world;
        _disruptions = disruptions;
        _places = [.. Enumerable.Range(0, partitions).Select(partition => new Place(partition))];
    }

    /// <summary>How many Partitions there are.</summary>
    public int Partitions => _places.Length;

    /// <summary>Whether a Partition runs where its owner is known to be.</summary>
    public bool IsPlaced(int partition) => _places[partition] is { Owner.IsEnded: false, IsMoving: false };

    public void Join(SimulatedNode node) => _nodes.Add(node);

    /// <summary>The keepers of the other nodes, as one of them knows them: those that have ended may still be among them.</summary>
    public IEnumerable<ICanTell> OtherKeepers(SimulatedNode node) =>
        _nodes.Where(other => other != node && other.Keeper is not null).Select(other => new RemoteSender(this, other.Keeper!));

    /// <summary>A node ended: at once, or when that is noticed, its Partitions have no owner.</summary>
    public void Leave(SimulatedNode node, long noticedAfterMs) => _world.After(noticedAfterMs, () => Forget(node));

    /// <summary>A node is held: where that lasts, it is taken for lost, and its Partitions get other owners while it still has them.</summary>
    public void Unreachable(SimulatedNode node) => _world.After(LostAfterMs, () =>
    {
        if (node.Process.IsHeld && _nodes.Contains(node))
        {
            _world.Log("region", $"{node.Name} is taken for lost");
            foreach (Place place in _places.Where(place => place.Owner == node))
            {
                Vacate(place);
            }
        }
    });

    /// <summary>A message from a node.</summary>
    public void Send(SimulatedNode from, IPartitionMessage message, IActorRef sender)
    {
        if (_disruptions.MessageIsLost())
        {
            _world.Log("region", $"loses {message.GetType().Name} for Partition {message.Partition}");
            return;
        }

        _world.After(_disruptions.MessageLatency(), () => Deliver(from, message, sender));
    }

    /// <summary>Moves a Partition in order: its owner finishes and stops, then it starts elsewhere, or there again.</summary>
    public void HandOff(int partition)
    {
        Place place = _places[partition];
        if (place.Owner is not { IsEnded: false } owner || place.IsMoving)
        {
            return;
        }

        int generation = place.Generation;
        _world.Log("region", $"hands Partition {partition} off from {owner.Name}");
        place.IsMoving = true;
        owner.Host?.Tell(new HandOff(partition, generation, TimeSpan.FromMilliseconds(HandOffTimeoutMs)));
        _world.After(HandOffTimeoutMs, () =>
        {
            if (place.IsMoving && place.Generation == generation)
            {
                // It may go on: the journal knows better.
                _world.Log("region", $"gives up waiting for Partition {partition} to stop");
                Vacate(place);
            }
        });
    }

    /// <summary>Starts a Partition once more while it goes on where it is, and gets some of the messages.</summary>
    public void Double(int partition, long forMs)
    {
        Place place = _places[partition];
        if (place.Owner is not { IsEnded: false } owner || place.IsMoving || place.Zombie is not null)
        {
            return;
        }

        place.Zombie = (owner, place.Generation);
        _world.After(forMs, () => place.Zombie = null);
        _world.Log("region", $"starts Partition {partition} though {owner.Name} has it");
        Vacate(place);
        Allocate(place);
    }

    /// <summary>A host says that a Partition of its has stopped.</summary>
    public void Stopped(int partition, int generation)
    {
        Place place = _places[partition];
        if (place.IsMoving && place.Generation == generation)
        {
            Vacate(place);
        }
    }

    private void Deliver(SimulatedNode from, IPartitionMessage message, IActorRef sender)
    {
        Place place = _places[message.Partition];
        if (place.IsMoving)
        {
            if (place.Buffer.Count < MaxBuffered)
            {
                place.Buffer.Add((from, message, sender));
            }
            else
            {
                _world.Log("region", $"has no room for {message.GetType().Name} for Partition {message.Partition}");
            }

            return;
        }

        if (place.Owner is null && !Allocate(place))
        {
            return;
        }

        (SimulatedNode owner, int generation) = place.Zombie is { } zombie && _world.Random.Next(3) == 0 ? zombie : (place.Owner!, place.Generation);
        IActorRef answers = owner == from || sender.IsNobody() ? sender : new RemoteSender(this, sender);
        owner.Host?.Tell(new ToPartition(generation, message), answers);
    }

    private bool Allocate(Place place)
    {
        SimulatedNode[] candidates = [.. _nodes.Where(node => !node.Process.IsDead && !node.IsStopping && !node.Process.IsHeld)];
        if (candidates.Length == 0)
        {
            return false;
        }

        place.Owner = candidates[_world.Random.Next(candidates.Length)];
        place.Generation++;
        _world.Log("region", $"Partition {place.Partition} is now {place.Owner.Name}'s");
        return true;
    }

    private void Vacate(Place place)
    {
        place.Owner = null;
        place.IsMoving = false;
        (SimulatedNode From, IPartitionMessage Message, IActorRef Sender)[] waiting = [.. place.Buffer];
        place.Buffer.Clear();
        foreach ((SimulatedNode from, IPartitionMessage message, IActorRef sender) in waiting)
        {
            if (_world.Random.Next(8) != 0)
            {
                Deliver(from, message, sender);
            }
        }
    }

    private void Forget(SimulatedNode node)
    {
        _nodes.Remove(node);
        foreach (Place place in _places)
        {
            if (place.Owner == node)
            {
                Vacate(place);
            }

            if (place.Zombie?.Node == node)
            {
                place.Zombie = null;
            }
        }
    }

    private sealed class Place(int partition)
    {
        public int Partition => partition;

        public SimulatedNode? Owner { get; set; }

        /// <summary>Grows each time the Partition is started.</summary>
        public int Generation { get; set; }

        public bool IsMoving { get; set; }

        public (SimulatedNode Node, int Generation)? Zombie { get; set; }

        public List<(SimulatedNode From, IPartitionMessage Message, IActorRef Sender)> Buffer { get; } = [];
    }

    /// <summary>Brings answers back to another node, or loses them.</summary>
    private sealed class RemoteSender(SimulatedRegion region, IActorRef sender) : MinimalActorRef
    {
        public override ActorPath Path => sender.Path;

        public override IActorRefProvider Provider => ((IInternalActorRef)sender).Provider;

        protected override void TellInternal(object message, IActorRef answering)
        {
            if (!region._disruptions.MessageIsLost())
            {
                region._world.After(region._disruptions.MessageLatency(), () => sender.Tell(message));
            }
        }
    }
}

/// <summary>What the region is to a node's actors.</summary>
internal sealed class RegionRef(SimulatedRegion region, SimulatedNode node, ActorSystem system) : MinimalActorRef
{
    public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems, "/region");

    public override IActorRefProvider Provider => ((ExtendedActorSystem)system).Provider;

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is IPartitionMessage partitionMessage)
        {
            region.Send(node, partitionMessage, sender ?? ActorRefs.Nobody);
        }
    }
}
