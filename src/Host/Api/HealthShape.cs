namespace DataLoad.Host.Api;

/// <summary>Whether something that the node needs is there.</summary>
internal sealed record HealthShape(bool Ok, string? Detail, string? Name);
