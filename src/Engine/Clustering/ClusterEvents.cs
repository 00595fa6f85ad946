using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Watching;

namespace DataLoad.Engine.Clustering;

/// <summary>Shows what happens in the cluster to whoever watches: members that come and go, and Partitions that move. It outlives the actor systems of its
/// node. Thread-safe.</summary>
/// <remarks>Where a watcher falls behind, events are dropped for it and counted, and nobody waits.</remarks>
public sealed class ClusterEvents(TimeProvider time)
{
    private readonly ConcurrentDictionary<UniqueAddress, long> _upSince = new();
    private readonly Broadcast<ClusterChange> _changes = new();

    /// <summary>Begins to watch; dispose the watch to end it.</summary>
    /// <param name="capacity">How many events may wait for the watcher before further ones are dropped.</param>
    public Watch<ClusterChange> Begin(int capacity) => _changes.Begin(capacity);

    /// <summary>When this node saw first that a member is up, in epoch milliseconds, or null.</summary>
    internal long? UpSince(UniqueAddress member) => _upSince.TryGetValue(member, out long at) ? at : null;

    /// <summary>An actor system begins: it has seen nobody yet.</summary>
    internal void Begin() => _upSince.Clear();

    /// <summary>Something happened to a member.</summary>
    internal void Show(string what, UniqueAddress? member)
    {
        long now = NowMs;
        if (member is not null && what is ClusterChange.Up)
        {
            _upSince.TryAdd(member, now);
        }
        else if (member is not null && what is ClusterChange.Removed)
        {
            _upSince.TryRemove(member, out _);
        }

        _changes.Show(new ClusterChange(now, what, member?.Address.ToString(), member?.Uid));
    }

    /// <summary>A Partition is somewhere else than before, or does something else.</summary>
    internal void Show(PartitionStatus status) => _changes.Show(new ClusterChange(NowMs, ClusterChange.Moved, Address: null, Uid: null, status));

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();
}

/// <summary>Something that happened in the cluster, as this node learnt of it.</summary>
/// <param name="AtMs">When it learnt, in epoch milliseconds.</param>
/// <param name="What">What it is: a member's status in lower case, <c>unreachable</c> or <c>reachable</c>, <c>leader</c>, <c>partition</c>.</param>
/// <param name="Address">The member's address, where it is about one.</param>
/// <param name="Uid">The member's actor system.</param>
/// <param name="Partition">The Partition, where it is about one.</param>
public sealed record ClusterChange(long AtMs, string What, string? Address, long? Uid, PartitionStatus? Partition = null)
{
    /// <summary>A member takes part.</summary>
    public const string Up = "up";

    /// <summary>A member is none any more.</summary>
    public const string Removed = "removed";

    /// <summary>A Partition began to do something else, or is on another node.</summary>
    public const string Moved = "partition";
}

/// <summary>Tells <see cref="ClusterEvents"/> what Akka says of the members.</summary>
internal sealed class ClusterEventsActor : ReceiveActor
{
    private readonly Cluster _cluster = Cluster.Get(Context.System);

    public ClusterEventsActor(ClusterEvents events)
    {
        events.Begin();
        Receive<ClusterEvent.IMemberEvent>(one => events.Show(WordOf(one), one.Member.UniqueAddress));
        Receive<ClusterEvent.UnreachableMember>(one => events.Show("unreachable", one.Member.UniqueAddress));
        Receive<ClusterEvent.ReachableMember>(one => events.Show("reachable", one.Member.UniqueAddress));
        Receive<ClusterEvent.LeaderChanged>(one => events.Show(
            "leader", _cluster.State.Members.FirstOrDefault(member => member.Address.Equals(one.Leader))?.UniqueAddress));
        ReceiveAny(_ => { });
    }

    public static Props Props(ClusterEvents events) => Akka.Actor.Props.Create(() => new ClusterEventsActor(events)).WithDeploy(Deploy.Local);

    protected override void PreStart() => _cluster.Subscribe(
        Self,
        ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
        typeof(ClusterEvent.IMemberEvent),
        typeof(ClusterEvent.IReachabilityEvent),
        typeof(ClusterEvent.LeaderChanged));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private static string WordOf(ClusterEvent.IMemberEvent one) => one switch
    {
        ClusterEvent.MemberRemoved => ClusterChange.Removed,
        _ => one.Member.Status.ToString().ToLowerInvariant(),
    };
}
