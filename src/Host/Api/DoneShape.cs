namespace DataLoad.Host.Api;

/// <summary>Something was done.</summary>
internal sealed record DoneShape(bool Done, long ElapsedMs);
