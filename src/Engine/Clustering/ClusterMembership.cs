using Akka.Actor;
using Akka.Cluster;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Clustering;

/// <summary>One life's membership: notes the node in the store, joins the cluster that others make or founds one where there is none, and says that the node
/// lives until it leaves.</summary>
/// <param name="settings">How long nodes are waited for and taken to live.</param>
/// <param name="services">The store, the clock and the log.</param>
/// <param name="start">Repeats what the store fails at, and is told what is waited for.</param>
internal sealed class ClusterMembership(EngineSettings settings, NodeServices services, NodeStart start) : IAsyncDisposable
{
    // After so many the store is taken to be away.
    private const int MissedHeartbeats = 3;

    private readonly INodeStore _nodes = services.Store.Nodes;
    private readonly ILogger _logger = services.Loggers.CreateLogger<ClusterNode>();
    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<string> _strangers = new(StringComparer.Ordinal);
    private Task _keeping = Task.CompletedTask;
    private long _generation;
    private long _reachedAt = services.Time.GetTimestamp();
    private long _confirmedAt = services.Time.GetTimestamp();
    private bool _hasJoined;

    /// <summary>Done when the node was removed from its cluster, or another cluster was founded over the store.</summary>
    public Task Lost => _lost.Task;

    /// <summary>The version of what is sent to other nodes now.</summary>
    public ProtocolInForce Protocol { get; } = new();

    /// <summary>How long ago the store was told last that the node lives, which it is at every heartbeat.</summary>
    public TimeSpan SinceReached => services.Time.GetElapsedTime(Volatile.Read(ref _reachedAt));

    /// <summary>Whether the store is reached: the last heartbeats came through.</summary>
    public bool IsStoreReached => SinceReached < MissedHeartbeats * settings.Cluster.HeartbeatInterval;

    /// <summary>Whether the store, asked after a moment, said that the node belongs to the cluster over it, and nothing said otherwise since.</summary>
    /// <param name="timestamp">The moment, of the clock's timestamps.</param>
    public bool IsConfirmedSince(long timestamp) => !Lost.IsCompleted && Volatile.Read(ref _confirmedAt) > timestamp;

    /// <summary>Gives the membership up: the node leaves, and joins anew.</summary>
    public void GiveUp() => _lost.TrySetResult();

    /// <summary>Joins, and returns when the node is up, or was removed again before it was.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="isAlone">Whether to refuse where other nodes run.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether it has joined; else it is to begin anew.</returns>
    /// <exception cref="StoreException">The node may not join: the message says why, and what to do.</exception>
    public async Task<bool> JoinAsync(ActorSystem system, bool isAlone, CancellationToken cancellationToken)
    {
        var cluster = Cluster.Get(system);
        var place = new NodePlace(services.Info, cluster.SelfAddress.ToString(), cluster.SelfUniqueAddress.Uid, NodeProtocol.Current);
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.RegisterOnMemberUp(() => up.TrySetResult());
        do
        {
            // In any case, also where Akka has joined seed nodes by itself and the node is up already: from here on the store knows it.
            NodeEntry entry = await EnterAsync(place, cancellationToken);
            await CheckOthersAsync(entry, isAlone, cancellationToken);
            if (_keeping.IsCompleted)
            {
                _keeping = KeepAsync(_ending.Token);
            }

            if (entry.IsFounder)
            {
                // Before anybody else can be up, since all others join this node.
                await start.AdoptRowsAsync(cancellationToken);
            }

            Join(cluster, entry);
            await Task.WhenAny(up.Task, Lost, system.WhenTerminated, Task.Delay(settings.Cluster.JoinTimeout, services.Time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            if (Lost.IsCompleted || system.WhenTerminated.IsCompleted)
            {
                return false;
            }
        }
        while (!up.Task.IsCompleted);

        _hasJoined = true;
        start.WaitingFor = null;
        await start.RetryAsync(async token => await RenewAsync(token), cancellationToken);
        ClusterLog.Joined(_logger, services.Info.Id, place.ClusterAddress, cluster.State.Members.Count);
        return true;
    }

    /// <summary>Ends the renewals, and forgets the node in the store; where that fails its time runs out.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _keeping;
        try
        {
            using var patience = new CancellationTokenSource(MissedHeartbeats * settings.Cluster.HeartbeatInterval, services.Time);
            await _nodes.LeaveAsync(services.Info.Id, patience.Token);
        }
        catch (Exception e)
        {
            ClusterLog.LeaveFailed(_logger, e.Message);
        }

        _ending.Dispose();
        _turn.Dispose();
    }

    private async Task<NodeEntry> EnterAsync(NodePlace place, CancellationToken cancellationToken)
    {
        NodeEntry? entry = null;
        await start.RetryAsync(
            async token =>
            {
                using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_turn, token);
                entry = await _nodes.EnterAsync(place, settings.Cluster.TimeToLive, token);
                _generation = entry.Generation;
            },
            cancellationToken);
        return entry!;
    }

