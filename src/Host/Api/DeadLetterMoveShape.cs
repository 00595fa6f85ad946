namespace DataLoad.Host.Api;

/// <summary>What was moved.</summary>
internal sealed record DeadLetterMoveShape(long Moved, long Left, long Skipped);
