namespace DataLoad.Host.Operating.Answers;

/// <summary>The nodes that are known.</summary>
internal sealed record NodesAnswer(IReadOnlyList<NodesAnswer.NodeEntry> Nodes)
{
    /// <summary>A node.</summary>
    internal sealed record NodeEntry(string Id, string Address, bool IsSelf, int Shards, string? State);
}
