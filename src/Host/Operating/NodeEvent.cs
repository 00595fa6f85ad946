namespace DataLoad.Host.Operating;

/// <summary>One of a node's server-sent events.</summary>
/// <param name="Name">What it is, such as <c>counted</c>.</param>
/// <param name="Data">What it says.</param>
internal sealed record NodeEvent(string Name, NodeAnswer Data);
