using Akka.Actor;
using Akka.Cluster;

namespace DataLoad.Engine.Partitions;

/// <summary>Has every Partition run somewhere though no event comes for it, so that one whose node went starts elsewhere: asks each how it is every few
/// seconds, and notes what those of other nodes answer. Tells the keepers of other nodes when a Partition serves here, so that what was sent to its former
/// owner is sent again at once, and when one was given up here, so that they have it run.</summary>
internal sealed class PartitionKeeper : UntypedActor, IWithTimers
{
    public const string Name = "partition-keeper";

    // A Partition of another node that has not answered for so many rounds is not known to serve any more.
    private const int MissedRounds = 3;
    private const int RoundsInAHurry = 4;

    private readonly IActorRef _region;
    private readonly PartitionServices _services;
    private readonly Func<IEnumerable<ICanTell>> _others;
    private readonly int[] _missed;

    // Where the Partitions of other nodes answered from last.
    private readonly Address?[] _places;

    public PartitionKeeper(IActorRef region, PartitionServices services, Func<IEnumerable<ICanTell>> others)
    {
        (_region, _services, _others) = (region, services, others);
        _missed = new int[services.Settings.Partitions];
        _places = new Address?[_missed.Length];
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private PartitionRegistry Registry => _services.Registry;

    /// <param name="region">Brings what is asked to the Partitions.</param>
    /// <param name="services">The registry that is told, and how often to ask.</param>
    /// <param name="others">Finds the keepers of the other nodes.</param>
    public static Props Props(IActorRef region, PartitionServices services, Func<IEnumerable<ICanTell>> others) =>
        Akka.Actor.Props.Create(() => new PartitionKeeper(region, services, others)).WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(PartitionServing));
        Context.System.EventStream.Subscribe(Self, typeof(PartitionGivenUp));
        Context.System.EventStream.Subscribe(Self, typeof(NodeUnreachable));
        Context.System.EventStream.Subscribe(Self, typeof(NodeGone));
        AskAll();
    }

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Wake: AskAll(); break;
            case PartitionStatus status: OnStatus(status); break;
            case PartitionServing { IsElsewhere: true }: break;
            case PartitionServing serving when Registry.Partitions.FirstOrDefault(status => status.Partition == serving.Partition) is { } here: Announce(here); break;
            case PartitionServing: break;
            case PartitionGivenUp given: Announce(given.Status); break;
            case KeepNothing:
                Timers.CancelAll();
                Become(Leaving);
                Sender.Tell(KeepsNothing.Instance);
                break;
            case NodeUnreachable unreachable: ForgetThoseAt(unreachable.Address); break;
            case NodeGone gone:
                // Those that ran there are to be started elsewhere now.
                ForgetThoseAt(gone.Address);
                AskAll();
                break;
            default: Unhandled(message); break;
        }
    }

    /// <summary>The node leaves: it asks for nothing, and says what it gives up.</summary>
    private void Leaving(object message)
    {
        if (message is PartitionGivenUp given)
        {
            Announce(given.Status);
        }
    }

    private void AskAll()
    {
        Registry.ForgetLosses(_services.Time.GetUtcNow().ToUnixTimeMilliseconds());
        bool isAnyAway = false;
        for (int partition = 0; partition < _missed.Length; partition++)
        {
            if (++_missed[partition] > MissedRounds)
            {
                Registry.Forget(partition);
            }

            isAnyAway |= !Registry.Serves(partition);
            _region.Tell(new GetStatus(partition), Self);
        }

        TimeSpan interval = _services.Settings.KeepRunningInterval;
        Timers.StartSingleTimer(Wake.Instance, Wake.Instance, isAnyAway ? interval / RoundsInAHurry : interval);
    }

    private void OnStatus(PartitionStatus status)
    {
        if ((uint)status.Partition >= (uint)_missed.Length)
        {
            return;
        }

        _missed[status.Partition] = 0;
        if (string.Equals(status.Node, _services.Node, StringComparison.Ordinal))
        {
            // It reports by itself.
            return;
        }

        bool isNew = Registry.FindElsewhere(status.Partition) is not { Phase: PartitionPhase.Serving } known || known.Epoch < status.Epoch;
        if (Registry.FindElsewhere(status.Partition)?.Epoch > status.Epoch)
        {
            // Of an owner that was, told late.
            return;
        }

        _places[status.Partition] = Sender.Path.Address;
        Registry.ReportElsewhere(status);
        if (isNew && status.Phase == PartitionPhase.Serving)
        {
            Context.System.EventStream.Publish(new PartitionServing(status.Partition, IsElsewhere: true));
        }
        else if (status.Phase == PartitionPhase.Stopped)
        {
            _region.Tell(new GetStatus(status.Partition), Self);
        }
    }

    private void ForgetThoseAt(Address node)
    {
        for (int partition = 0; partition < _places.Length; partition++)
        {
            if (node.Equals(_places[partition]))
            {
                _places[partition] = null;
                Registry.Forget(partition);
            }
        }
    }

    private void Announce(PartitionStatus status)
    {
        foreach (ICanTell other in _others())
        {
            other.Tell(status, Self);
        }
    }

    private sealed record Wake : Signal<Wake>;

    /// <summary>The node leaves: no Partition is to be kept running by it any more. Answered by <see cref="KeepsNothing"/>.</summary>
    internal sealed record KeepNothing : Signal<KeepNothing>;

    /// <summary>Answers <see cref="KeepNothing"/>: it asks for nothing from now on.</summary>
    internal sealed record KeepsNothing : Signal<KeepsNothing>;
}

/// <summary>Another node cannot be reached: published on the event stream of those that do not reach it.</summary>
internal sealed record NodeUnreachable(Address Address) : INoSerializationVerificationNeeded;

/// <summary>Another node is no member of the cluster any more: published on the event stream of those that are left.</summary>
internal sealed record NodeGone(Address Address) : INoSerializationVerificationNeeded;

/// <summary>What Partitions ask of the cluster.</summary>
internal static class ClusterExtensions
{
    /// <summary>The addresses of the other nodes that are up.</summary>
    public static IEnumerable<Address> OtherNodes(this Cluster cluster) =>
        cluster.State.Members.Where(member => member.Status == MemberStatus.Up && !member.Address.Equals(cluster.SelfAddress)).Select(member => member.Address);

    /// <summary>Whether another node is up, and reached.</summary>
    public static bool HasOtherNodes(this Cluster cluster) =>
        cluster.OtherNodes().Except(cluster.State.Unreachable.Select(member => member.Address)).Any();
}
