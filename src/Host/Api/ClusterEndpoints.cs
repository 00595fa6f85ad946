using Akka.Actor;
using Akka.Cluster;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Watching;
using DataLoad.Host.Watching;
using DataLoad.Host.Web;

namespace DataLoad.Host.Api;

/// <summary>The cluster: its members, what happens in it, and having nodes join, leave or be downed.</summary>
internal static class ClusterEndpoints
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    public static void Map(RouteGroupBuilder api, ApiServices services)
    {
        api.MapRead("/cluster", ApiJson.Default.ClusterDetails, context => ShowAsync(services, context));
        api.MapRead("/cluster/tail", context => Watch.RunAsync(services, context, (events, token) => TailAsync(services, events, token)));
        Map(api, services, "leave", (cluster, view, target) =>
        {
            ClusterMember member = target is null ? SelfOf(view) : MemberOf(view, target);
            cluster.Leave(Address.Parse(member.Address));
            return [member.Address];
        });
        Map(api, services, "down", (cluster, view, target) =>
        {
            ClusterMember member = MemberOf(view, target!);
            cluster.Down(Address.Parse(member.Address));
            return [member.Address];
        }, target => _ = target ?? throw ApiProblem.Bad("address is missing: expected the address of a member, as /api/v1/cluster lists it."));
        Map(api, services, "down-unreachable", (cluster, view, _) =>
        {
            string[] unreachable = [.. view.Members.Where(member => member.IsUnreachable).Select(member => member.Address)];
            foreach (string address in unreachable)
            {
                cluster.Down(Address.Parse(address));
            }

            return unreachable;
        });
        Map(api, services, "join", (cluster, view, target) =>
        {
            Address address = ParseJoined(target, view.SelfAddress);
            if (view.IsMember)
            {
                ClusterMember self = SelfOf(view);
                throw new ApiProblem(StatusCodes.Status409Conflict,
                    $"The node is a member of the cluster already, {self.Status} at {self.Address}: it joins another one only after it left this one.");
            }

            cluster.Join(address);
            return [address.ToString()];
        }, target => ParseJoined(target, like: null));
    }

    private static void Map(RouteGroupBuilder api, ApiServices services, string action, Func<Cluster, ClusterView, string?, IReadOnlyList<string>> work,
        Action<string?>? check = null) => api.MapWrite(HttpMethods.Post, $"/cluster/{action}", ApiJson.Default.ClusterChanged, async context =>
        {
            ClusterTarget target = await ApiBody.ReadAsync(context, ApiJson.Default.ClusterTarget);
            if (target.Address is { Length: 0 or > 300 })
            {
                throw ApiProblem.Bad($"address has {target.Address.Length} characters: expected 1 to 300.");
            }

            check?.Invoke(target.Address);
            (ActorSystem system, ClusterView view) = services.Node is { System: { } running, Cluster: { } seen } ? (running, seen) : throw NoSystem();
            IReadOnlyList<string> addresses = await services.Audit.RunAsync(context, $"cluster.{action}", target.Address ?? "", "",
                () => Task.FromResult(work(Cluster.Get(system), view, target.Address)), done => string.Join(", ", done));
            return new ClusterChanged(action, addresses);
        });

    private static ApiProblem NoSystem() => new(StatusCodes.Status503ServiceUnavailable,
        "No actor system runs on the node now: it waits for the store, or is made anew. Try again in a moment.");

    private static ClusterMember SelfOf(ClusterView view) => view.Members.FirstOrDefault(member => member.IsSelf)
        ?? throw new ApiProblem(StatusCodes.Status409Conflict, "The node is no member of the cluster now: it has not joined yet, or has left.");

    private static ClusterMember MemberOf(ClusterView view, string target) => view.Find(target)
        ?? throw ApiProblem.NotFound($"address = {NodeDirectory.Excerpt(target)}: no member of the cluster has it; there are "
            + $"{string.Join(", ", view.Members.Select(member => member.Address))}.");

    private static Address ParseJoined(string? target, string? like) => target is not null && ClusterAddress.Parse(target, like) is { } address ? address
        : throw ApiProblem.Bad($"address = {NodeDirectory.Excerpt(target ?? "")}: expected where a member's actor system is reached, "
            + $"as akka.tcp://{ClusterNode.SystemName}@10.0.0.5:4053 or 10.0.0.5:4053.");

    private static async Task<ClusterDetails> ShowAsync(ApiServices services, HttpContext context)
    {
        CancellationToken cancellationToken = context.RequestAborted;
        (IReadOnlyList<NodePresence> known, string? error) = await services.Nodes.TryListAsync(cancellationToken);
        ClusterView? view = services.Node.Cluster;
        IReadOnlyDictionary<string, int> partitions = services.Node.Registry.CountByNode();
        var ids = known.ToDictionary(node => (node.Place.ClusterAddress, node.Place.Uid), node => node.Node);
        ClusterDetails.Member[] members = [.. (view?.Members ?? []).Select(member =>
        {
            NodeInfo? node = member.IsSelf ? services.Info : ids.GetValueOrDefault((member.Address, member.Uid));
            return new ClusterDetails.Member(node?.Id, member.Address, node?.Address, member.Status, member.IsUnreachable, member.IsSelf, member.IsLeader,
                member.IsOldest, member.UpSinceMs, member.Version, node is null ? 0 : partitions.GetValueOrDefault(node.Id));
        })];
        var isMember = members.Select(member => member.Id).ToHashSet(StringComparer.Ordinal);
        ClusterDetails.Other[] others = [.. known.Where(node => !isMember.Contains(node.Node.Id)).Select(node =>
            new ClusterDetails.Other(node.Node.Id, node.Place.ClusterAddress, node.Node.Address, node.HasJoined))];
        Task<ReadinessReport> judging = services.Health.JudgeAsync(cancellationToken);
        (IReadOnlyDictionary<string, OperatingState> heard, IReadOnlyDictionary<string, string> silent) = await ClusterState.AskAsync(services, context, known);
        IEnumerable<string> further = [.. others.Where(other => !services.Nodes.IsSelf(other.Id)).Select(Sentence), .. error is null ? Enumerable.Empty<string>() : [error]];
        OperatingState state = ClusterState.Of(services, (await judging).Operating, heard, silent, further);
        return new ClusterDetails(
            state.State,
            state.Reasons,
            services.Info.Id,
            view?.SelfAddress,
            view?.IsMember ?? false,
            services.Node.WaitingFor,
            services.NowMs,
            services.Settings.Engine.Partitions.Partitions,
            members,
            others,
            error);
    }

    private static string Sentence(ClusterDetails.Other other) => $"Node {other.Id} at {other.Address}, HTTP at {(other.Http.Length > 0 ? other.Http : "none")}, "
        + $"is no member of the cluster: it {(other.HasJoined ? "had joined" : "joins")}.";

    private static async Task TailAsync(ApiServices services, EventStream events, CancellationToken cancellationToken)
    {
        using Watch<ClusterChange> watch = services.Node.Events.Begin(services.Settings.Http.TailLines);
        var ids = new Dictionary<(string, long), string>();
        Task<bool> more = watch.Items.WaitToReadAsync(cancellationToken).AsTask();
        while (true)
        {
            await Task.WhenAny(more, Task.Delay(Beat, services.Time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            bool any = more.IsCompleted;
            while (watch.Items.TryRead(out ClusterChange? change))
            {
                string? id = change.Address is { } address && change.Uid is { } uid ? await IdOfAsync((address, uid)) : null;
                await events.WriteAsync("change", ClusterNews.Of(change, id), ApiJson.Default.ClusterNews, cancellationToken);
            }

            more = any ? watch.Items.WaitToReadAsync(cancellationToken).AsTask() : more;
            long dropped = watch.TakeDropped();
            if (dropped > 0)
            {
                await events.WriteAsync("dropped", new DroppedEvents(dropped), ApiJson.Default.DroppedEvents, cancellationToken);
            }

            await (any ? events.FlushAsync(cancellationToken) : events.BeatAsync(cancellationToken));
        }

        // One that has gone is in the store no more, so that who was known is remembered.
        async Task<string?> IdOfAsync((string, long) place)
        {
            if (!ids.TryGetValue(place, out string? id))
            {
                foreach (NodePresence node in (await services.Nodes.TryListAsync(cancellationToken)).Nodes)
                {
                    ids[(node.Place.ClusterAddress, node.Place.Uid)] = node.Node.Id;
                }

                id = ids.GetValueOrDefault(place);
            }

            return id;
        }
    }
}

/// <summary>The cluster as a node sees it: its state and why, itself, whether it is a member and what it waits for, the members, and the nodes that the store knows and that
/// are no members; why the store does not say.</summary>
internal sealed record ClusterDetails(string State, IReadOnlyList<string> Reasons, string Node, string? Address, bool IsMember, string? WaitingFor, long Now, int Partitions,
    IReadOnlyList<ClusterDetails.Member> Members, IReadOnlyList<ClusterDetails.Other> Others, string? StoreError)
{
    /// <summary>A member; its id and HTTP are null where the store does not know it.</summary>
    internal sealed record Member(string? Id, string Address, string? Http, string Status, bool IsUnreachable, bool IsSelf, bool IsLeader, bool IsOldest,
        long? UpSince, string Version, int Partitions);

    /// <summary>A node that lives by the store, and is no member as this node sees it.</summary>
    internal sealed record Other(string Id, string Address, string Http, bool HasJoined);
}

/// <summary>Who is meant; null for the node that is asked.</summary>
internal sealed record ClusterTarget(string? Address);

/// <summary>What was begun, and with which members.</summary>
internal sealed record ClusterChanged(string Action, IReadOnlyList<string> Addresses);

/// <summary>Something happened to a member, by its address and, where it is known, its id; or to a Partition, by its number, phase and node.</summary>
internal sealed record ClusterNews(long At, string What, string? Address, string? Id, int? Partition, string? Phase)
{
    public static ClusterNews Of(ClusterChange change, string? id) => new(
        change.AtMs, change.What, change.Address, id ?? change.Partition?.Node, change.Partition?.Partition,
        change.Partition?.Phase.ToString().ToLowerInvariant());
}
