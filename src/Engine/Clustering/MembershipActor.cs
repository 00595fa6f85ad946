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

    private const int LooksInAHeartbeat = 4;
    private const int LooksBeforeDowning = LooksInAHeartbeat + 2;

    private readonly INodeStore _nodes;
    private readonly ClusterMembership _membership;
    private readonly ClusterSettings _settings;
    private readonly Backoff _backoff;
    private readonly ILogger _logger;
    private readonly Cluster _cluster = Cluster.Get(Context.System);

    // Those that cannot be reached, and how often in a row the store has said since that their process has ended.
    private readonly Dictionary<UniqueAddress, int> _unreachable = [];
    private StoreCalls _calls = null!;

    public MembershipActor(INodeStore nodes, ClusterMembership membership, ClusterSettings settings, Backoff backoff, ILogger logger)
    {
        (_nodes, _membership, _settings, _backoff, _logger) = (nodes, membership, settings, backoff, logger);
        Receive<ClusterEvent.MemberUp>(up => ClusterLog.MemberUp(_logger, up.Member.Address));
        Receive<ClusterEvent.UnreachableMember>(unreachable => OnUnreachable(unreachable.Member));
        Receive<ClusterEvent.ReachableMember>(reachable => OnReachable(reachable.Member));
        Receive<LookAgain>(again => Look(again.Member));
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

    private void OnUnreachable(Member member)
    {
        ClusterLog.Unreachable(_logger, member.Address);
        Context.System.EventStream.Publish(new NodeUnreachable(member.Address));
        _unreachable[member.UniqueAddress] = 0;
        Look(member);
    }

    private void OnReachable(Member member)
    {
        ClusterLog.Reachable(_logger, member.Address);
        _unreachable.Remove(member.UniqueAddress);
    }

    /// <summary>Asks the store whether the process of a node that cannot be reached has ended, which it knows at once: then nobody need wait until the split
    /// brain resolver is certain.</summary>
    private void Look(Member member)
    {
        if (_unreachable.ContainsKey(member.UniqueAddress))
        {
            _calls.Start("looking whether a node lives", token => _nodes.ListAsync(token).AsTask(), nodes => Judge(member, nodes));
        }
    }

    private void Judge(Member member, IReadOnlyList<NodePresence> nodes)
    {
        if (!_unreachable.TryGetValue(member.UniqueAddress, out int looks))
        {
            return;
        }

        // A server that was restarted has ended everybody's sessions, and those that live open another one: gone is who is so over more than a heartbeat.
        string address = member.Address.ToString();
        bool lives = nodes.Any(
            node => node.Place.Uid == member.UniqueAddress.Uid && string.Equals(node.Place.ClusterAddress, address, StringComparison.Ordinal));
        looks = lives ? 0 : looks + 1;
        _unreachable[member.UniqueAddress] = looks;
        if (looks == LooksBeforeDowning)
        {
            ClusterLog.Downing(_logger, member.Address);
            _cluster.Down(member.Address);
        }

        Timers.StartSingleTimer(member.UniqueAddress, new LookAgain(member), _settings.HeartbeatInterval / LooksInAHeartbeat);
    }

    private void OnRemoved(ClusterEvent.MemberRemoved removed)
    {
        Address address = removed.Member.Address;
        bool wasDowned = removed.PreviousStatus == MemberStatus.Down;
        ClusterLog.MemberRemoved(_logger, address, wasDowned ? "downed" : "it left");
        Context.System.EventStream.Publish(new NodeGone(address));
        _unreachable.Remove(removed.Member.UniqueAddress);
        Timers.Cancel(removed.Member.UniqueAddress);
        if (wasDowned && !removed.Member.UniqueAddress.Equals(_cluster.SelfUniqueAddress))
        {
            long uid = removed.Member.UniqueAddress.Uid;
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
    private sealed record LookAgain(Member Member) : INoSerializationVerificationNeeded;
}
