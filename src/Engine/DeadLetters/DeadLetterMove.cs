namespace DataLoad.Engine.DeadLetters;

/// <summary>What became of dead letters that were to be moved or removed.</summary>
/// <param name="Moved">How many were.</param>
/// <param name="Skipped">How many were meant and stayed: their stream is none of the catalog, or its queue is gone.</param>
/// <param name="Left">How many dead letters remain.</param>
public sealed record DeadLetterMove(long Moved, long Skipped, long Left);
