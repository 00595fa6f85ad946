namespace DataLoad.Host.Operating.Answers;

/// <summary>Whether something that the node needs is there.</summary>
internal sealed record HealthAnswer(bool Ok, string? Detail, string? Name);
