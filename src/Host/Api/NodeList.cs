namespace DataLoad.Host.Api;

/// <summary>The nodes that are known.</summary>
internal sealed record NodeList(IReadOnlyList<NodeList.NodeShape> Nodes)
{
    /// <summary>A node.</summary>
    internal sealed record NodeShape(string Id, string Address, bool IsSelf, int Shards, string State);
}
