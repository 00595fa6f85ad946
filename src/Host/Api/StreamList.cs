namespace DataLoad.Host.Api;

/// <summary>All streams.</summary>
internal sealed record StreamList(IReadOnlyList<StreamShape> Streams);
