using Akka.Actor;
using Akka.Cluster;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Clustering;

/// <summary>Watches the members of the cluster: logs who comes and goes, and has the store note whom the cluster downed, so that one which was only frozen or
/// cut off learns of it and begins anew.</summary>
internal sealed class MembershipActor : ReceiveActor, IWithTimers
{
    public const string Name = "membership";

    // Over more than one heartbeat to the store.
    private const int LooksBeforeDowning = 4;

    private readonly INodeStore _nodes;
    private readonly ClusterMembership _membership;
    private readonly ClusterSettings _settings;
    private readonly Backoff _backoff;
    private readonly ILogger _logger;
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private StoreCalls _calls = null!;

    public MembershipActor(INodeStore nodes, ClusterMembership membership, ClusterSettings settings, Backoff backoff, ILogger logger)
    {
        (_nodes, _membership, _settings, _backoff, _logger) = (nodes, membership, settings, backoff, logger);
        Receive<ClusterEvent.MemberUp>(up => ClusterLog.MemberUp(_logger, up.Member.Address));
        Receive<ClusterEvent.UnreachableMember>(OnUnreachable);
        Receive<ClusterEvent.ReachableMember>(reachable => ClusterLog.Reachable(_logger, reachable.Member.Address));
        Receive<LookAgain>(again => Look(again.Member, again.Looks));
        Receive<ClusterEvent.MemberRemoved>(OnRemoved);
        Receive<ClusterEvent.IMemberEvent>(_ => { });
        Receive<StoreReply>(reply => _calls.Handle(reply));
        Receive<CheckStore>(_ => CheckStoreContact());
        Receive<GetStoreContact>(_ => Sender.Tell(new StoreContact(_membership.IsStoreReached)));
        Receive<StoreContact>(contact => contact.IsReached && IsCutOff, _ => LeaveUntilReached());
        Receive<StoreContact>(_ => { });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private bool IsCutOff => _membership.SinceReached >= _settings.StorePatience;

    public static Props Props(INodeStore nodes, ClusterMembership membership, ClusterSettings settings, Backoff backoff, ILogger logger) =>
        Akka.Actor.Props.Create(() => new MembershipActor(nodes, membership, settings, backoff, logger)).WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        _calls = new StoreCalls(Self, Timers, _backoff, _logger, "The cluster");
        _cluster.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));
        Timers.StartPeriodicTimer(CheckStore.Instance, CheckStore.Instance, _settings.HeartbeatInterval);
    }

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        _calls.End();
    }

    /// <summary>Without the store for long: whether it is away, or only this node is cut off from it, the others know.</summary>
    private void CheckStoreContact()
    {
        if (IsCutOff)
        {
            foreach (Address other in _cluster.OtherNodes())
            {
                Context.ActorSelection(new RootActorPath(other) / "user" / Name).Tell(new GetStoreContact(), Self);
            }
        }
    }

    private void LeaveUntilReached()
    {
        ClusterLog.CutOffFromStore(_logger, _membership.SinceReached, Sender.Path.Address);
        Timers.Cancel(CheckStore.Instance);
        _membership.GiveUp();
    }

    private void OnUnreachable(ClusterEvent.UnreachableMember unreachable)
    {
        ClusterLog.Unreachable(_logger, unreachable.Member.Address);
        Look(unreachable.Member, looks: 1);
    }

    /// <summary>Asks the store whether the process of a node that cannot be reached has ended, which it knows at once: then nobody need wait until the split
    /// brain resolver is certain.</summary>
    private void Look(Member member, int looks)
    {
        if (_cluster.State.Unreachable.Contains(member))
        {
            _calls.Start("looking whether a node lives", token => _nodes.ListAsync(token).AsTask(), nodes => Judge(member, looks, nodes));
        }
    }

    private void Judge(Member member, int looks, IReadOnlyList<NodePresence> nodes)
    {
        string address = member.Address.ToString();
        if (nodes.Any(node => node.Place.Uid == member.UniqueAddress.Uid && string.Equals(node.Place.ClusterAddress, address, StringComparison.Ordinal)))
        {
            return;
        }

        if (looks < LooksBeforeDowning)
        {
            // A server that was restarted has ended everybody's sessions, and those that live open another one.
            Timers.StartSingleTimer(member.UniqueAddress, new LookAgain(member, looks + 1), _settings.HeartbeatInterval / 2);
        }
        else if (_cluster.State.Unreachable.Contains(member))
        {
            ClusterLog.Downing(_logger, member.Address);
            _cluster.Down(member.Address);
        }
    }

    private void OnRemoved(ClusterEvent.MemberRemoved removed)
    {
        Address address = removed.Member.Address;
        bool wasDowned = removed.PreviousStatus == MemberStatus.Down;
        ClusterLog.MemberRemoved(_logger, address, wasDowned ? "downed" : "it left");
        Context.System.EventStream.Publish(NodeGone.Instance);
        if (wasDowned && !removed.Member.UniqueAddress.Equals(_cluster.SelfUniqueAddress))
        {
            long uid = removed.Member.UniqueAddress.Uid;
            Timers.Cancel(removed.Member.UniqueAddress);
            _calls.Start(
                "noting that a node was downed",
                token => _nodes.ExpelAsync(address.ToString(), uid, token).AsTask(),
                why =>
                {
                    if (why is not null)
                    {
                        ClusterLog.SessionsLeft(_logger, address, why);
                    }
                });
        }
    }

    private sealed record CheckStore : Signal<CheckStore>;
    private sealed record LookAgain(Member Member, int Looks) : INoSerializationVerificationNeeded;
}
