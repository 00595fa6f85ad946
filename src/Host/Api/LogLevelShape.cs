namespace DataLoad.Host.Api;

/// <summary>What is logged.</summary>
internal sealed record LogLevelShape(string Default, IReadOnlyDictionary<string, string> Categories);
