using Akka.Actor;
using Akka.Cluster;

namespace DataLoad.Engine.Clustering;

/// <summary>The cluster as one of its nodes sees it now: who is a member, in what state, who leads.</summary>
/// <param name="SelfAddress">The node's own address in the cluster.</param>
/// <param name="IsMember">Whether the node is a member itself, in whatever state.</param>
/// <param name="Members">The members, oldest first.</param>
public sealed record ClusterView(string SelfAddress, bool IsMember, IReadOnlyList<ClusterMember> Members)
{
    /// <summary>Reads what an actor system knows, without asking anybody.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="events">Knows since when members are up.</param>
    public static ClusterView Of(ActorSystem system, ClusterEvents events)
    {
        var cluster = Cluster.Get(system);
        ClusterEvent.CurrentClusterState state = cluster.State;
        Member[] members = [.. state.Members];
        Array.Sort(members, (one, other) => one.Equals(other) ? 0 : one.IsOlderThan(other) ? -1 : 1);

        // As Akka's singletons have it: one that has begun to go is the oldest until it is gone.
        Member? oldest = members.FirstOrDefault(member => member.Status is MemberStatus.Up or MemberStatus.Leaving or MemberStatus.Exiting);
        return new ClusterView(
            cluster.SelfAddress.ToString(),
            Array.Exists(members, member => member.UniqueAddress.Equals(cluster.SelfUniqueAddress)),
            [.. members.Select(member => new ClusterMember(
                member.Address.ToString(),
                member.UniqueAddress.Uid,
                member.Status.ToString(),
                state.Unreachable.Contains(member),
                member.UniqueAddress.Equals(cluster.SelfUniqueAddress),
                member.Address.Equals(state.Leader),
                member == oldest,
                events.UpSince(member.UniqueAddress),
                member.AppVersion.Version))]);
    }

    /// <summary>The member of an address, whole or as <c>HOST:PORT</c>, or null.</summary>
    public ClusterMember? Find(string address) => Members.FirstOrDefault(member => ClusterAddress.IsSame(member.Address, address));
}

/// <summary>A member of the cluster.</summary>
/// <param name="Address">Its address in the cluster, as in <c>akka.tcp://dataload@127.0.0.1:4053</c>.</param>
/// <param name="Uid">Its actor system's, which is new with each of them.</param>
/// <param name="Status">Akka's word for its state: Joining, WeaklyUp, Up, Leaving, Exiting, Down.</param>
/// <param name="IsUnreachable">Whether somebody cannot reach it.</param>
/// <param name="IsSelf">Whether it is the node that was asked.</param>
/// <param name="IsLeader">Whether it leads: it moves members on from state to state.</param>
/// <param name="IsOldest">Whether it is the oldest one: the coordinator of Partitions runs there.</param>
/// <param name="UpSinceMs">When the node that was asked saw first that it is up, in epoch milliseconds, or null.</param>
/// <param name="Version">The version of its program.</param>
public sealed record ClusterMember(string Address, long Uid, string Status, bool IsUnreachable, bool IsSelf, bool IsLeader, bool IsOldest, long? UpSinceMs,
    string Version);

/// <summary>Addresses of nodes in the cluster as people write them: whole, or as <c>HOST:PORT</c>.</summary>
public static class ClusterAddress
{
    private const int MaxLength = 300;
    private const string Plain = "akka.tcp";
    private const string Tls = "akka.ssl.tcp";

    /// <summary>Reads an address, or gives null where it is none that a node can have.</summary>
    /// <param name="text">The address.</param>
    /// <param name="like">The address of a node of the same cluster: <c>HOST:PORT</c> is taken to be reached as that is, with TLS or without.</param>
    public static Address? Parse(string text, string? like = null)
    {
        string protocol = like?.StartsWith($"{Tls}:", StringComparison.Ordinal) == true ? Tls : Plain;
        string whole = text.Contains("://", StringComparison.Ordinal) ? text : $"{protocol}://{ClusterNode.SystemName}@{text}";
        return text.Length <= MaxLength && Address.TryParse(whole, out Address? address)
            && address.Protocol is (Plain or Tls)
            && string.Equals(address.System, ClusterNode.SystemName, StringComparison.Ordinal)
            && address.Port is > 0 and <= 65_535
            && Uri.CheckHostName(address.Host) != UriHostNameType.Unknown
            && string.Equals(address.ToString(), whole, StringComparison.Ordinal)
                ? address
                : null;
    }

    /// <summary>Whether an address as somebody wrote it is a node's.</summary>
    internal static bool IsSame(string address, string written) =>
        string.Equals(address, written, StringComparison.Ordinal)
        || (Parse(written, address) is { } parsed && string.Equals(parsed.ToString(), address, StringComparison.Ordinal));
}
