namespace DataLoad.Engine.Leasing;

/// <summary>A node as others see it.</summary>
public sealed record NodeInfo
{
    /// <summary>The node's id: new at every start.</summary>
    public required string Id { get; init; }

    /// <summary>The address of its HTTP interface, or empty where it has none.</summary>
    public required string Address { get; init; }

    /// <summary>The secret that a command which can read the store shows to the node; never logged.</summary>
    public required string Secret { get; init; }
}
