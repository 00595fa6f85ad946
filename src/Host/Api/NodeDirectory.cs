using DataLoad.Engine.Nodes;

namespace DataLoad.Host.Api;

/// <summary>The nodes that live, as the store knows them. Thread-safe.</summary>
internal sealed class NodeDirectory(INodeStore nodes, NodeInfo self)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>All of them, this one included where it has entered.</summary>
    public async Task<IReadOnlyList<NodePresence>> ListAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        return await nodes.ListAsync(patience.Token);
    }

    /// <summary>The same; or none, and in a sentence why the store does not say.</summary>
    public async Task<(IReadOnlyList<NodePresence> Nodes, string? Error)> TryListAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await ListAsync(cancellationToken), null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ([], $"The store did not say within {Patience.TotalSeconds:0} s which nodes there are.");
        }
        catch (Exception e) when (e is System.Data.Common.DbException or StoreException or TimeoutException)
        {
            return ([], $"The store does not say which nodes there are: {e.Message}");
        }
    }

    /// <summary>Whether an id, or the beginning of one, is this node's own and no other's, so that nobody need be asked.</summary>
    public bool IsSelf(string id) => string.Equals(id, self.Id, StringComparison.Ordinal);

    /// <summary>The node whose id is this, or begins with it where no other's does.</summary>
    /// <exception cref="ApiProblem">There is none, or there are several.</exception>
    public async Task<NodePresence> FindAsync(string id, CancellationToken cancellationToken)
    {
        IReadOnlyList<NodePresence> known = await ListAsync(cancellationToken);
        NodePresence[] found = [.. known.Where(node => node.Node.Id.StartsWith(id, StringComparison.Ordinal))];
        return found.FirstOrDefault(node => string.Equals(node.Node.Id, id, StringComparison.Ordinal)) ?? found switch
        {
            [var one] => one,
            [] => throw ApiProblem.NotFound($"No node {Excerpt(id)} runs over the store: /api/v1/nodes lists those that do."),
            _ => throw ApiProblem.Bad($"{Excerpt(id)} is the beginning of {found.Length} ids: {string.Join(", ", found.Take(5).Select(node => node.Node.Id))}; "
                + "say more of one."),
        };
    }

    /// <summary>Where a node's HTTP is reached, or null where it has none. One that listens on all addresses is reached where the cluster reaches it.</summary>
    public static Uri? AddressOf(NodePresence node) =>
        !Uri.TryCreate(node.Node.Address, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https") ? null
        : address.Host is not ("0.0.0.0" or "[::]") ? address
        : Engine.Clustering.ClusterAddress.Parse(node.Place.ClusterAddress) is { } cluster ? new UriBuilder(address) { Host = cluster.Host }.Uri
        : null;

    public static string Excerpt(string text) => text.Length <= 64 ? text : text[..64] + "…";
}