    private async Task CheckOthersAsync(NodeEntry entry, bool isAlone, CancellationToken cancellationToken)
    {
        if (isAlone && entry.Others.Count > 0)
        {
            throw new StoreException($"Another node ({entry.Others[0].Node.Id}) runs over {services.Store.Name} and does not answer: stop it first.");
        }

        Protocol.Take(entry.Others.Select(other => other.Place.Protocol));
        NodePresence? stranger = entry.Others.FirstOrDefault(other => !NodeProtocol.IsNeighbour(other.Place.Protocol));
        if (stranger is null && entry.Others.All(other => other.Place.Protocol <= NodeProtocol.Current))
        {
            return;
        }

        // The others learn of this one at their next heartbeat: from then on they send what it reads, or say that it is kept out.
        await Task.Delay(MissedHeartbeats * settings.Cluster.HeartbeatInterval, services.Time, cancellationToken);
        if (stranger is not null)
        {
            throw new StoreException(
                $"Node {stranger.Node.Id} runs over {services.Store.Name} by version {stranger.Place.Protocol} of what nodes send each other, and this program "
                + $"has {NodeProtocol.Current}: only neighbouring versions work together. Upgrade by way of the versions between, or stop all nodes first.");
        }
    }

    private void Join(Cluster cluster, NodeEntry entry)
    {
        if (!cluster.Settings.SeedNodes.IsEmpty)
        {
            // Akka joins those by itself.
            start.WaitingFor = $"joining the seed nodes {string.Join(", ", cluster.Settings.SeedNodes)}";
            return;
        }

        if (entry.IsFounder)
        {
            ClusterLog.Founded(_logger, services.Info.Id, services.Store.Name);
            cluster.Join(cluster.SelfAddress);
            return;
        }

        Address[] seeds = [.. entry.Others.Where(other => other.HasJoined).Select(other => Address.Parse(other.Place.ClusterAddress))];
        start.WaitingFor = $"joining the cluster at {string.Join(", ", (object[])seeds)}";
        ClusterLog.Joining(_logger, services.Info.Id, string.Join(", ", (object[])seeds));
        cluster.JoinSeedNodes(seeds);
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(settings.Cluster.HeartbeatInterval, services.Time, cancellationToken);
                if (!await RenewAsync(cancellationToken))
                {
                    _lost.TrySetResult();
                    return;
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The clock does not decide: until an Epoch turns out stale, the Partitions go on.
                ClusterLog.RenewFailed(_logger, settings.Cluster.HeartbeatInterval, e.Message);
            }
        }
    }

    /// <returns>Whether the node is known, and no other cluster was founded.</returns>
    private async Task<bool> RenewAsync(CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await SemaphoreHold.TakeAsync(_turn, cancellationToken);
        long asked = services.Time.GetTimestamp();

        // A server that does not answer is to be noticed before the command's own time is up.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(MissedHeartbeats * settings.Cluster.HeartbeatInterval);
        long? generation = await _nodes.RenewAsync(services.Info.Id, _hasJoined, settings.Cluster.TimeToLive, patience.Token);
        TakeProtocols(await _nodes.ListAsync(patience.Token));
        Volatile.Write(ref _reachedAt, services.Time.GetTimestamp());
        if (generation != _generation)
        {
            return false;
        }

        Volatile.Write(ref _confirmedAt, asked);
        return true;
    }

    private void TakeProtocols(IReadOnlyList<NodePresence> nodes)
    {
        Protocol.Take(nodes.Select(node => node.Place.Protocol));
        foreach (NodePresence stranger in nodes.Where(node => !NodeProtocol.IsNeighbour(node.Place.Protocol) && _strangers.Add(node.Node.Id)))
        {
            ClusterLog.KeptOut(_logger, stranger.Node.Id, stranger.Place.Protocol, NodeProtocol.Current);
        }
    }
}
