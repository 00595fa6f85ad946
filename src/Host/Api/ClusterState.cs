using DataLoad.Engine.Clustering;
using DataLoad.Engine.Nodes;
using DataLoad.Host.Watching;

namespace DataLoad.Host.Api;

/// <summary>The state of the cluster as a node sees it: its own, what the others say of themselves, and how they belong together.</summary>
internal static class ClusterState
{
    // Who shows the cluster does not wait for one node that hangs.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Judges what is known.</summary>
    /// <param name="services">Know this node and how it sees the cluster.</param>
    /// <param name="own">This node's state.</param>
    /// <param name="others">The states of the others that say something, by their ids.</param>
    /// <param name="silent">Why others say nothing, by their ids.</param>
    /// <param name="further">What else is wrong, a sentence each.</param>
    public static OperatingState Of(ApiServices services, OperatingState own, IEnumerable<KeyValuePair<string, OperatingState>> others,
        IReadOnlyDictionary<string, string> silent, params IEnumerable<string> further) => OperatingState.OfCluster(
            others.Prepend(KeyValuePair.Create(services.Info.Id, own)).ToDictionary(StringComparer.Ordinal), silent, [.. Membership(services.Node.Cluster), .. further]);

    /// <summary>Asks all other nodes at once for their states.</summary>
    /// <returns>The state of each that answers, and why the others do not, by their ids.</returns>
    public static async Task<(IReadOnlyDictionary<string, OperatingState> Heard, IReadOnlyDictionary<string, string> Silent)> AskAsync(
        ApiServices services, HttpContext context, IReadOnlyList<NodePresence> known)
    {
        NodePresence[] others = [.. known.Where(node => !services.Nodes.IsSelf(node.Node.Id)).Take(PeerEvents.MaxPeers)];
        (OperatingState? State, string? Why)[] answers = await Task.WhenAll(others.Select(node => AskAsync(services, context, node)));
        var heard = new Dictionary<string, OperatingState>(StringComparer.Ordinal);
        var silent = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((NodePresence node, (OperatingState? state, string? why)) in others.Zip(answers))
        {
            if (state is not null)
            {
                heard[node.Node.Id] = state;
            }
            else
            {
                silent[node.Node.Id] = why!;
            }
        }

        return (heard, silent);
    }

    private static async Task<(OperatingState? State, string? Why)> AskAsync(ApiServices services, HttpContext context, NodePresence node)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(Patience);
        try
        {
            ReportedState? told = await services.Relay.ReadAsync(context, node, ApiEndpoints.Root + "/status", ApiJson.Default.ReportedState, patience.Token);
            return told?.State is OperatingState.Ready or OperatingState.Degraded or OperatingState.NotReady
                ? (new OperatingState(told.State, told.Reasons ?? []), null)
                : (null, "it tells no state, as a node of an older version");
        }
        catch (ApiProblem problem)
        {
            return (null, problem.Message);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return (null, $"it did not answer within {Patience.TotalSeconds:0} s");
        }
    }

    private static IEnumerable<string> Membership(ClusterView? view) => (view?.Members ?? []).Select(member =>
        member.IsUnreachable ? $"The member {member.Address} cannot be reached."
        : member.Status is "Up" ? null
        : $"The member {member.Address} is {member.Status}, not Up.").OfType<string>();
}

/// <summary>What one node reads of another one's status.</summary>
internal sealed record ReportedState(string? State, IReadOnlyList<string>? Reasons);
