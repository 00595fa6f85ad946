namespace DataLoad.Host.Api;

/// <summary>A change of what is logged.</summary>
internal sealed record LogLevelChange(string? Category, string? Level);
